import BSON
import Store

/// One item of a batch after decoding.
public enum DecodedItem: Sendable {
  /// A canonical item, ready to be stored.
  case valid(ValidItem)
  /// An item that cannot be stored, and why.
  case rejected(Rejection)

  /// The item's id as far as it is known.
  public var id: String? {
    switch self {
    case .valid(let item): item.id
    case .rejected(let rejection): rejection.id
    }
  }
}

/// A canonical item.
public struct ValidItem: Sendable, Equatable {
  /// What it is stored under.
  public let id: String
  /// The fields in their canonical order and types; with `_id` for events, without for the kinds kept by version.
  public let document: BSONDocument
  /// The source's own time of change, for the kinds kept by version.
  public let updatedAt: BSONDate?
  /// Fields that came with this delivery and not from the source; the same item delivered again is the same without them.
  public var incidentalFields: [String] = []
}

/// Turns input objects of one kind into canonical documents: known fields in the order and the types of the schema,
/// everything else under `properties` or `attributes`. No clock, no database.
struct Canonicalizer {
  let kind: IngestKind
  /// Completes telephone numbers for `subject`.
  let region: PhoneRegion
  /// The clock.
  let receivedAt: BSONDate
  /// Items are CSV rows: numbers are text, and an event needs its `_id` only.
  let isTextual: Bool
  let writer: FieldWriter
  var fields: ItemFields
  /// The id of the item at work as soon as it is known, for its rejection.
  var currentId: String?

  init(_ kind: IngestKind, region: PhoneRegion, receivedAt: BSONDate, isTextual: Bool = false) {
    self.kind = kind
    self.region = region
    self.receivedAt = receivedAt
    self.isTextual = isTextual
    writer = FieldWriter(isTextual: isTextual)
    fields = ItemFields(kind.schema)
  }

  /// The canonical form of one input object. `eventId` is given by decoders that derive it from a group of rows.
  mutating func item(_ document: BSONDocument, at index: Int, eventId: String? = nil) -> DecodedItem {
    currentId = nil
    do throws(Fault) {
      try fields.read(document)
      let item =
        switch kind {
        case .events: try event(groupedAs: eventId)
        case .customers: try customer()
        case .products: try product()
        case .orders: try order()
        case .ratings: try rating()
        case .interactions: try interaction()
        }
      guard item.document.byteCount <= IngestLimits.documentBytesMax else { throw Fault(.documentTooLarge, "") }
      return .valid(item)
    } catch {
      let field = error.field.isEmpty ? nil : fields.givenName(of: error.field)
      return .rejected(Rejection(index: index, id: currentId, code: error.code.rawValue, field: field))
    }
  }

  /// Writes every field from `first` on that was given, and the extras where they belong.
  func appendFields(from first: Int = 0, to document: inout BSONWriter) throws(Fault) {
    let schema = fields.schema
    let here = ~UInt64(0) << UInt64(first)
    for slot in BitPlaces((fields.filled | schema.absenceMask) & here) where slot != schema.extrasSlot {
      if let element = fields.slots[slot] {
        try writer.append(element, as: schema.fields[slot], to: &document)
      } else {
        try appendAbsent(schema.fields[slot], to: &document)
      }
    }
    try appendExtras(to: &document)
  }

  /// What becomes of a field that was not given: its default, or a fault.
  private func appendAbsent(_ field: Field, to document: inout BSONWriter) throws(Fault) {
    if field.isRequired { throw Fault(.required, field.name) }
    if let text = field.defaultText { document.append(field.name, text) }
  }

  /// Writes what was given under the free-form field, and what the schema does not know beside it. Of two equal names
  /// the one given there counts.
  private func appendExtras(to document: inout BSONWriter) throws(Fault) {
    guard let slot = fields.schema.extrasSlot else { return }
    let name = fields.schema.fields[slot].name
    var given: [BSONElement] = []
    if let element = fields.slots[slot] { given = Array(try writer.freeForm(element, name)) }
    for extra in fields.extras where !isFreeFormName(extra.keyBytes) { try checkNames(in: extra) }
    let all =
      fields.extras.isEmpty
      ? given
      : given.isEmpty ? fields.extras : merged(given.sorted(by: precedes), fields.extras.sorted(by: precedes))
    if !all.isEmpty { document.append(name, document: { inner in appendSorted(all, to: &inner) }) }
  }

  /// The text of an id field that was given and is not empty.
  func id(in slot: Int) throws(Fault) -> String? {
    guard let element = fields.slots[slot] else { return nil }
    return try writer.idText(of: element, fields.schema.fields[slot].name)
  }

  /// The text of an id field that must be there.
  func requiredId(in slot: Int) throws(Fault) -> String {
    let name = fields.schema.fields[slot].name
    guard fields.slots[slot] != nil else { throw Fault(.required, name) }
    guard let id = try id(in: slot) else { throw Fault(.emptyId, name) }
    return id
  }

  /// The moment in a timestamp field, if it was given.
  func moment(in slot: Int) throws(Fault) -> BSONDate? {
    guard let element = fields.slots[slot] else { return nil }
    return try writer.moment(of: element, fields.schema.fields[slot].name)
  }

  /// The strongest identifier among those given: the one that says most surely who it was. A placeholder is none, nor
  /// is an address or a number that cannot be normalized.
  func subject(_ slots: SubjectSlots) throws(Fault) -> Identifier? {
    for (slot, type) in slots.strongestFirst {
      if let text = try id(in: slot), let identifier = Identifier(type, text, region: region) { return identifier }
    }
    return nil
  }
}

/// Where a schema has the fields that say whom an item is about.
struct SubjectSlots: Sendable {
  let strongestFirst: [(slot: Int, type: IdentifierType)]

  /// For schemas without such fields.
  init() { strongestFirst = [] }

  init(_ schema: Schema) {
    strongestFirst = [
      (schema.slot("userId"), .user), (schema.slot("loyaltyId"), .loyalty), (schema.slot("email"), .email),
      (schema.slot("phone"), .phone), (schema.slot("anonymousId"), .anonymous),
    ]
  }
}

/// Two sorted lists of elements as one; of two equal names that of the first list.
private func merged(_ first: [BSONElement], _ second: [BSONElement]) -> [BSONElement] {
  var all: [BSONElement] = []
  all.reserveCapacity(first.count + second.count)
  var position = 0
  for element in second {
    while position < first.count, precedes(first[position], element) {
      all.append(first[position])
      position += 1
    }
    if position == first.count || precedes(element, first[position]) { all.append(element) }
  }
  all.append(contentsOf: first[position...])
  return all
}

/// Fields of free form keep their names' freedom where they stand in another kind's item.
private func isFreeFormName(_ name: ArraySlice<UInt8>) -> Bool {
  name.elementsEqual("properties".utf8) || name.elementsEqual("attributes".utf8)
}
