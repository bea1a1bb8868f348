import BSON
import Store

extension Canonicalizer {
  /// The canonical event: what the service knows of it first, then what its publisher said.
  mutating func event(groupedAs group: String?) throws(Fault) -> ValidItem {
    let slots = EventSlots.shared
    let givenId = try givenId(slots)
    currentId = givenId
    let timestamp = try eventTimestamp(slots)
    guard timestamp.millisecondsSince1970 &- receivedAt.millisecondsSince1970 <= IngestLimits.aheadMillisecondsMax
    else { throw Fault(.timestampInFuture, "eventTimestamp") }
    let subject = try subject(slots.subject)
    if !isTextual {
      guard fields.slots[slots.eventName] != nil else { throw Fault(.required, "eventName") }
      guard subject != nil else { throw Fault(.identifierMissing, "userId") }
    }
    let givenEventId = try id(in: slots.eventId)

    // An event without an id is known by its content, whatever the order of its names.
    let known: String
    if let givenId {
      known = givenId
    } else {
      var content = BSONWriter(reservingCapacity: 512)
      try appendBody(slots, timestamp, to: &content)
      known = "evt_" + Digest.hexadecimal(Digest.sha256(content.finish().bytes).prefix(16))
    }

    var event = BSONWriter(reservingCapacity: 512)
    event.append("_id", known)
    event.append("eventId", givenEventId ?? group ?? known)
    event.append("day", CivilDay(of: timestamp).yyyymmdd)
    if let subject { event.append("subject", subject.key) }
    event.append("receivedAt", receivedAt)
    if fields.slots[slots.traffic] == nil, !isTextual, let traffic = Traffic(fields) {
      event.append("traffic", traffic.rawValue)
    }
    try appendBody(slots, timestamp, to: &event)
    return ValidItem(id: known, document: event.finish(), updatedAt: nil)
  }

  /// What the publisher said of the event.
  private func appendBody(
    _ slots: EventSlots, _ timestamp: BSONDate, to event: inout BSONWriter
  ) throws(Fault) {
    event.append("eventTimestamp", timestamp)
    try appendFields(from: slots.firstOfBody, to: &event)
  }

  /// The first of `_id`, `eventId` and `messageId` that was given; a `messageId` that is not needed stays as data.
  private mutating func givenId(_ slots: EventSlots) throws(Fault) -> String? {
    for slot in [slots.id, slots.eventId, slots.messageId] where fields.slots[slot] != nil {
      let id = try requiredId(in: slot)
      if slot != slots.messageId { fields.demote(slots.messageId) }
      return id
    }
    if isTextual { throw Fault(.required, "_id") }
    return nil
  }

  /// When the event happened: as it says; for rows at least on which day it says, or else when it came.
  private func eventTimestamp(_ slots: EventSlots) throws(Fault) -> BSONDate {
    if let timestamp = try moment(in: slots.eventTimestamp) { return timestamp }
    guard isTextual else { throw Fault(.required, "eventTimestamp") }
    guard let day = try moment(in: slots.eventDate) else { return receivedAt }
    return CivilDay(of: day).midnight
  }
}

/// Where the event schema has the fields that are read apart.
struct EventSlots: Sendable {
  let id: Int
  let eventId: Int
  let messageId: Int
  let eventName: Int
  let eventTimestamp: Int
  let eventDate: Int
  let traffic: Int
  let subject: SubjectSlots
  /// The fields before this one are written apart.
  let firstOfBody: Int

  static let shared = EventSlots(.event)

  private init(_ schema: Schema) {
    id = schema.slot("_id")
    eventId = schema.slot("eventId")
    messageId = schema.slot("messageId")
    eventName = schema.slot("eventName")
    eventTimestamp = schema.slot("eventTimestamp")
    eventDate = schema.slot("eventDate")
    traffic = schema.slot("traffic")
    subject = SubjectSlots(schema)
    firstOfBody = eventTimestamp + 1
  }
}
