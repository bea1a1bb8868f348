import BSON
import MongoDB

/// Where a search of products goes on.
public struct ProductPosition: Sendable, Equatable {
  /// Whether the products in which every word is right have been listed.
  public let isFuzzy: Bool
  /// The last product that was listed.
  public let id: String

  /// A position.
  public init(isFuzzy: Bool, id: String) {
    self.isFuzzy = isFuzzy
    self.id = id
  }
}

extension VersionedCollection {
  /// Words that a search takes at the most.
  public static let searchWordsMax = 8

  /// Products in the order of ids; with a text those that have all of its words first, then those in which a letter of a
  /// word may be wrong. At most `limit`, and where to go on when there may be more.
  ///
  /// - Complexity: one walk of the index of the rarest word; at most `candidatesMax` documents are looked at.
  public func products(
    matching text: String?, after position: ProductPosition?, limit: Int, deadline: Deadline
  ) throws(StoreError) -> (products: [BSONDocument], next: ProductPosition?) {
    guard let text else {
      let found = try page(BSONArray(), after: position?.id, limit: limit, deadline: deadline)
      return (found, found.count < limit ? nil : found.last.flatMap { Self.position(of: $0, isFuzzy: false) })
    }
    let words = Array(ProductSearch.words(of: text).prefix(Self.searchWordsMax))
    guard !words.isEmpty else { return ([], nil) }
    var products: [BSONDocument] = []
    var position = position
    if position?.isFuzzy != true {
      products = try page(
        Self.conditions(words.map { ["=" + String($0)] }), after: position?.id, limit: limit, deadline: deadline)
      if products.count == limit { return (products, products.last.flatMap { Self.position(of: $0, isFuzzy: false) }) }
      position = nil
    }
    let near = Self.conditions(words.map(ProductSearch.keys(near:)))
    let wanted = limit - products.count
    var looked = 0
    while products.count < limit {
      let found = try page(near, after: position?.id, limit: max(wanted, 100), deadline: deadline)
      for product in found {
        looked += 1
        position = Self.position(of: product, isFuzzy: true)
        // Those that are right in every word have been listed.
        let isExact = words.allSatisfy { ProductSearch.words(of: product).contains($0) }
        if !isExact, ProductSearch.matches(words, product) { products.append(product) }
        if products.count == limit { return (products, position) }
      }
      if found.count < max(wanted, 100) { return (products, nil) }
      if looked >= Self.candidatesMax { return (products, position) }
    }
    return (products, position)
  }

  /// Documents that one search looks at.
  static let candidatesMax = 2_000

  static let productIndexes = [IndexDefinition(ascending: "searchKeys", "_id")]

  private func page(
    _ conditions: BSONArray, after id: String?, limit: Int, deadline: Deadline
  ) throws(StoreError) -> [BSONDocument] {
    let filter = BSONDocument { filter in
      if !conditions.isEmpty { filter.append("$and", conditions) }
      if let id { filter.append("_id", document: { $0.append("$gt", id) }) }
      filter.append("deleted", document: { $0.append("$ne", true) })
    }
    return try storing {
      try latest.find(filter, FindOptions(sort: ascending("_id"), limit: limit), deadline: deadline)
    }
  }

  private static func conditions(_ keys: [[String]]) -> BSONArray {
    BSONDocument {
      $0.append(
        "all",
        array: { all in
          for keys in keys {
            all.append(document: { $0.append("searchKeys", document: { $0.append("$in", keys) }) })
          }
        })
    }.array("all") ?? BSONArray()
  }

  private static func position(of product: BSONDocument, isFuzzy: Bool) -> ProductPosition? {
    product.string("_id").map { ProductPosition(isFuzzy: isFuzzy, id: $0) }
  }
}
