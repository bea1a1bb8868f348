import BSON
import MongoDB

extension ProjectionCollections {
  /// Customers with, for each of `prefixes`, a search key that begins with it; at most `limit`, by id. The first prefix is found
  /// in the index, so it should be the longest.
  public func customers(
    withSearchKeys prefixes: [String], limit: Int, deadline: Deadline
  ) throws(StoreError) -> [BSONDocument] {
    guard !prefixes.isEmpty else { return [] }
    let ranges = prefixes.map { prefix in
      BSONDocument {
        $0.append(
          "searchKeys",
          document: {
            $0.append(
              "$elemMatch",
              document: {
                $0.append("$gte", prefix)
                // Above every text that begins with the prefix.
                $0.append("$lt", prefix + "\u{10FFFF}")
              })
          })
      }
    }
    let filter = BSONDocument { $0.append("$and", ranges) }
    return try storing {
      try customers.find(filter, FindOptions(limit: limit, hint: ascending("searchKeys")), deadline: deadline)
    }
  }
}
