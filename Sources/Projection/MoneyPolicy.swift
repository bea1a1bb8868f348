import BSON
import MongoDB
import Store

/// In which currency money is added up, and what others are worth in it.
public struct MoneyPolicy: Sendable {
  /// ISO 4217 code; nil as long as no order has named one.
  public let currency: String?
  /// Units of `currency` for one unit of another, by that other's code.
  public let rates: [String: Double]

  /// A policy.
  public init(currency: String?, rates: [String: Double] = [:]) {
    self.currency = currency
    self.rates = rates
  }

  /// An amount in ten-thousandths of the one currency, or nil when it cannot be converted.
  ///
  /// An amount without a currency is in the one currency. Whole numbers add up exactly and in any order.
  func tenThousandths(_ amount: Double, in other: String?) -> Int64? {
    var converted = amount
    if let other, let currency, other != currency {
      guard let rate = rates[other] else { return nil }
      converted *= rate
    }
    let scaled = (converted * 10_000).rounded()
    guard scaled.magnitude < 9e15 else { return nil }
    return Int64(scaled)
  }
}

extension MoneyPolicy {
  /// The policy of a database: the configured currency, else the one that the first order had when it was first needed.
  ///
  /// That choice is stored, so that an older order which arrives later changes no customer's sums.
  static func decided(
    in store: Store, configured: String?, rates: [String: Double], deadline: Deadline
  ) throws(StoreError) -> MoneyPolicy {
    if let configured { return MoneyPolicy(currency: configured, rates: rates) }
    if let stored = try store.setting("currency", deadline: deadline)?.string("code") {
      return MoneyPolicy(currency: stored, rates: rates)
    }
    guard let first = try store.orders.firstCurrency(deadline: deadline) else {
      return MoneyPolicy(currency: nil, rates: rates)
    }
    let decided = try store.decideSetting("currency", BSONDocument { $0.append("code", first) }, deadline: deadline)
    return MoneyPolicy(currency: decided.string("code"), rates: rates)
  }
}
