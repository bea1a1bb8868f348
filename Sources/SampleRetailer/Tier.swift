/// How active a person is. The four differ in each of the features that segments are made of, evenly spaced, so that four
/// clusters of standardized features are these four tiers.
enum Tier: String, CaseIterable, Sendable {
  case platinum = "Platinum"
  case gold = "Gold"
  case silver = "Silver"
  case bronze = "Bronze"

  /// People of this tier in a neighbourhood of 20. The two bronze people without a web account are in these.
  var peopleCount: Int {
    switch self {
    case .platinum: 2
    case .gold: 4
    case .silver: 6
    case .bronze: 8
    }
  }

  /// Web sessions in the year.
  var sessions: Double {
    switch self {
    case .platinum: 33
    case .gold: 23
    case .silver: 13
    case .bronze: 3
    }
  }

  /// Purchases in the year, online and in stores.
  var purchases: Double {
    switch self {
    case .platinum: 23
    case .gold: 16
    case .silver: 9
    case .bronze: 2
    }
  }

  /// Usual value of a purchase.
  var basketCents: Double {
    switch self {
    case .platinum: 22_000
    case .gold: 16_000
    case .silver: 10_000
    case .bronze: 4_000
    }
  }
}

/// Splits a whole number by weights: parts that add up to it exactly and differ from their fair share by less than one.
func apportioned(_ total: Int, by weights: [Double]) -> [Int] {
  let sum = weights.reduce(0, +)
  // What rounding leaves goes to the last part that may have something.
  let last = weights.lastIndex { $0 > 0 } ?? weights.count - 1
  var running = 0.0
  var given = 0
  return weights.indices.map { index in
    running += weights[index]
    let upTo = index >= last ? total : Int((Double(total) * running / sum).rounded(.down))
    defer { given = upTo }
    return upTo - given
  }
}
