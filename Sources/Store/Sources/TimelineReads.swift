import BSON
import MongoDB

/// Where a list that is sorted by time, newest first, goes on.
public struct TimelineBound: Sendable, Equatable {
  /// Nothing newer than this is read.
  public let time: BSONDate
  /// Of what happened at `time` itself, what is read.
  public let ties: Ties

  /// Which of several things of one moment come after a position.
  public enum Ties: Sendable, Equatable {
    /// All of them.
    case all
    /// None of them.
    case none
    /// Those with a lower id.
    case below(String)
  }

  /// A bound.
  public init(time: BSONDate, ties: Ties) {
    self.time = time
    self.ties = ties
  }

  /// Adds the bound on the fields of a collection to a filter.
  func append(to filter: inout BSONWriter, time timeField: String, id idField: String) {
    switch ties {
    case .all: filter.append(timeField, document: { $0.append("$lte", time) })
    case .none: filter.append(timeField, document: { $0.append("$lt", time) })
    case .below(let id):
      // The first condition bounds the walk of the index, the second one leaves out what was shown.
      filter.append(timeField, document: { $0.append("$lte", time) })
      filter.append(
        "$or",
        array: { either in
          either.append(document: { $0.append(timeField, document: { $0.append("$lt", time) }) })
          either.append(document: { $0.append(idField, document: { $0.append("$lt", id) }) })
        })
    }
  }
}

extension EventCollection {
  /// Rows of the given subjects, newest first by (eventTimestamp, eventId), until there are `limit` of them or `body`
  /// returns false.
  ///
  /// Rows of one event follow each other. The server merges one walk of the index a subject; it sorts nothing.
  public func forEachRow(
    ofSubjects subjects: [String], within bound: TimelineBound? = nil, limit: Int, deadline: Deadline,
    _ body: (BSONDocument) throws -> Bool
  ) throws(StoreError) {
    guard !subjects.isEmpty else { return }
    let filter = BSONDocument { writer in
      writer.append("subject", document: { $0.append("$in", subjects) })
      bound?.append(to: &writer, time: "eventTimestamp", id: "eventId")
    }
    let options = FindOptions(sort: Self.newestFirst, limit: limit, hint: Self.subjectOrder)
    try storing {
      try collection.find(filter, options, deadline: deadline) { try body(BSONDocument(copying: $0)) }
    }
  }

  private static let newestFirst = BSONDocument {
    $0.append("eventTimestamp", Int32(-1))
    $0.append("eventId", Int32(-1))
  }
}

extension VersionedCollection {
  /// The latest orders of the given subjects, newest first by (orderDate, _id), at most `limit` of them; deleted ones
  /// left out.
  public func orders(
    ofSubjects subjects: [String], within bound: TimelineBound? = nil, limit: Int, deadline: Deadline
  ) throws(StoreError) -> [BSONDocument] {
    guard !subjects.isEmpty else { return [] }
    let filter = BSONDocument { writer in
      writer.append("subject", document: { $0.append("$in", subjects) })
      bound?.append(to: &writer, time: "orderDate", id: "_id")
    }
    let order = BSONDocument {
      $0.append("orderDate", Int32(-1))
      $0.append("_id", Int32(-1))
    }
    let options = FindOptions(sort: order, limit: limit, hint: OrderReads.subjectOrder)
    return try storing { try latest.find(filter, options, deadline: deadline) }
  }
}
