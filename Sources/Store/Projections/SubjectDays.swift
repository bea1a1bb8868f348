import BSON
import MongoDB

/// A UTC day of one subject: the unit in which rollups are recomputed.
public struct SubjectDay: Sendable, Hashable {
  /// The subject's identifier key.
  public let subject: String
  /// The day as yyyymmdd.
  public let day: Int

  /// A subject's day.
  public init(subject: String, day: Int) {
    self.subject = subject
    self.day = day
  }
}

extension Store {
  /// Every day on which a subject has events, orders or interactions, grouped by the server, a pair at a time.
  public func forEachSubjectDay(deadline: Deadline, _ body: (SubjectDay) throws -> Void) throws(StoreError) {
    let group = BSONDocument {
      $0.append(
        "$group",
        document: {
          $0.append(
            "_id",
            document: {
              $0.append("s", "$subject"); $0.append("d", "$day")
            })
        })
    }
    let known = BSONDocument {
      $0.append("$match", document: { $0.append("subject", document: { $0.append("$exists", true) }) })
    }
    let order = BSONDocument { $0.append("$sort", document: { $0.append("_id", Int32(1)) }) }
    for name in [CollectionName.events, CollectionName.orders, CollectionName.interactions] {
      try storing {
        try database.collection(name).aggregate([known, group, order], deadline: deadline) { bytes in
          let document = BSONDocument(copying: bytes)
          if let id = document.document("_id"), let subject = id.string("s"), let day = id.int("d") {
            try body(SubjectDay(subject: subject, day: day))
          }
          return true
        }
      }
    }
  }

  /// Every pair of userId and anonymousId that some event carries.
  public func forEachAnonymousLink(deadline: Deadline, _ body: (_ userId: String, _ anonymousId: String) throws -> Void)
    throws(StoreError)
  {
    let both = BSONDocument {
      $0.append(
        "$match",
        document: {
          $0.append("anonymousId", document: { $0.append("$exists", true) })
          $0.append("userId", document: { $0.append("$exists", true) })
        })
    }
    let group = BSONDocument {
      $0.append(
        "$group",
        document: {
          $0.append(
            "_id",
            document: {
              $0.append("u", "$userId"); $0.append("a", "$anonymousId")
            })
        })
    }
    try storing {
      try database.collection(CollectionName.events).aggregate([both, group], deadline: deadline) { bytes in
        let document = BSONDocument(copying: bytes)
        if let id = document.document("_id"), let user = id.string("u"), let anonymous = id.string("a") {
          try body(user, anonymous)
        }
        return true
      }
    }
  }
}
