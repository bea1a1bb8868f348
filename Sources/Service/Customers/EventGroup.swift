import BSON

/// One event as it is stored: a document of its own, or the rows of the 16-column form that belong together.
struct EventGroup {
  /// What all rows share.
  let eventId: String
  let time: BSONDate
  private(set) var rows: [BSONDocument]
  /// Whether there are more rows than `rowsMax`.
  private(set) var isTruncated = false

  /// Rows of one event that are shown at the most.
  static let rowsMax = 10_000

  init?(_ row: BSONDocument) {
    guard let eventId = row.string("eventId"), let time = row.date("eventTimestamp") else { return nil }
    self.eventId = eventId
    self.time = time
    rows = [row]
  }

  /// Takes a further row in; false when it belongs to another event.
  mutating func take(_ row: BSONDocument) -> Bool {
    guard row.date("eventTimestamp") == time, row.string("eventId")?.utf8.elementsEqual(eventId.utf8) == true else {
      return false
    }
    if rows.count < Self.rowsMax { rows.append(row) } else { isTruncated = true }
    return true
  }

  /// Fields that serve the service alone.
  private static let hiddenFields = ["_id", "subject", "day", "version", "contentHash", "searchKeys"]
  /// Fields of a row that are the event's own; the others are its item's.
  private static let eventFields: Set<String> = [
    "eventId", "eventName", "eventTimestamp", "eventDate", "sessionId", "userId", "anonymousId", "loyaltyId", "email",
    "phone", "engagementTimeMsec", "uniqueItems", "orderId", "source", "receivedAt",
  ]

  /// The event as it is shown: as it came, or with one element of `items` a row.
  var document: BSONDocument {
    let first = rows[0]
    let isPlain = rows.count == 1 && first.string("_id")?.utf8.elementsEqual(eventId.utf8) == true
    return BSONDocument { writer in
      for element in first where !Self.hiddenFields.contains(where: { element.keyEquals($0) }) {
        if isPlain || Self.eventFields.contains(element.key) { writer.append(element) }
      }
      guard !isPlain else { return }
      writer.append("items", array: { items in for row in rows { items.append(Self.item(of: row)) } })
      if isTruncated { writer.append("itemsTruncated", true) }
    }
  }

  private static func item(of row: BSONDocument) -> BSONDocument {
    BSONDocument { writer in
      for element in row {
        if element.keyEquals("_id") { writer.append(element) }
        let isItems = !hiddenFields.contains { element.keyEquals($0) } && !eventFields.contains(element.key)
        if isItems { writer.append(element) }
      }
    }
  }
}
