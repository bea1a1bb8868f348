import BSON
import MongoDB

/// The click-stream: one document an event, or a row of an event in the 16-column form.
///
/// Documents are only inserted. `_id` is the id of the event or row, `eventId` joins the rows of one event,
/// `subject` is the key of the identifier it belongs to (absent when it has none), `day` its UTC day as yyyymmdd.
public struct EventCollection: Sendable {
  let collection: MongoCollection

  /// Inserts canonical events; the answer has one entry a document, in order.
  ///
  /// A second document with a stored `_id` is a duplicate, also inside one call. Returns after a majority-acknowledged,
  /// journaled write of every accepted one and a majority-confirmed presence of every duplicate.
  public func insert(_ documents: [BSONDocument], deadline: Deadline) throws(StoreError) -> [Acknowledgement] {
    guard !documents.isEmpty else { return [] }
    let result = try storing { try collection.insert(documents, deadline: deadline) }
    return acknowledgements(of: result, count: documents.count)
  }

  /// Every row of the given subjects in `days`, in the order of subject, time and event.
  public func forEachRow(
    ofSubjects subjects: [String], from first: BSONDate, until end: BSONDate, deadline: Deadline,
    _ body: (BSONDocument) -> Void
  ) throws(StoreError) {
    let filter = SubjectSpan(subjects: subjects, first: first, end: end).filter(time: "eventTimestamp")
    try storing {
      try collection.find(filter, FindOptions(sort: Self.subjectOrder), deadline: deadline) { row in
        body(BSONDocument(copying: row))
        return true
      }
    }
  }

  static let subjectOrder = BSONDocument {
    $0.append("subject", Int32(1))
    $0.append("eventTimestamp", Int32(-1))
    $0.append("eventId", Int32(-1))
  }

  static let indexes = [IndexDefinition(keys: subjectOrder)]
}

/// One entry a document from the answer of an unordered insert.
func acknowledgements(of result: InsertResult, count: Int) -> [Acknowledgement] {
  var answer = [Acknowledgement](repeating: .accepted, count: count)
  for failure in result.failures {
    answer[failure.index] = .rejected(code: failure.code == 10334 ? "document_too_large" : "not_stored")
  }
  for index in result.duplicateIndexes { answer[index] = .duplicate }
  return answer
}
