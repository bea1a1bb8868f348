import Glibc

/// How strongly what a customer did says that a product is liked.
///
/// r = log(1 + Σ w(kind) · quantity · 2^(-age / 30 days)), the sum floored at 0. Ages are measured to the latest source time
/// in the data, never to a clock, so that the same data give the same strengths on any day.
enum ImplicitStrength {
  /// What happened between a customer and a product.
  enum Kind: UInt8, Comparable {
    case view, addToCart, purchase, giveBack

    /// w of the formula.
    var weight: Double {
      switch self {
      case .view: 1
      case .addToCart: 3
      case .purchase: 5
      case .giveBack: -5
      }
    }

    static func < (a: Kind, b: Kind) -> Bool { a.rawValue < b.rawValue }
  }

  /// The age at which something counts half, in milliseconds.
  static let halfLifeMs = 30.0 * 86_400_000

  /// One term of the sum. What lies after `reference` counts in full.
  static func term(_ kind: Kind, quantity: Double, ageMs: Int64) -> Double {
    kind.weight * quantity * exp2(-Double(max(0, ageMs)) / halfLifeMs)
  }

  /// r of a sum of terms.
  static func strength(ofSum sum: Double) -> Double { log1p(max(0, sum)) }
}
