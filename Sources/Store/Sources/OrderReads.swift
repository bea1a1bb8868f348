import BSON
import MongoDB

/// Reads of orders by whom they belong to.
enum OrderReads {
  static let subjectOrder = BSONDocument {
    $0.append("subject", Int32(1))
    $0.append("orderDate", Int32(-1))
    $0.append("_id", Int32(-1))
  }

  static let hasCurrency = BSONDocument { $0.append("currency", document: { $0.append("$exists", true) }) }

  static let indexes = [
    IndexDefinition(keys: subjectOrder),
    // Serves the search for the first currency only, in one step also when no order names one.
    IndexDefinition(
      keys: BSONDocument {
        $0.append("orderDate", Int32(1))
        $0.append("_id", Int32(1))
      }, name: "first_currency", partialFilter: hasCurrency),
  ]
}

extension VersionedCollection {
  /// The latest orders of the given subjects dated in a span of time, deleted ones left out.
  public func forEachOrder(
    ofSubjects subjects: [String], from first: BSONDate, until end: BSONDate, deadline: Deadline,
    _ body: (BSONDocument) -> Void
  ) throws(StoreError) {
    let filter = SubjectSpan(subjects: subjects, first: first, end: end).filter(time: "orderDate")
    try storing {
      try latest.find(filter, deadline: deadline) {
        body(BSONDocument(copying: $0))
        return true
      }
    }
  }

  /// The currency of the earliest order that names one.
  public func firstCurrency(deadline: Deadline) throws(StoreError) -> String? {
    let order = BSONDocument {
      $0.append("orderDate", Int32(1))
      $0.append("_id", Int32(1))
    }
    let options = FindOptions(sort: order, projection: ascending("currency"), limit: 1)
    return try storing { try latest.find(OrderReads.hasCurrency, options, deadline: deadline) }.first?.string(
      "currency")
  }
}
