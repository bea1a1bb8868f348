import BSON
import MongoDB

extension ProjectionCollections {
  /// Some top-level fields of one customer, and its `_id`.
  public func customer(_ id: String, fields: [String], deadline: Deadline) throws(StoreError) -> BSONDocument? {
    let options = FindOptions(projection: BSONDocument { for field in fields { $0.append(field, Int32(1)) } })
    return try storing { try customers.findOne(identity(id), options, deadline: deadline) }
  }

  /// How many customers claim an identifier, counted up to `limit`.
  public func customerCount(claiming key: String, limit: Int, deadline: Deadline) throws(StoreError) -> Int {
    try storing {
      try customers.count(BSONDocument { $0.append("identifierKeys", key) }, limit: limit, deadline: deadline)
    }
  }

  /// The customers to which ids lead that may have been given out before merges, by the id asked for. Ids that never were
  /// a customer's are left out.
  public func currentCustomerIds(
    for ids: [String], deadline: Deadline
  ) throws(StoreError) -> [(asked: String, current: String)] {
    var found: [(asked: String, current: String)] = []
    for chunk in ids.chunked(Self.namesPerQueryMax) {
      let documents = try storing { try identifiers.find(among("anchor", chunk), deadline: deadline) }
      found += documents.compactMap { document in
        guard let asked = document.string("anchor"), let current = document.string("customerId") else { return nil }
        return (asked, current)
      }
    }
    return found
  }
}
