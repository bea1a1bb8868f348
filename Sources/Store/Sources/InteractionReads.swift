import BSON
import MongoDB

/// Reads of interactions by whom they belong to.
enum InteractionReads {
  static let subjectOrder = BSONDocument {
    $0.append("subject", Int32(1))
    $0.append("at", Int32(-1))
    $0.append("_id", Int32(-1))
  }

  static let newestFirst = BSONDocument {
    $0.append("at", Int32(-1))
    $0.append("_id", Int32(-1))
  }
}

extension VersionedCollection {
  /// The latest interactions of the given subjects, newest first by (at, _id), at most `limit` of them; deleted ones left out.
  public func interactions(
    ofSubjects subjects: [String], within bound: TimelineBound? = nil, limit: Int, deadline: Deadline
  ) throws(StoreError) -> [BSONDocument] {
    guard !subjects.isEmpty else { return [] }
    let filter = BSONDocument { writer in
      writer.append("subject", document: { $0.append("$in", subjects) })
      bound?.append(to: &writer, time: "at", id: "_id")
    }
    let options = FindOptions(sort: InteractionReads.newestFirst, limit: limit, hint: InteractionReads.subjectOrder)
    return try storing { try latest.find(filter, options, deadline: deadline) }
  }

  /// The latest interactions of the given subjects in a span of time, without their texts; deleted ones left out.
  public func forEachInteraction(
    ofSubjects subjects: [String], from first: BSONDate, until end: BSONDate, deadline: Deadline,
    _ body: (BSONDocument) -> Void
  ) throws(StoreError) {
    let filter = SubjectSpan(subjects: subjects, first: first, end: end).filter(time: "at")
    let fields = BSONDocument {
      for name in ["subject", "day", "channel", "direction", "at", "sentiment.score"] { $0.append(name, Int32(1)) }
    }
    try storing {
      try latest.find(filter, FindOptions(projection: fields), deadline: deadline) {
        body(BSONDocument(copying: $0))
        return true
      }
    }
  }

  /// Whom the latest interactions of the given subjects name, without what was said; deleted ones left out.
  public func forEachAddressing(
    ofSubjects subjects: [String], deadline: Deadline, _ body: (BSONDocument) -> Void
  ) throws(StoreError) {
    let fields = BSONDocument {
      for name in [
        "subject", "channel", "direction", "userId", "anonymousId", "loyaltyId", "email", "phone",
      ] { $0.append(name, Int32(1)) }
    }
    for chunk in subjects.chunked(1000) {
      try storing {
        try latest.find(among("subject", chunk), FindOptions(projection: fields), deadline: deadline) {
          body(BSONDocument(copying: $0))
          return true
        }
      }
    }
  }
}
