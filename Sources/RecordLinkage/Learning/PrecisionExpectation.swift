import Glibc

/// How many of the pairs that were put together are one person, as the model expects it.
///
/// The weight of a join is the logarithm of its odds, so no labels are needed: a join of weight w is right with a probability of
/// 1 / (1 + 2^-w). On files with known persons the expectation was one to three points below the truth.
struct PrecisionExpectation: Sendable {
  /// Surest first; equals in an order that depends on nothing else.
  private let joins: [(odds: Double, pairs: Double)]
  private let right: Double
  private let all: Double

  init(_ joins: [Clustering.Join]) {
    self.joins = joins.map { ($0.odds, Double($0.pairs)) }.sorted { $0 > $1 }
    right = self.joins.reduce(0) { $0 + $1.pairs * Self.probability($1.odds) }
    all = self.joins.reduce(0) { $0 + $1.pairs }
  }

  /// The share of pairs that are expected to be right; 1 when nothing joined.
  var precision: Double { all > 0 ? right / all : 1 }

  /// The threshold from which on at least `precisionMin` is expected; nil when that holds already, when nothing reaches it, or
  /// when it would give up more than `costMax` of the pairs that are expected to be right.
  func threshold(precisionMin: Double, costMax: Double) -> Double? {
    if precision >= precisionMin { return nil }
    var threshold: Double?
    var (keptRight, kept) = (0.0, 0.0)
    for (position, join) in joins.enumerated() {
      keptRight += join.pairs * Self.probability(join.odds)
      kept += join.pairs
      // What is expected falls from join to join, and joins of equal odds stay together.
      if keptRight < precisionMin * kept { break }
      guard position + 1 < joins.count, joins[position + 1].odds < join.odds else { continue }
      threshold = keptRight >= (1 - costMax) * right ? joins[position + 1].odds : nil
    }
    return threshold
  }

  private static func probability(_ odds: Double) -> Double { 1 / (1 + exp2(-odds)) }
}
