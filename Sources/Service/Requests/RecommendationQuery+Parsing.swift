import BSON
import HTTPServer
import Ingestion
import Models

extension RecommendationQuery {
  /// The query parameters that filter products.
  static let parameters = ["n", "category", "max_price", "in_stock", "exclude"]

  /// What a query wants recommended.
  init(_ query: HTTPQuery) throws(Problem) {
    self.init()
    if let count = try query.int("n", in: 1...100) { self.count = count }
    category = try query.one("category")
    if let text = try query.one("max_price") {
      guard let price = decimal(text), price <= IngestLimits.amountMax else {
        throw .unusable("max_price", "a number from 0 to 1000000000000")
      }
      priceMax = price
    }
    if let inStock = try query.bool("in_stock") { inStockOnly = inStock }
    if let text = try query.one("exclude") { excludedProducts = text.split(separator: ",").map(String.init) }
    if let text = try query.one("exclude_purchased") {
      guard let span = RecommendationQuery.milliseconds(parsing: text) else {
        throw .unusable("exclude_purchased", "a span of time such as 90d, 12h or 0")
      }
      excludePurchasedMs = span
    }
    if let text = try query.one("diversity") {
      guard let share = decimal(text), share <= 1 else { throw .unusable("diversity", "a number from 0 to 1") }
      diversity = share
    }
    if let explains = try query.bool("explain") { self.explains = explains }
  }
}

/// A decimal number from 0 on, digits with at most one point between them.
private func decimal(_ text: String) -> Double? {
  let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
  guard text.utf8.count <= 32, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0 >= 48 && $0 <= 57 } }) else {
    return nil
  }
  return Double(text)
}
