import BSON
import MongoDB

/// How much happened on one day, over all subjects.
public struct DayActivity: Sendable, Equatable {
  /// UTC day as yyyymmdd.
  public let day: Int
  /// Products that were seen, put into a cart, bought or returned, once for each subject and line of an order.
  public let entries: Int
  /// Latest source time of the day.
  public let lastAt: BSONDate

  /// What one day of a subject holds.
  public init(day: Int, entries: Int, lastAt: BSONDate) {
    self.day = day
    self.entries = entries
    self.lastAt = lastAt
  }
}

extension ProjectionCollections {
  /// What happened on each day, oldest day first. The server adds up; one row a day comes back.
  public func activityByDay(deadline: Deadline) throws(StoreError) -> [DayActivity] {
    let linesOfOrders = BSONDocument {
      $0.append(
        "$map",
        document: {
          $0.append("input", "$orders")
          $0.append("in", document: { $0.append("$size", "$$this.lines") })
        })
    }
    let group = BSONDocument {
      $0.append(
        "$group",
        document: {
          $0.append("_id", "$day")
          $0.append("lastAt", document: { $0.append("$max", "$lastAt") })
          $0.append(
            "entries",
            document: {
              $0.append(
                "$sum",
                document: {
                  $0.append(
                    "$add",
                    array: { terms in
                      terms.append(document: { $0.append("$size", "$products") })
                      terms.append(document: { $0.append("$sum", linesOfOrders) })
                    })
                })
            })
        })
    }
    let order = BSONDocument { $0.append("$sort", ascending("_id")) }
    let found = try storing { try rollups.aggregate([group, order], deadline: deadline) }
    return found.compactMap { document in
      guard let day = document.int("_id"), let lastAt = document.date("lastAt") else { return nil }
      return DayActivity(day: day, entries: document.int("entries") ?? 0, lastAt: lastAt)
    }
  }

  /// At most `limit` customers after an id, in the order of ids, with nothing but what models are trained on.
  ///
  /// `whole` reads everything that a customer's document holds.
  public func trainingCustomers(
    after: String?, limit: Int, whole: Bool, deadline: Deadline
  ) throws(StoreError) -> [BSONDocument] {
    let filter = BSONDocument { writer in
      if let after { writer.append("_id", document: { $0.append("$gt", after) }) }
    }
    return try trainingCustomers(matching: filter, limit: limit, whole: whole, deadline: deadline)
  }

  /// The given customers in the same form, in no promised order.
  public func trainingCustomers(
    _ ids: [String], whole: Bool, deadline: Deadline
  ) throws(StoreError) -> [BSONDocument] {
    var found: [BSONDocument] = []
    for chunk in ids.chunked(Self.namesPerQueryMax) {
      found += try trainingCustomers(matching: among("_id", chunk), limit: nil, whole: whole, deadline: deadline)
    }
    return found
  }

  private func trainingCustomers(
    matching filter: BSONDocument, limit: Int?, whole: Bool, deadline: Deadline
  ) throws(StoreError) -> [BSONDocument] {
    let fields = BSONDocument {
      for field in ["features", "subjects", "asOf", "activity"] { $0.append(field, Int32(1)) }
    }
    let options = FindOptions(sort: ascending("_id"), projection: whole ? nil : fields, limit: limit)
    return try storing { try customers.find(filter, options, deadline: deadline) }
  }
}

extension Store {
  /// The latest ratings of the given users, in the order of users and ids, a document at a time.
  public func forEachRating(
    ofUsers userIds: [String], deadline: Deadline, _ body: (BSONDocument) -> Void
  ) throws(StoreError) {
    let order = BSONDocument {
      $0.append("userId", Int32(1))
      $0.append("_id", Int32(1))
    }
    try storing {
      for chunk in userIds.chunked(ProjectionCollections.namesPerQueryMax) {
        try ratings.latest.find(among("userId", chunk), FindOptions(sort: order), deadline: deadline) {
          body(BSONDocument(copying: $0))
          return true
        }
      }
    }
  }

  /// The latest version of every rating, deleted ones left out, in the order of ids, until `body` returns false.
  public func forEachRating(deadline: Deadline, _ body: (BSONDocument) -> Bool) throws(StoreError) {
    try storing {
      try ratings.latest.find(Self.notDeleted, FindOptions(sort: ascending("_id")), deadline: deadline) {
        body(BSONDocument(copying: $0))
      }
    }
  }

  /// How many ratings there are.
  public func ratingCount(deadline: Deadline) throws(StoreError) -> Int {
    try storing { try ratings.latest.count(Self.notDeleted, deadline: deadline) }
  }

  /// How many products there are.
  public func productCount(deadline: Deadline) throws(StoreError) -> Int {
    try storing { try products.latest.count(Self.notDeleted, deadline: deadline) }
  }

  private static let notDeleted = BSONDocument { $0.append("deleted", document: { $0.append("$ne", true) }) }
}
