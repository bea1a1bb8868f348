import BSON
import Store

extension Canonicalizer {
  /// The canonical event: what the service knows of it first, then what its publisher said.
  mutating func event(
    _ input: borrowing Span<UInt8>, groupedAs group: [UInt8]?, to event: inout BSONWriter
  ) throws(Fault) -> ValidItem {
    let slots = EventSlots.shared
    let givenId = try givenId(slots, input)
    let timestamp = try eventTimestamp(slots, input)
    guard timestamp.millisecondsSince1970 &- receivedAt.millisecondsSince1970 <= IngestLimits.aheadMillisecondsMax
    else { throw Fault(.timestampInFuture, "eventTimestamp") }
    let subject = try subject(slots.subject, of: input)
    if !isTextual {
      guard fields.isFilled(slots.eventName) else { throw Fault(.required, "eventName") }
      guard subject != nil else { throw Fault(.identifierMissing, "userId") }
    }
    let givenEventId = try id(in: slots.eventId, of: input)
    let contentId = givenId == nil ? try contentId(slots, timestamp, input) : ""

    append("_id", givenId, else: contentId, of: input, to: &event)
    if givenEventId == nil, let group {
      event.append("eventId", text: group.span)
    } else {
      append("eventId", givenEventId ?? givenId, else: contentId, of: input, to: &event)
    }
    event.append("day", CivilDay(of: timestamp).yyyymmdd)
    if let subject { append(subject, of: input, to: &event) }
    event.append("receivedAt", receivedAt)
    if !isTextual, !fields.isFilled(slots.traffic), let traffic = Traffic(fields, of: input) {
      event.append("traffic", traffic.rawValue)
    }
    try appendBody(slots, timestamp, input, to: &event)
    return ValidItem(document: event.takeDocument())
  }

  private func append(
    _ key: String, _ id: GivenId?, else text: String, of input: borrowing Span<UInt8>, to event: inout BSONWriter
  ) {
    switch id {
    case .text(let place): event.append(key, text: input.extracting(place))
    case .number(let number): event.append(key, String(number))
    case nil: event.append(key, text)
    }
  }

  /// What the publisher said of the event.
  private func appendBody(
    _ slots: EventSlots, _ timestamp: BSONDate, _ input: borrowing Span<UInt8>, to event: inout BSONWriter
  ) throws(Fault) {
    event.append("eventTimestamp", timestamp)
    try appendFields(from: slots.firstOfBody, of: input, to: &event)
  }

  /// An event without an id is known by its content, whatever the order of its names.
  private func contentId(
    _ slots: EventSlots, _ timestamp: BSONDate, _ input: borrowing Span<UInt8>
  ) throws(Fault) -> String {
    var content = BSONWriter(reservingCapacity: 512)
    try appendBody(slots, timestamp, input, to: &content)
    return "evt_" + Digest.hexadecimal(Digest.sha256(content.finish().bytes).prefix(16))
  }

  /// The first of `_id`, `eventId` and `messageId` that was given; a `messageId` that is not needed stays as data.
  private mutating func givenId(_ slots: EventSlots, _ input: borrowing Span<UInt8>) throws(Fault) -> GivenId? {
    for slot in [slots.id, slots.eventId, slots.messageId] where fields.isFilled(slot) {
      guard let id = try id(in: slot, of: input) else { throw Fault(.emptyId, fields.schema.fields[slot].name) }
      currentIdSlot = slot
      if slot != slots.messageId { fields.demote(slots.messageId, of: input) }
      return id
    }
    if isTextual { throw Fault(.required, "_id") }
    return nil
  }

  /// When the event happened: as it says; for rows at least on which day it says, or else when it came.
  private func eventTimestamp(_ slots: EventSlots, _ input: borrowing Span<UInt8>) throws(Fault) -> BSONDate {
    if let timestamp = try moment(in: slots.eventTimestamp, of: input) { return timestamp }
    guard isTextual else { throw Fault(.required, "eventTimestamp") }
    guard let day = try moment(in: slots.eventDate, of: input) else { return receivedAt }
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
