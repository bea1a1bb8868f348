import BSON
import MongoDB

/// What can be exported as a whole. Of segments it is who belongs to which, in the generations that are read now.
public enum ExportedCollection: Sendable {
  case customers, events, orders, products, ratings, interactions, records, segments, recommendations

  /// The collection, and the name that its `_id` has outside.
  var source: (collection: String, idField: String) {
    switch self {
    case .customers: (CollectionName.customers, "customerId")
    case .events: (CollectionName.events, "_id")
    case .orders: (CollectionName.orders, "orderId")
    case .products: (CollectionName.products, "productId")
    case .ratings: (CollectionName.ratings, "ratingId")
    case .interactions: (CollectionName.interactions, "interactionId")
    case .records: (CollectionName.sourceCustomers, "recordId")
    case .segments: (CollectionName.segmentMembers, "membershipId")
    case .recommendations: (CollectionName.recommendations, "recommendationId")
    }
  }
}

extension Store {
  /// Fields that serve the service itself and are shown nowhere.
  public static let internalFields: Set<String> = [
    "subject", "subjects", "day", "identifierKeys", "version", "contentHash", "deleted", "searchKeys",
  ]

  /// Every document of a collection, in the order of ids, as it is shown outside.
  public func forEachExported(
    _ exported: ExportedCollection, deadline: Deadline, _ body: (BSONDocument) throws -> Void
  ) throws {
    let (collection, idField) = exported.source
    let filter: BSONDocument
    switch exported {
    case .segments, .recommendations:
      filter = among("generation", try registry.allModels(deadline: deadline).compactMap { $0.string("outputs") })
    case .customers, .events, .orders, .products, .ratings, .interactions, .records:
      filter = BSONDocument { $0.append("deleted", document: { $0.append("$ne", true) }) }
    }
    try database.collection(collection).find(filter, FindOptions(sort: ascending("_id")), deadline: deadline) { bytes in
      let stored = BSONDocument(copying: bytes)
      let shown = BSONDocument { writer in
        for element in stored {
          if element.keyEquals("_id") {
            writer.append(idField, valueOf: element)
          } else if exported == .interactions, element.keyEquals("topic") {
            writer.append("subject", valueOf: element)
          } else if exported == .recommendations, element.keyEquals("state") {
            // Tells whether the answer is current.
            continue
          } else if !Self.internalFields.contains(element.key), element.key != idField {
            writer.append(element)
          }
        }
      }
      try body(shown)
      return true
    }
  }
}
