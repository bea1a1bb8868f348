/// A Fellegi–Sunter model with three kinds of pairs instead of two: one person, one household, strangers.
///
/// People of one household agree in address, telephone and often surname for one reason, so in a model with two kinds these
/// agreements would count several times over. For each kind, fields are independent.
public struct LatentClasses: Sendable, Equatable {
  static let strangers = 0
  static let household = 1
  static let match = 2
  static let count = 3

  /// The share of each kind among all pairs.
  public internal(set) var shares: [Double]
  /// The probability of each outcome, by kind, field and level: `(kind * fields + field) * 16 + level`.
  var probabilities: [Double]

  @inline(__always)
  static func index(_ kind: Int, _ field: Int, _ level: Int) -> Int { (kind * LinkageField.count + field) * 16 + level }

  func probability(_ kind: Int, _ field: LinkageField, _ level: Int) -> Double {
    probabilities[Self.index(kind, field.rawValue, level)]
  }
}

/// How often each outcome of a comparison was seen.
struct PatternCounts: Sendable {
  private(set) var patterns: [Pattern: Double] = [:]
  private(set) var total = 0.0

  init() {}

  /// The sum of several.
  init(adding parts: [PatternCounts]) {
    for part in parts {
      for (pattern, count) in part.patterns { add(pattern, count) }
    }
  }

  mutating func add(_ pattern: Pattern, _ weight: Double = 1) {
    patterns[pattern, default: 0] += weight
    total += weight
  }

  /// In an order that does not depend on hashing.
  var sorted: [(pattern: Pattern, count: Double)] {
    patterns.sorted { $0.key.bits < $1.key.bits }.map { ($0.key, $0.value) }
  }
}
