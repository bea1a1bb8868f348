import Glibc

/// A vote among spellings of one value, in which a slip of typing still counts for the value that was meant.
struct ValueVote {
  /// What one record says.
  struct Ballot {
    var value: [UInt8]
    /// How often this record's source is right in this field.
    var reliability: Double
    var updated: Int64
  }

  /// The value with the greatest posterior and the records that say just it; nil without ballots. `prior` is a logarithm.
  ///
  /// `candidates` may win too, though no record says them. Among equals the value of the newest record wins, then the first by bytes.
  static func winner(_ ballots: [Ballot], candidates: [[UInt8]] = [], prior: ([UInt8]) -> Double) -> (
    value: [UInt8], support: Int
  )? {
    var values: [[UInt8]] = []
    for ballot in ballots where !values.contains(ballot.value) { values.append(ballot.value) }
    guard let first = values.first else { return nil }
    for value in candidates where !values.contains(value) { values.append(value) }
    if values.count == 1 { return (first, ballots.count) }
    let newest = ballots.reduce(Int64.min) { max($0, $1.updated) }
    let scored = values.map { value in
      var score = prior(value)
      var updated = Int64.min
      for ballot in ballots {
        score += log(chance(of: ballot.value, from: value, ballot.reliability))
        if ballot.value == value { updated = max(updated, ballot.updated) }
      }
      // What was said last counts half a vote more.
      return (value: value, score: updated == newest ? score + 0.5 : score, updated: updated)
    }
    let best = scored.max {
      ($0.score, $0.updated) != ($1.score, $1.updated)
        ? ($0.score, $0.updated) < ($1.score, $1.updated) : $1.value.lexicographicallyPrecedes($0.value)
    }
    guard let best else { return nil }
    return (best.value, ballots.count { $0.value == best.value })
  }

  private static func chance(of written: [UInt8], from value: [UInt8], _ reliability: Double) -> Double {
    if written == value { return reliability }
    let slip = (1 - reliability) / 2
    switch editDistance(value.span, written.span, atMost: 2) {
    case 1: return slip / (12 * Double(value.count))
    case 2: return slip / pow(12 * Double(value.count), 2)
    default: return slip * 1e-5
    }
  }
}
