import BSON
import MongoDB

/// How far a version that is asked in the shadow agrees with the one that answers: sums over all replicas.
///
/// A document is `{_id, endpoint, version, shadow, since, calls, instances, …}`: sums are added up, since what they count is asked once
/// and stored nowhere.
extension Store {
  private var agreements: MongoCollection { database.collection(CollectionName.shadowAgreements) }

  /// Adds to the sums of one pair of versions. `sums` holds numbers by name.
  public func add(
    toShadowAgreement id: String, endpoint: String, version: String, shadow: String, sums: BSONDocument,
    at now: BSONDate, deadline: Deadline
  ) throws(StoreError) {
    let update = BSONDocument {
      $0.append(
        "$setOnInsert",
        document: {
          $0.append("endpoint", endpoint)
          $0.append("version", version)
          $0.append("shadow", shadow)
          $0.append("since", now)
        })
      $0.append("$set", document: { $0.append("until", now) })
      $0.append("$inc", sums)
    }
    _ = try storing {
      try agreements.write(
        [.update(filter: identity(id), update: update, upsert: true, multi: false)], deadline: deadline
      )
      .confirmed()
    }
  }

  /// The sums of an endpoint, by id.
  public func shadowAgreements(ofEndpoint endpoint: String, deadline: Deadline) throws(StoreError) -> [BSONDocument] {
    let filter = BSONDocument { $0.append("endpoint", endpoint) }
    return try storing { try agreements.find(filter, FindOptions(sort: ascending("_id")), deadline: deadline) }
  }

  /// Removes the sums of an endpoint.
  public func removeShadowAgreements(ofEndpoint endpoint: String, deadline: Deadline) throws(StoreError) {
    let filter = BSONDocument { $0.append("endpoint", endpoint) }
    _ = try storing { try agreements.write([.delete(filter: filter, multi: true)], deadline: deadline).confirmed() }
  }

  static let shadowAgreementIndexes = [IndexDefinition(ascending: "endpoint")]
}
