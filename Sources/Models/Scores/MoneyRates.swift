/// In which currency money is added up, and what others are worth in it: as the projection has it.
public struct MoneyRates: Sendable, Equatable {
  /// ISO 4217 code; nil until it is known.
  public var currency: String?
  /// Units of `currency` for one unit of another, by that other's code.
  public var rates: [String: Double]

  /// No currency converts nothing.
  public init(currency: String? = nil, rates: [String: Double] = [:]) {
    self.currency = currency
    self.rates = rates
  }

  /// An amount in the one currency, or nil when it cannot be converted. An amount without a currency is in the one currency.
  func amount(_ amount: Double, in other: String?) -> Double? {
    guard let other, let currency, other != currency else { return amount }
    return rates[other].map { amount * $0 }
  }
}
