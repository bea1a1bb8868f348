import Glibc

/// How a name turns into what a source wrote down: a noisy channel (Kernighan, Church, Gale 1990).
struct NameChannel: Sendable {
  /// What happened to a name between a person and a record.
  enum Slip: Int, CaseIterable, Sendable {
    case none, typo, twoTypos, nickname, initial, part, other
  }

  /// The share of each slip among records.
  private(set) var rates: [Double]
  private var logs: [Double]
  /// Whether all type the same few words, so that everybody's favourite slips come up again and again.
  private let isOfFewWords: Bool

  init(rates: [Double] = [0.80, 0.09, 0.01, 0.05, 0.03, 0.01, 0.01], isOfFewWords: Bool = false) {
    self.rates = rates
    self.isOfFewWords = isOfFewWords
    logs = rates.map { log(max($0, 1e-4)) }
  }

  /// Rates from how often each slip was seen, with the start's weight of `belief` records.
  init(seen: [Double], belief: Double = 50) {
    let start = NameChannel()
    let total = seen.reduce(0, +) + belief
    self.init(rates: zip(seen, start.rates).map { ($0 + belief * $1) / total })
  }

  /// The slip that makes `written` of `name`, and the logarithm of the chance that just this was written; for another name that of any. Both
  /// are folded.
  func slip(from name: [UInt8], to written: [UInt8]) -> (slip: Slip, log: Double) {
    if name == written { return (.none, logs[0]) }
    if written.count == 1 {
      return written[0] == name.first
        ? (.initial, logs[Slip.initial.rawValue]) : (.other, logs[Slip.other.rawValue])
    }
    if let forms = Self.shortForms(of: name, written) {
      return (.nickname, logs[Slip.nickname.rawValue] - log(Double(min(3, max(1, forms)))))
    }
    // Of the slips of a hand most are swaps, doublings, neighbours on the keyboard: about a dozen a letter. Of these some are much more
    // frequent than others; a dozen in all come up often enough to be counted.
    let spread = log(12 * (isOfFewWords ? 1 : Double(name.count)))
    switch editDistance(name.span, written.span, atMost: 2) {
    case 1 where min(name.count, written.count) >= 3: return (.typo, logs[Slip.typo.rawValue] - spread)
    case 1 where min(name.count, written.count) >= 4, 2 where min(name.count, written.count) >= 4:
      return (.twoTypos, logs[Slip.twoTypos.rawValue] - 2 * spread)
    default: break
    }
    if min(name.count, written.count) >= 3, name.starts(with: written) || written.starts(with: name) {
      return (.part, logs[Slip.part.rawValue])
    }
    return (.other, logs[Slip.other.rawValue])
  }

  /// The number of short forms of the group in which `name` is the full form of `written`; nil when there is none.
  private static func shortForms(of name: [UInt8], _ written: [UInt8]) -> Int? {
    for group in Nicknames.groups(written[...]) where Nicknames.fullForm(group) == name {
      return Nicknames.shortForms(group)
    }
    return nil
  }
}
