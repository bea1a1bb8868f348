import Glibc

/// Chooses the names of a person from what the records say: first name and surname together, since records exchange them.
struct NameChoice: Sendable {
  private(set) var given: NamePrior
  private(set) var surname: NamePrior
  private(set) var givenChannel = NameChannel()
  private(set) var surnameChannel = NameChannel(rates: [0.87, 0.09, 0.01, 0.001, 0.004, 0.01, 0.015])
  private(set) var emails = EmailForms()
  /// The share of records in which first name and surname are exchanged.
  private var exchanged = 0.02
  /// So many of the best pairs of names are held against the e-mail addresses,
  private static let pairsMax = 8
  /// if they are not further behind than an address can bring forward.
  private static let closeLogs = 25.0
  /// What the newest record's names are favoured by: it decides between equals, as after a wedding.
  private static let newestLogs = 0.5
  /// The least chance of another name.
  private static let strangeLogs = -16.0

  /// What one record says, folded.
  struct Observation {
    var given: [UInt8]
    var surname: [UInt8]
    /// Local part of the e-mail address, empty without one.
    var local: ArraySlice<UInt8>
    /// Sorts by the time of change.
    var updated: Int64
  }

  /// A first idea: how often names are written in each way is not known yet. Counts are the clusters in which a value stands.
  init(_ table: RecordTable, givenCounts: [Double], surnameCounts: [Double]) {
    given = NamePrior(lexicon: table.givenNames, counts: givenCounts, channel: givenChannel, usesNicknames: true)
    surname = NamePrior(lexicon: table.surnames, counts: surnameCounts, channel: surnameChannel, usesNicknames: false)
  }

  /// Learns from persons with several records how names and e-mail addresses are written in this file.
  mutating func learn(_ persons: [[Observation]], birthYears: [Int32?]) {
    var givenSlips = Array(repeating: 0.0, count: NameChannel.Slip.allCases.count)
    var surnameSlips = givenSlips
    var exchanges = 2.0, straights = 98.0
    var forms = EmailForms()
    for (records, birthYear) in zip(persons, birthYears) {
      let chosen = choose(records)
      guard !chosen.given.isEmpty, !chosen.surname.isEmpty else { continue }
      for record in records {
        if record.given == chosen.surname, record.surname == chosen.given, chosen.given != chosen.surname {
          exchanges += 1
          continue
        }
        straights += 1
        // Of two records one is right by definition.
        guard records.count > 2 else { continue }
        if !record.given.isEmpty {
          givenSlips[givenChannel.slip(from: chosen.given, to: record.given).slip.rawValue] += 1
        }
        if !record.surname.isEmpty {
          surnameSlips[surnameChannel.slip(from: chosen.surname, to: record.surname).slip.rawValue] += 1
        }
      }
      for local in distinctLocals(records) {
        let support = records.count { $0.local == local }
        forms.learn(local, given: chosen.given, surname: chosen.surname, isConfirmed: support > 1)
        if let birthYear { forms.learn(local, birthYear: birthYear) }
      }
    }
    givenChannel = NameChannel(seen: givenSlips)
    surnameChannel = NameChannel(seen: surnameSlips)
    given.learn(givenChannel)
    surname.learn(surnameChannel)
    exchanged = exchanges / (exchanges + straights)
    emails = forms
  }

  /// The most likely names; empty where no record has any.
  func choose(_ records: [Observation]) -> (given: [UInt8], surname: [UInt8]) {
    var givens = candidates(records, given, \.given, \.surname, usesNicknames: true)
    var surnames = candidates(records, surname, \.surname, \.given, usesNicknames: false)
    let (writtenGivens, writtenSurnames) = (givens, surnames)
    for name in fromEmails(records, \.given, beside: writtenSurnames) where !givens.contains(name) {
      givens.append(name)
    }
    for name in fromEmails(records, \.surname, beside: writtenGivens) where !surnames.contains(name) {
      surnames.append(name)
    }
    if givens.isEmpty || surnames.isEmpty {
      return (
        givens.isEmpty ? [] : best(givens, records.map(\.given), given, givenChannel),
        surnames.isEmpty ? [] : best(surnames, records.map(\.surname), surname, surnameChannel)
      )
    }
    var pairs = scored(records, givens, surnames)
    pairs.sort { $0.log != $1.log ? $0.log > $1.log : ($0.given, $0.surname) < ($1.given, $1.surname) }
    var winner = pairs[0], top = -Double.infinity
    let close = pairs.prefix(Self.pairsMax).filter { $0.log > pairs[0].log - Self.closeLogs }
    let locals = close.count > 1 ? distinctLocals(records) : []
    for pair in close {
      let sum = locals.reduce(pair.log) {
        $0 + emails.log($1, given: givens[pair.given], surname: surnames[pair.surname])
      }
      if sum > top { (winner, top) = (pair, sum) }
    }
    return (givens[winner.given], surnames[winner.surname])
  }

  /// Every pair of a first name and a surname with the logarithm of its chance and that of the records. At least one pair.
  private func scored(
    _ records: [Observation], _ givens: [[UInt8]], _ surnames: [[UInt8]]
  ) -> [(given: Int, surname: Int, log: Double)] {
    let newest = records.max { $0.updated < $1.updated }
    let firsts = givens.map { name in
      Fit(
        prior: given.log(name, leavingOut: 1) + (newest?.given == name ? Self.newestLogs : 0),
        straight: chances(name, records.map(\.given), givenChannel, given),
        crossed: chances(name, records.map(\.surname), givenChannel, given))
    }
    let lasts = surnames.map { name in
      Fit(
        prior: surname.log(name, leavingOut: 1) + (newest?.surname == name ? Self.newestLogs : 0),
        straight: chances(name, records.map(\.surname), surnameChannel, surname),
        crossed: chances(name, records.map(\.given), surnameChannel, surname))
    }
    var pairs: [(given: Int, surname: Int, log: Double)] = []
    for (g, first) in firsts.enumerated() {
      for (s, last) in lasts.enumerated()
      where givens[g] != surnames[s] || givens.count == 1 || surnames.count == 1 {
        var sum = first.prior + last.prior
        for r in records.indices {
          let straight = first.straight[r] + last.straight[r], crossed = first.crossed[r] + last.crossed[r]
          sum += log((1 - exchanged) * exp(straight) + exchanged * exp(crossed) + 1e-30)
        }
        pairs.append((g, s, sum))
      }
    }
    return pairs
  }

  /// How well a name fits all records.
  private struct Fit {
    var prior: Double
    /// Logarithms of the chance of what each record says in the name's own column, and in the other.
    var straight: [Double]
    var crossed: [Double]
  }

  private func chances(_ name: [UInt8], _ written: [[UInt8]], _ channel: NameChannel, _ prior: NamePrior) -> [Double] {
    written.map { text in
      if text.isEmpty { return 0 }
      let (slip, log) = channel.slip(from: name, to: text)
      // Another name altogether is as likely as it is common: so of two names neither wins for being common.
      return slip == .other ? log + max(Self.strangeLogs, prior.log(text, leavingOut: 1)) : log
    }
  }

  private func best(_ names: [[UInt8]], _ written: [[UInt8]], _ prior: NamePrior, _ channel: NameChannel) -> [UInt8] {
    let scores = names.map { name in chances(name, written, channel, prior).reduce(prior.log(name, leavingOut: 1), +) }
    return zip(names, scores).max { $0.1 < $1.1 }?.0 ?? []
  }

  /// Names that the records may mean, those of exchanged records included, in a fixed order.
  private func candidates(
    _ records: [Observation], _ prior: NamePrior, _ column: KeyPath<Observation, [UInt8]>,
    _ other: KeyPath<Observation, [UInt8]>, usesNicknames: Bool
  ) -> [[UInt8]] {
    var found: [[UInt8]] = []
    for record in records where !record[keyPath: column].isEmpty {
      for name in prior.candidates(for: record[keyPath: column], usesNicknames: usesNicknames)
      where !found.contains(name) {
        found.append(name)
      }
    }
    for record in records where !found.isEmpty && !record[keyPath: other].isEmpty {
      if !found.contains(record[keyPath: other]) { found.append(record[keyPath: other]) }
    }
    return found
  }

  /// Names that stand in the e-mail addresses beside a name of the other column and look like what a record says: an initial
  /// written out, a slip put right.
  private func fromEmails(
    _ records: [Observation], _ column: KeyPath<Observation, [UInt8]>, beside others: [[UInt8]]
  ) -> [[UInt8]] {
    var found: [[UInt8]] = []
    for local in distinctLocals(records) {
      let letters = EmailForms.split(local).letters
      // Beside an initial only a name that is long enough to be told from chance.
      let words = others.filter { $0.count >= 2 }.flatMap { [($0[...], 3), ($0[..<1], 4)] }
      for (word, lettersMin) in words {
        guard let rest = Self.rest(of: letters, without: word), rest.count >= lettersMin, !found.contains(rest) else {
          continue
        }
        let fits = records.contains { record in
          let written = record[keyPath: column]
          return written.count == 1 ? written[0] == rest[0] : editDistance(written.span, rest.span, atMost: 1) == 1
        }
        if fits { found.append(rest) }
      }
    }
    return found
  }

  /// What is left of letters that start or end with a word, separators removed.
  private static func rest(of letters: [UInt8], without word: ArraySlice<UInt8>) -> [UInt8]? {
    let rest: ArraySlice<UInt8>
    if letters.starts(with: word) {
      rest = letters.dropFirst(word.count)
    } else if letters.count > word.count, letters[(letters.count - word.count)...].elementsEqual(word) {
      rest = letters.dropLast(word.count)
    } else {
      return nil
    }
    let name = rest.filter { $0 >= 97 && $0 <= 122 || $0 >= 0x80 }
    return name.count + 1 >= rest.count ? Array(name) : nil
  }

  private func distinctLocals(_ records: [Observation]) -> [ArraySlice<UInt8>] {
    var found: [ArraySlice<UInt8>] = []
    for record in records where !record.local.isEmpty && !found.contains(record.local) { found.append(record.local) }
    return found
  }
}
