import BSON
import MongoDB

/// Endpoints: names that predict with one or several versions, each with its share of the calls.
extension Store {
  private var endpointCollection: MongoCollection { database.collection(CollectionName.endpoints) }

  /// Sets an endpoint, which has its `_id`.
  public func set(endpoint: BSONDocument, deadline: Deadline) throws(StoreError) {
    guard let id = endpoint.string("_id") else { return }
    _ = try storing {
      try endpointCollection.write([.replace(filter: identity(id), with: endpoint, upsert: true)], deadline: deadline)
        .confirmed()
    }
  }

  /// Every endpoint, by id.
  public func allEndpoints(deadline: Deadline) throws(StoreError) -> [BSONDocument] {
    try storing {
      try endpointCollection.find(BSONDocument(), FindOptions(sort: ascending("_id")), deadline: deadline)
    }
  }

  /// Removes an endpoint. False when there is none.
  public func removeEndpoint(_ id: String, deadline: Deadline) throws(StoreError) -> Bool {
    try storing {
      try endpointCollection.write([.delete(filter: identity(id))], deadline: deadline).confirmed().deletedCount == 1
    }
  }
}
