import BSON

/// The elements of one input object, each under the field it stands for. Made once and filled again for every object.
struct ItemFields {
  let schema: Schema
  /// The element given for each field of the schema; JSON's null counts as not given.
  private(set) var slots: [BSONElement?]
  /// What the schema does not know.
  private(set) var extras: [BSONElement] = []
  /// Which slots are filled, as bits: few of an item's fields are.
  private(set) var filled: UInt64 = 0
  private var ranks: [Int]

  init(_ schema: Schema) {
    self.schema = schema
    slots = Array(repeating: nil, count: schema.fields.count)
    ranks = Array(repeating: 0, count: schema.fields.count)
  }

  /// Sorts the elements of `document` into fields and extras. Extras must have names that a document may have.
  mutating func read(_ document: BSONDocument) throws(Fault) {
    for slot in BitPlaces(filled) { slots[slot] = nil }
    filled = 0
    extras.removeAll(keepingCapacity: true)
    for element in document {
      switch schema.match(element.keyBytes) {
      case .field(let slot, let rank):
        if element.type == .null { continue }
        if filled & 1 << UInt64(slot) != 0, let earlier = slots[slot] {
          // Two spellings of one field: the canonical one counts, the other is kept as data.
          let isBetter = rank < ranks[slot]
          extras.append(isBetter ? earlier : element)
          if !isBetter { continue }
        }
        slots[slot] = element
        filled |= 1 << UInt64(slot)
        ranks[slot] = rank
      case .ignored:
        continue
      case .unknown:
        if isOperatorOrPath(element.keyBytes) { throw Fault(.keyNotAllowed, element.key) }
        if element.type != .null { extras.append(element) }
      }
    }
  }

  /// The name under which a field was given, for messages: its own or one of its aliases.
  func givenName(of field: String) -> String {
    guard let slot = schema.fields.firstIndex(where: { $0.name == field }), !schema.fields[slot].aliases.isEmpty,
      let element = slots[slot]
    else { return field }
    return element.key
  }

  /// Treats a field as one that the schema does not know.
  mutating func demote(_ slot: Int) {
    guard let element = slots[slot] else { return }
    extras.append(element)
    slots[slot] = nil
    filled &= ~(1 << UInt64(slot))
  }
}

/// The places of the bits that are set, the lowest first.
struct BitPlaces: Sequence, IteratorProtocol {
  private var rest: UInt64

  init(_ bits: UInt64) { rest = bits }

  mutating func next() -> Int? {
    guard rest != 0 else { return nil }
    defer { rest &= rest &- 1 }
    return rest.trailingZeroBitCount
  }
}

/// Whether a name could be taken for an operator or a path where MongoDB reads names.
func isOperatorOrPath(_ name: ArraySlice<UInt8>) -> Bool {
  name.first == UInt8(ascii: "$") || name.contains(UInt8(ascii: "."))
}
