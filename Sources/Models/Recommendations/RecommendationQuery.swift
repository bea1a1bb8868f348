/// What a caller wants recommended.
public struct RecommendationQuery: Sendable, Equatable {
  /// How many products, 1 to ``ModelLimits/recommendationsMax``.
  public var count = 10
  /// Only products of this category.
  public var category: String?
  /// Only products that cost at most this.
  public var priceMax: Double?
  /// Only products that are in stock.
  public var inStockOnly = true
  /// Products not to be shown.
  public var excludedProducts: [String] = []
  /// Products bought within so many milliseconds before now are not shown; 0 shows them. 90 days by default.
  public var excludePurchasedMs = 90 * RecommendationQuery.dayMs
  /// How much the products shall differ from each other, 0 (by score alone) to 1.
  public var diversity = 0.0
  /// Whether each product says why.
  public var explains = false

  static let dayMs: Int64 = 86_400_000

  /// The defaults.
  public init() {}

  /// Reads a span of time such as `90d`, `12h`, or `0`. Nil for anything else.
  public static func milliseconds(parsing text: String) -> Int64? {
    let units: [Character: Int64] = ["d": dayMs, "h": 3_600_000, "m": 60_000, "s": 1000]
    guard let last = text.last else { return nil }
    let unit = units[last]
    let digits = unit == nil ? text[...] : text.dropLast()
    guard (1...6).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = Int64(digits)
    else { return nil }
    guard let unit else { return number == 0 ? 0 : nil }
    return number * unit
  }

  func check(_ limits: ModelLimits) throws(ModelsError) {
    guard (1...limits.recommendationsMax).contains(count) else {
      throw .invalidParameter(name: "n", reason: "must be 1...\(limits.recommendationsMax)")
    }
    guard excludedProducts.count <= limits.excludedProductsMax else {
      throw .invalidParameter(name: "exclude", reason: "holds more than \(limits.excludedProductsMax) products")
    }
    guard (0...1).contains(diversity) else { throw .invalidParameter(name: "diversity", reason: "must be 0...1") }
    if let priceMax, !(priceMax >= 0) { throw .invalidParameter(name: "max_price", reason: "must be at least 0") }
  }
}
