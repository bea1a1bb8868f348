import BSON

/// An order or an interaction as it is shown.
struct SourceEntry {
  let id: String
  let time: BSONDate
  let stored: BSONDocument

  /// Reads what is stored; nil without an id or a time in `field`.
  init?(_ stored: BSONDocument, dated field: String) {
    guard let id = stored.string("_id"), let time = stored.date(field) else { return nil }
    self.id = id
    self.time = time
    self.stored = stored
  }

  /// Without the fields that serve the service alone: `orderId` says what `_id` says, and an interaction's own subject, which the service's
  /// would hide, is stored as `topic`.
  var document: BSONDocument {
    BSONDocument { writer in
      for element in stored where !Self.hiddenFields.contains(where: { element.keyEquals($0) }) {
        if element.keyEquals("topic") { writer.append("subject", valueOf: element) } else { writer.append(element) }
      }
    }
  }

  private static let hiddenFields = ["_id", "subject", "day", "version", "contentHash", "searchKeys"]
}
