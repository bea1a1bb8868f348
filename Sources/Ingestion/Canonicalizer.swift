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
  public var id: String { key ?? document.string("_id") ?? "" }
  /// The id of the kinds kept by version; nil for events, whose document has it.
  private let key: String?
  /// The fields in their canonical order and types; with `_id` for events, without for the kinds kept by version.
  public let document: BSONDocument
  /// The source's own time of change, for the kinds kept by version.
  public let updatedAt: BSONDate?
  /// Fields that came with this delivery and not from the source; the same item delivered again is the same without them.
  public var incidentalFields: [String] = []

  init(key: String? = nil, document: BSONDocument, updatedAt: BSONDate? = nil) {
    self.key = key
    self.document = document
    self.updatedAt = updatedAt
  }
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
  /// The id of the item at work as soon as it is known, for its rejection; of events the field that gives it.
  var currentId: String?
  var currentIdSlot: Int?
  var mood = Mood()

  init(_ kind: IngestKind, region: PhoneRegion, receivedAt: BSONDate, isTextual: Bool = false) {
    self.kind = kind
    self.region = region
    self.receivedAt = receivedAt
    self.isTextual = isTextual
    writer = FieldWriter(isTextual: isTextual)
    fields = ItemFields(kind.schema)
  }

  /// The canonical form of one input object.
  mutating func item(_ document: BSONDocument, at index: Int) -> DecodedItem {
    var output = BSONWriter(reservingCapacity: 512)
    return document.withBytes { item($0, at: index, using: &output) }
  }

  /// The canonical form of the input object that these bytes are. What `output` holds is overwritten: its memory serves
  /// one item after the other. A decoder of rows knows where their fields lie, and the text of the id of the event to which
  /// several of them belong.
  mutating func item(
    _ input: borrowing Span<UInt8>, matched: [MatchedField]? = nil, at index: Int, eventId: [UInt8]? = nil,
    using output: inout BSONWriter
  ) -> DecodedItem {
    currentId = nil
    currentIdSlot = nil
    do throws(Fault) {
      if let matched { try fields.read(matched, of: input) } else { try fields.read(input) }
      output.restart()
      let item =
        switch kind {
        case .events: try event(input, groupedAs: eventId, to: &output)
        case .customers: try customer(input, to: &output)
        case .products: try product(input, to: &output)
        case .orders: try order(input, to: &output)
        case .ratings: try rating(input, to: &output)
        case .interactions: try interaction(input, to: &output)
        }
      guard item.document.byteCount <= IngestLimits.documentBytesMax else { throw Fault(.documentTooLarge, "") }
      return .valid(item)
    } catch {
      let field = error.field.isEmpty ? nil : fields.givenName(of: error.field, in: input)
      if let currentIdSlot { currentId = (try? id(in: currentIdSlot, of: input))?.string(in: input) }
      return .rejected(Rejection(index: index, id: currentId, code: error.code.rawValue, field: field))
    }
  }

  /// Writes every field from `first` on that was given, and the extras where they belong.
  func appendFields(
    from first: Int = 0, of input: borrowing Span<UInt8>, to document: inout BSONWriter
  ) throws(Fault) {
    let schema = fields.schema
    let here = ~UInt64(0) << UInt64(first)
    for slot in BitPlaces((fields.filled | schema.absenceMask) & here) where slot != schema.extrasSlot {
      if fields.isFilled(slot) {
        try writer.append(slot, of: fields, in: input, to: &document)
      } else {
        try appendAbsent(schema.fields[slot], to: &document)
      }
    }
    try appendExtras(of: input, to: &document)
  }

  /// What becomes of a field that was not given: its default, or a fault.
  private func appendAbsent(_ field: Field, to document: inout BSONWriter) throws(Fault) {
    if field.isRequired { throw Fault(.required, field.name) }
    if let text = field.defaultText { document.append(field.name, text) }
  }

  /// Writes what was given under the free-form field, and what the schema does not know beside it. Of two equal names
  /// the one given there counts.
  private func appendExtras(of input: borrowing Span<UInt8>, to document: inout BSONWriter) throws(Fault) {
    guard let slot = fields.schema.extrasSlot, fields.isFilled(slot) || !fields.extras.isEmpty else { return }
    let name = fields.schema.fields[slot].name
    var given: [BSONElement] = []
    if let element = fields.element(in: slot, of: input) { given = Array(try writer.freeForm(element, name)) }
    for extra in fields.extras where !isFreeFormName(extra.keyBytes) { try checkNames(in: extra) }
    let all =
      fields.extras.isEmpty
      ? given
      : given.isEmpty ? fields.extras : merged(given.sorted(by: precedes), fields.extras.sorted(by: precedes))
    if !all.isEmpty { document.append(name, document: { inner in appendSorted(all, to: &inner) }) }
  }

  /// The id in a field that was given and is not empty.
  func id(in slot: Int, of input: borrowing Span<UInt8>) throws(Fault) -> GivenId? {
    guard let given = fields[slot] else { return nil }
    do throws(FaultCode) {
      return try writer.id(of: given, in: input)
    } catch {
      throw Fault(error, fields.schema.fields[slot].name)
    }
  }

  /// The text of an id field that must be there.
  func requiredId(in slot: Int, of input: borrowing Span<UInt8>) throws(Fault) -> String {
    guard fields.isFilled(slot) else { throw Fault(.required, fields.schema.fields[slot].name) }
    guard let id = try id(in: slot, of: input) else { throw Fault(.emptyId, fields.schema.fields[slot].name) }
    return id.string(in: input)
  }

  /// The moment in a timestamp field, if it was given.
  func moment(in slot: Int, of input: borrowing Span<UInt8>) throws(Fault) -> BSONDate? {
    guard let given = fields[slot] else { return nil }
    do throws(FaultCode) {
      return try writer.moment(of: given, in: input)
    } catch {
      throw Fault(error, fields.schema.fields[slot].name)
    }
  }

  /// The strongest identifier among those given: the one that says most surely who it was. A placeholder is none, nor
  /// is an address or a number that cannot be normalized.
  func subject(_ slots: SubjectSlots, of input: borrowing Span<UInt8>) throws(Fault) -> Subject? {
    for (slot, type) in slots.strongestFirst {
      guard let id = try id(in: slot, of: input) else { continue }
      switch (id, type) {
      case (.text(let place), .user), (.text(let place), .loyalty), (.text(let place), .anonymous):
        // An id is short enough and has no NUL: what is no placeholder is an identifier as it stands.
        if !Identifier.isBlocked(input.extracting(place)) { return .asGiven(type, place) }
      default:
        if let identifier = Identifier(type, id.string(in: input), region: region) { return .normalized(identifier) }
      }
    }
    return nil
  }

  /// Writes whom an item belongs to.
  func append(_ subject: Subject, of input: borrowing Span<UInt8>, to document: inout BSONWriter) {
    switch subject {
    case .asGiven(let type, let place):
      document.append("subject", prefix: type.keyPrefix, text: input.extracting(place))
    case .normalized(let identifier):
      document.append("subject", identifier.key)
    }
  }
}

/// Whom an item belongs to.
enum Subject {
  /// The identifier whose value lies there.
  case asGiven(IdentifierType, Range<Int>)
  case normalized(Identifier)
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
