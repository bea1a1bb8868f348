import BSON
import Store

/// The products as serving sees them: what decides whether one may be shown, in columns. A product keeps its index for as long as
/// the catalogue is not read anew; a deleted one keeps it with a mark, since a model may know it still.
struct Catalogue: Sendable {
  private(set) var ids: [String] = []
  private(set) var names: [String?] = []
  /// Index of the category, -1 for none.
  private(set) var categories: [Int32] = []
  /// NaN for none.
  private(set) var prices: [Double] = []
  private(set) var isInStock: [Bool] = []
  private(set) var isDeleted: [Bool] = []
  private var indexes: [ByteString: Int32] = [:]
  private var categoryIndexes: [ByteString: Int32] = [:]
  private let productsMax: Int
  /// Tells catalogues apart that were read anew: indexes agree within one reading only.
  let reading: Int
  /// Products that found no room.
  private(set) var leftOut = 0

  init(productsMax: Int, reading: Int) {
    self.productsMax = productsMax
    self.reading = reading
  }

  /// The number of products, deleted ones included.
  var count: Int { ids.count }

  /// The product of an id.
  func index(of id: String) -> Int? { indexes[ByteString(id)].map(Int.init) }

  /// The category of a name; nil when no product is in it.
  func category(named name: String) -> Int32? { categoryIndexes[ByteString(name)] }

  /// Takes in the latest version of a product. A product without `inStock` is in stock.
  mutating func apply(_ product: BSONDocument) {
    guard let id = product.string("_id") else { return }
    let index: Int
    if let known = indexes[ByteString(id)] {
      index = Int(known)
    } else {
      guard ids.count < productsMax else {
        leftOut += 1
        return
      }
      index = ids.count
      indexes[ByteString(id)] = Int32(index)
      ids.append(id)
      names.append(nil)
      categories.append(-1)
      prices.append(.nan)
      isInStock.append(true)
      isDeleted.append(false)
    }
    names[index] = product.string("productName")
    categories[index] = product.string("category").map { categoryIndex(of: $0) } ?? -1
    prices[index] = product.double("price") ?? .nan
    isInStock[index] = product.bool("inStock") ?? true
    isDeleted[index] = product.bool("deleted") ?? false
  }

  private mutating func categoryIndex(of name: String) -> Int32 {
    let key = ByteString(name)
    if let known = categoryIndexes[key] { return known }
    let index = Int32(categoryIndexes.count)
    categoryIndexes[key] = index
    return index
  }
}

/// Where the items of one model stand in the catalogue.
struct CatalogueView: Sendable {
  /// Catalogue index by item index, -1 for items that the catalogue does not have.
  let products: [Int32]

  init(items: [String], catalogue: Catalogue) {
    products = items.map { catalogue.index(of: $0).map(Int32.init) ?? -1 }
  }
}

/// What a caller wants to see of the catalogue.
struct CatalogueFilter {
  /// Nil for any; a category that no product has admits none.
  var category: Int32?
  var priceMax: Double?
  var inStockOnly: Bool

  /// Whether a product may be shown. One that the catalogue does not know cannot be out of stock, but has no category and no price.
  func admits(_ product: Int32, of catalogue: Catalogue) -> Bool {
    guard product >= 0 else { return category == nil && priceMax == nil }
    let index = Int(product)
    if catalogue.isDeleted[index] { return false }
    if inStockOnly, !catalogue.isInStock[index] { return false }
    if let category, catalogue.categories[index] != category { return false }
    // A product without a price is not known to be cheap enough.
    if let priceMax, !(catalogue.prices[index] <= priceMax) { return false }
    return true
  }
}
