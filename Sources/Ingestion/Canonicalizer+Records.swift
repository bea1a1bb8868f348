import BSON
import Store

// The kinds that are kept by version. Their ids are made of the source's own fields; `_id` in input sets nothing.

extension Canonicalizer {
  mutating func customer(_ input: borrowing Span<UInt8>, to document: inout BSONWriter) throws(Fault) -> ValidItem {
    let slots = RecordSlots.customer
    let source = try requiredId(in: slots.ids[0], of: input)
    let sourceId = try requiredId(in: slots.ids[1], of: input)
    // A source has no slash in its name, so that the first one ends it.
    let id = IngestKind.customers.storedId([source, sourceId])
    currentId = id
    guard id.utf8.count <= IngestLimits.idBytesMax else { throw Fault(.tooLong, "sourceId") }
    let updatedAt = try moment(in: slots.updatedAt, of: input)
    return try item(id, updatedAt: updatedAt, input, &document)
  }

  mutating func product(_ input: borrowing Span<UInt8>, to document: inout BSONWriter) throws(Fault) -> ValidItem {
    let slots = RecordSlots.product
    let id = try requiredId(in: slots.ids[0], of: input)
    currentId = id
    let updatedAt = try moment(in: slots.updatedAt, of: input)
    return try item(id, updatedAt: updatedAt, input, &document)
  }

  mutating func rating(_ input: borrowing Span<UInt8>, to document: inout BSONWriter) throws(Fault) -> ValidItem {
    let slots = RecordSlots.rating
    let id = IngestKind.ratings.storedId([
      try requiredId(in: slots.ids[0], of: input), try requiredId(in: slots.ids[1], of: input),
    ])
    currentId = id
    let at = try moment(in: slots.at, of: input)
    let updatedAt = try moment(in: slots.updatedAt, of: input)
    return try item(id, updatedAt: updatedAt ?? at, input, &document)
  }

  mutating func order(_ input: borrowing Span<UInt8>, to document: inout BSONWriter) throws(Fault) -> ValidItem {
    let slots = RecordSlots.order
    let id = try requiredId(in: slots.ids[0], of: input)
    currentId = id
    guard let orderDate = try moment(in: slots.at, of: input) else { throw Fault(.required, "orderDate") }
    let subject = try subject(slots.subject, of: input)
    let updatedAt = try moment(in: slots.updatedAt, of: input)
    document.append("day", CivilDay(of: orderDate).yyyymmdd)
    if let subject { append(subject, of: input, to: &document) }
    return try item(id, updatedAt: updatedAt, input, &document)
  }

  mutating func interaction(_ input: borrowing Span<UInt8>, to document: inout BSONWriter) throws(Fault) -> ValidItem {
    let slots = RecordSlots.interaction
    let id = try requiredId(in: slots.ids[0], of: input)
    currentId = id
    guard let at = try moment(in: slots.at, of: input) else { throw Fault(.required, "at") }
    guard at.millisecondsSince1970 &- receivedAt.millisecondsSince1970 <= IngestLimits.aheadMillisecondsMax
    else { throw Fault(.timestampInFuture, "at") }
    var subject = try subject(slots.subject, of: input)
    if subject == nil { subject = try correspondent(input) }
    let updatedAt = try moment(in: slots.updatedAt, of: input)
    document.append("day", CivilDay(of: at).yyyymmdd)
    if let subject { append(subject, of: input, to: &document) }
    try appendFields(of: input, to: &document)
    guard let words = customersWords(input) else {
      return ValidItem(key: id, document: document.takeDocument(), updatedAt: updatedAt)
    }
    mood.append(of: words, to: &document)
    var item = ValidItem(key: id, document: document.takeDocument(), updatedAt: updatedAt)
    // What a later model makes of the same words is no other interaction.
    item.incidentalFields = ["sentiment"]
    return item
  }

  /// What the customer said, where nobody has said yet how it was meant. What we or a program wrote is not the customer's mood.
  private func customersWords(_ input: borrowing Span<UInt8>) -> String? {
    let schema = Schema.interaction
    guard !fields.isFilled(schema.slot("sentiment")),
      let text = fields.element(in: schema.slot("text"), of: input)?.value.stringValue, !text.isEmpty,
      fields.element(in: schema.slot("direction"), of: input)?.value.stringValue != "outbound",
      fields.element(in: schema.slot("attributes"), of: input)?.value.documentValue?.bool("automatic") != true
    else { return nil }
    return text
  }

  /// The customer at the other end: who wrote or called, of outbound interactions whom it went to.
  private func correspondent(_ input: borrowing Span<UInt8>) throws(Fault) -> Subject? {
    let schema = Schema.interaction
    let direction = fields.element(in: schema.slot("direction"), of: input)?.value.stringValue
    guard let id = try id(in: schema.slot(direction == "outbound" ? "to" : "from"), of: input) else { return nil }
    let text = id.string(in: input)
    let type: IdentifierType = text.utf8.contains(UInt8(ascii: "@")) ? .email : .phone
    return Identifier(type, text, region: region).map { .normalized($0) }
  }

  private func item(
    _ id: String, updatedAt: BSONDate?, _ input: borrowing Span<UInt8>, _ document: inout BSONWriter
  ) throws(Fault) -> ValidItem {
    try appendFields(of: input, to: &document)
    return ValidItem(key: id, document: document.takeDocument(), updatedAt: updatedAt)
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
