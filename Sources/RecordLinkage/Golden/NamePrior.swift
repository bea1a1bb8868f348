import Glibc

/// How many persons bear a name, judged from what is written of them: rare spellings next to a common name count for that name.
struct NamePrior: Sendable {
  let lexicon: Lexicon
  /// Persons of each name, by its number in the lexicon.
  private(set) var persons: [Double]
  private let total: Double
  private let usesNicknames: Bool
  private let counts: [Double]
  private let neighbours: DeletionIndex
  private let bigrams: Bigrams
  private let isOfFewWords: Bool
  /// What each value may stand for: the value itself first, then known names.
  private var meanings: [[UInt32]] = [[]]

  /// `counts` are the clusters in which each value stands.
  /// `isOfFewWords`: most bear one of a few, as domains of e-mail addresses. What nobody else bears is held against those.
  init(
    lexicon: Lexicon, counts: [Double], channel: NameChannel, usesNicknames: Bool, isOfFewWords: Bool = false
  ) {
    self.lexicon = lexicon
    self.counts = counts
    self.usesNicknames = usesNicknames
    persons = counts
    total = max(1, counts.reduce(0, +))
    neighbours = DeletionIndex(lexicon) { counts[Int($0)] >= 2 }
    self.isOfFewWords = isOfFewWords
    bigrams = Bigrams(lexicon, weights: isOfFewWords ? counts : nil)
    for id in 1..<UInt32(max(1, lexicon.count)) { meanings.append([id] + others(than: Array(lexicon[id]))) }
    learn(channel)
  }

  /// Counts persons anew, for a channel that is known better.
  mutating func learn(_ channel: NameChannel) {
    persons = counts
    let chances = meanings.enumerated().map { id, names -> [Double] in
      // A value that can mean only itself needs no arithmetic.
      if names.count < 2 || counts[id] == 0 { return [] }
      let written = Array(lexicon[UInt32(id)])
      return names.map { exp(channel.slip(from: Array(lexicon[$0]), to: written).log) }
    }
    for _ in 0..<3 {
      var next = Array(repeating: 0.0, count: counts.count)
      for id in 1..<max(1, counts.count) where counts[id] > 0 {
        if chances[id].isEmpty {
          next[id] += counts[id]
          continue
        }
        let shares = zip(meanings[id], chances[id]).map { max(persons[Int($0)], 1e-9) * $1 }
        let sum = shares.reduce(0, +)
        for (name, share) in zip(meanings[id], shares) { next[Int(name)] += counts[id] * share / sum }
      }
      persons = next
    }
  }

  /// What a written name may stand for: itself, names one slip away, full forms of a nickname. All but itself are known names.
  func candidates(for written: [UInt8], usesNicknames: Bool = true) -> [[UInt8]] {
    guard let id = lexicon.id(of: written.span), usesNicknames == self.usesNicknames else {
      return [written] + near(written).map { Array(lexicon[$0]) }
    }
    return meanings[Int(id)].map { Array(lexicon[$0]) }
  }

  /// Known names one slip away.
  private func near(_ written: [UInt8]) -> [UInt32] {
    let found = written.count >= 3 ? neighbours.near(written, lexicon) : []
    return isOfFewWords ? found.filter { MailDomains.mayBeSlip(written, of: Array(lexicon[$0])) } : found
  }

  private func others(than written: [UInt8]) -> [UInt32] {
    var found = near(written)
    if usesNicknames {
      for group in Nicknames.groups(written[...]) {
        let full = Nicknames.fullForm(group)
        if full != written, let id = lexicon.id(of: full.span), counts[Int(id)] > 0, !found.contains(id) {
          found.append(id)
        }
      }
    }
    return found
  }

  /// The logarithm of the share of persons with this name, those of one cluster left out. A name that nobody else bears is
  /// judged by how much its letters look like a name.
  func log(_ name: [UInt8], leavingOut own: Double) -> Double {
    let others = lexicon.id(of: name.span).map { max(0, persons[Int($0)] - own) } ?? 0
    return Glibc.log((others + 0.03 * total * exp(bigrams.log(name))) / total)
  }
}

/// The values of a lexicon, found by what is left when any one byte is taken away: values one slip apart share such a rest
/// (Mor & Fraenkel 1982).
struct DeletionIndex: Sendable {
  private var postings: [UInt64: [UInt32]] = [:]

  init(_ lexicon: Lexicon, where isKept: (UInt32) -> Bool) {
    for id in 1..<UInt32(max(1, lexicon.count)) where isKept(id) {
      let value = Array(lexicon[id])
      guard value.count >= 3, value.count <= 24 else { continue }
      for hash in Self.rests(value) { postings[hash, default: []].append(id) }
    }
  }

  /// The values one insertion, deletion, substitution or swap away.
  func near(_ value: [UInt8], _ lexicon: Lexicon) -> [UInt32] {
    guard (3...25).contains(value.count) else { return [] }
    var found: [UInt32] = []
    for hash in Self.rests(value) {
      for id in postings[hash] ?? [] where !found.contains(id) { found.append(id) }
    }
    return found.filter { editDistance(Array(lexicon[$0]).span, value.span, atMost: 1) == 1 }
      .sorted { lexicon[$0].lexicographicallyPrecedes(lexicon[$1]) }
  }

  private static func rests(_ value: [UInt8]) -> [UInt64] {
    var hashes = [StableHash.of(value.span)]
    var rest = value
    for index in value.indices {
      rest = value
      rest.remove(at: index)
      hashes.append(StableHash.of(rest.span))
    }
    return hashes
  }
}

/// How likely a sequence of letters is, by pairs of neighbours.
struct Bigrams: Sendable {
  private var logs = Array(repeating: 0.0, count: 32 * 32)

  /// Of the values of a lexicon, each as often as `weights` says, or once.
  init(_ lexicon: Lexicon, weights: [Double]? = nil) {
    var counts = Array(repeating: 0.2, count: 32 * 32)
    for id in 1..<max(1, lexicon.count) where lexicon.counts[id] > 0 {
      var last = 0
      let weight = weights?[id] ?? 1
      for byte in lexicon[UInt32(id)] {
        counts[last * 32 + Int(byte & 31)] += weight
        last = Int(byte & 31)
      }
      counts[last * 32] += weight
    }
    for first in 0..<32 {
      let sum = counts[(first * 32)..<(first * 32 + 32)].reduce(0, +)
      for second in 0..<32 { logs[first * 32 + second] = Glibc.log(counts[first * 32 + second] / sum) }
    }
  }

  func log(_ text: [UInt8]) -> Double {
    var sum = 0.0
    var last = 0
    for byte in text {
      sum += logs[last * 32 + Int(byte & 31)]
      last = Int(byte & 31)
    }
    return sum + logs[last * 32]
  }
}
