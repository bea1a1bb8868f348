import BSON
import MongoDB

extension DeadLetter {
  /// A day of a subject that the projection fails on.
  public static func projection(subjectDay: SubjectDay, code: String) -> DeadLetter {
    DeadLetter(
      origin: .projection, kind: "subject_day", itemId: Rollup.id(subject: subjectDay.subject, day: subjectDay.day),
      code: code,
      context: BSONDocument {
        $0.append("subject", subjectDay.subject)
        $0.append("day", subjectDay.day)
      })
  }

  /// A customer record that the projection fails on.
  public static func projection(recordId: String, code: String) -> DeadLetter {
    DeadLetter(
      origin: .projection, kind: "record", itemId: recordId, code: code,
      context: BSONDocument { $0.append("recordId", recordId) })
  }

  /// A customer record that scored matching fails on. Its customer is not touched by that.
  public static func matching(recordId: String, code: String) -> DeadLetter {
    DeadLetter(
      origin: .matching, kind: "record", itemId: recordId, code: code,
      context: BSONDocument { $0.append("recordId", recordId) })
  }

  /// A merge or denial that the projection fails on. It stays listed, and can be taken back.
  public static func projection(decisionId: String, code: String) -> DeadLetter {
    DeadLetter(
      origin: .projection, kind: "decision", itemId: decisionId, code: code,
      context: BSONDocument { $0.append("decisionId", decisionId) })
  }

  /// A link between a user and an anonymous history that the projection fails on.
  public static func projection(userId: String, anonymousId: String, code: String) -> DeadLetter {
    DeadLetter(
      origin: .projection, kind: "link", itemId: userId + "/" + anonymousId, code: code,
      context: BSONDocument {
        $0.append("userId", userId)
        $0.append("anonymousId", anonymousId)
      })
  }
}

extension Store {
  /// Asks the projector to look at what a letter is about again. The request is a document that its feed brings to it.
  public func requestProjection(of letter: DeadLetter, at now: BSONDate, deadline: Deadline) throws(StoreError) {
    let request = BSONDocument {
      $0.append("_id", "\(letter.id)/\(now.millisecondsSince1970)")
      $0.append("at", now)
      $0.append(contentsOf: letter.context)
    }
    _ = try storing { try projectionRequests.insert([request], deadline: deadline).confirmed() }
  }

  /// Requests have been read long before they are removed.
  static let projectionRequestIndexes = [IndexDefinition(keys: ascending("at"), expireAfterSeconds: 86_400)]
}
