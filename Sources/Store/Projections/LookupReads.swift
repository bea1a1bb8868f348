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
}
