import BSON
import Store

// The kinds that are kept by version. Their ids are made of the source's own fields; `_id` in input sets nothing.

extension Canonicalizer {
  mutating func customer() throws(Fault) -> ValidItem {
    let slots = RecordSlots.customer
    let source = try requiredId(in: slots.ids[0])
    let sourceId = try requiredId(in: slots.ids[1])
    // A source has no slash in its name, so that the first one ends it.
    let id = IngestKind.customers.storedId([source, sourceId])
    currentId = id
    guard id.utf8.count <= IngestLimits.idBytesMax else { throw Fault(.tooLong, "sourceId") }
    return try item(id, updatedAt: moment(in: slots.updatedAt))
  }

  mutating func product() throws(Fault) -> ValidItem {
    let slots = RecordSlots.product
    let id = try requiredId(in: slots.ids[0])
    currentId = id
    return try item(id, updatedAt: moment(in: slots.updatedAt))
  }

  mutating func rating() throws(Fault) -> ValidItem {
    let slots = RecordSlots.rating
    let id = IngestKind.ratings.storedId([try requiredId(in: slots.ids[0]), try requiredId(in: slots.ids[1])])
    currentId = id
    let at = try moment(in: slots.at)
    let updatedAt = try moment(in: slots.updatedAt)
    return try item(id, updatedAt: updatedAt ?? at)
  }

  mutating func order() throws(Fault) -> ValidItem {
    let slots = RecordSlots.order
    let id = try requiredId(in: slots.ids[0])
    currentId = id
    guard let orderDate = try moment(in: slots.at) else { throw Fault(.required, "orderDate") }
    let subject = try subject(slots.subject)
    return try item(id, updatedAt: moment(in: slots.updatedAt)) { document in
      document.append("day", CivilDay(of: orderDate).yyyymmdd)
      if let subject { document.append("subject", subject.key) }
    }
  }

  mutating func interaction() throws(Fault) -> ValidItem {
    let slots = RecordSlots.interaction
    let id = try requiredId(in: slots.ids[0])
    currentId = id
    guard let at = try moment(in: slots.at) else { throw Fault(.required, "at") }
    guard at.millisecondsSince1970 &- receivedAt.millisecondsSince1970 <= IngestLimits.aheadMillisecondsMax
    else { throw Fault(.timestampInFuture, "at") }
    var subject = try subject(slots.subject)
    if subject == nil { subject = try correspondent(isOutbound: isOutbound) }
    return try item(id, updatedAt: moment(in: slots.updatedAt)) { document in
      document.append("day", CivilDay(of: at).yyyymmdd)
      if let subject { document.append("subject", subject.key) }
    }
  }

  private var isOutbound: Bool {
    fields.slots[Schema.interaction.slot("direction")]?.value.stringValue == "outbound"
  }

  /// The customer at the other end: who wrote or called, of outbound interactions whom it went to.
  private func correspondent(isOutbound: Bool) throws(Fault) -> Identifier? {
    guard let text = try id(in: Schema.interaction.slot(isOutbound ? "to" : "from")) else { return nil }
    return Identifier(text.utf8.contains(UInt8(ascii: "@")) ? .email : .phone, text, region: region)
  }

  private func item(_ id: String, updatedAt: BSONDate?, head: (inout BSONWriter) -> Void = { _ in }) throws(Fault)
    -> ValidItem
  {
    var content = BSONWriter(reservingCapacity: 512)
    head(&content)
    try appendFields(to: &content)
    return ValidItem(id: id, document: content.finish(), updatedAt: updatedAt)
  }
}

/// Where a schema of records has the fields that are read apart.
struct RecordSlots: Sendable {
  /// The fields that make the id.
  let ids: [Int]
  let updatedAt: Int
  /// The record's own time.
  let at: Int
  let subject: SubjectSlots

  static let customer = RecordSlots(.customer, ids: ["source", "sourceId"], at: "updatedAt")
  static let product = RecordSlots(.product, ids: ["productId"], at: "updatedAt")
  static let order = RecordSlots(.order, ids: ["orderId"], at: "orderDate", hasSubject: true)
  static let interaction = RecordSlots(.interaction, ids: ["interactionId"], at: "at", hasSubject: true)
  static let rating = RecordSlots(.rating, ids: ["userId", "productId"], at: "at")

  private init(_ schema: Schema, ids: [String], at: String, hasSubject: Bool = false) {
    self.ids = ids.map(schema.slot)
    updatedAt = schema.slot("updatedAt")
    self.at = schema.slot(at)
    subject = hasSubject ? SubjectSlots(schema) : SubjectSlots()
  }
}
