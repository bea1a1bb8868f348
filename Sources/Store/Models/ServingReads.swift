import BSON
import MongoDB

extension Store {
  /// Every product with what decides whether it may be shown, also the deleted ones (`deleted` is true), a document at a time.
  public func forEachCatalogueEntry(deadline: Deadline, _ body: (BSONDocument) -> Void) throws(StoreError) {
    let fields = BSONDocument {
      for field in ["productName", "category", "price", "inStock", "deleted"] { $0.append(field, Int32(1)) }
    }
    try storing {
      try products.latest.find(BSONDocument(), FindOptions(projection: fields), deadline: deadline) {
        body(BSONDocument(copying: $0))
        return true
      }
    }
  }

  /// Opens the changes of products, models and endpoints from the present on.
  public func servingChanges() throws(StoreError) -> ServingFeed {
    try storing { ServingFeed(try database.watch(collections: ServingFeed.watched)) }
  }
}

/// One change of what is held in memory for serving.
public enum ServingChange: Sendable {
  /// A product has a new latest version (or was deleted): its document.
  case product(BSONDocument)
  /// A model's aliases or generations changed, or an endpoint.
  case models
}

/// The changes of products, models and endpoints. Owned by one thread.
public final class ServingFeed {
  private let stream: ChangeStream

  init(_ stream: ChangeStream) { self.stream = stream }

  static let watched = [CollectionName.products, CollectionName.models, CollectionName.endpoints]

  /// The next change, or nil when none came within `maxAwaitMilliseconds`.
  public func next(maxAwaitMilliseconds: Int) throws(StoreError) -> ServingChange? {
    while let change = try storing({ try stream.next(maxAwaitMilliseconds: maxAwaitMilliseconds) }) {
      if change.document("ns")?.string("coll") != CollectionName.products { return .models }
      if let product = change.document("fullDocument") { return .product(product) }
    }
    return nil
  }
}
