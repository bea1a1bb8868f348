import BSON

/// Where the elements of one input object lie, each under the field it stands for. Made once and filled again for every
/// object; the object's bytes are handed to each call, and nothing is copied of them but the extras.
struct ItemFields {
  let schema: Schema
  /// What the schema does not know.
  private(set) var extras: [BSONElement] = []
  /// Which slots are filled, as bits: few of an item's fields are. JSON's null counts as not given.
  private(set) var filled: UInt64 = 0
  private var places: [BSONScan.Field?]
  private var ranks: [Int]

  init(_ schema: Schema) {
    self.schema = schema
    places = Array(repeating: nil, count: schema.fields.count)
    ranks = Array(repeating: 0, count: schema.fields.count)
  }

  /// Where the element given for a field of the schema lies.
  subscript(slot: Int) -> BSONScan.Field? { isFilled(slot) ? places[slot] : nil }

  /// A copy of the element given for a field of the schema.
  func element(in slot: Int, of input: borrowing Span<UInt8>) -> BSONElement? {
    self[slot].map { BSONScan.copy(of: $0, in: input) }
  }

  /// Whether a field was given.
  func isFilled(_ slot: Int) -> Bool { filled & 1 << UInt64(slot) != 0 }

  /// Sorts the elements of a document into fields and extras. Extras must have names that a document may have.
  mutating func read(_ input: borrowing Span<UInt8>) throws(Fault) {
    restart()
    var position = 4
    while let element = BSONScan.field(at: position, of: 0..<input.count, in: input) {
      position = element.value.upperBound
      try take(element, as: schema.match(input.extracting(element.key)), of: input)
    }
  }

  /// The same for a document whose elements are known: where they lie, in their order, and where their names lead.
  mutating func read(_ elements: [MatchedField], of input: borrowing Span<UInt8>) throws(Fault) {
    restart()
    for element in elements { try take(element.field, as: element.match, of: input) }
  }

  private mutating func restart() {
    filled = 0
    if !extras.isEmpty { extras.removeAll(keepingCapacity: true) }
  }

  @inline(__always)
  private mutating func take(
    _ element: BSONScan.Field, as match: Schema.Match, of input: borrowing Span<UInt8>
  ) throws(Fault) {
    switch match {
    case .field(let slot, let rank):
      if element.type == .null { return }
      if let earlier = self[slot] {
        // Two spellings of one field: the canonical one counts, the other is kept as data.
        let isBetter = rank < ranks[slot]
        extras.append(BSONScan.copy(of: isBetter ? earlier : element, in: input))
        if !isBetter { return }
      }
      places[slot] = element
      filled |= 1 << UInt64(slot)
      ranks[slot] = rank
    case .ignored:
      return
    case .unknown:
      let extra = BSONScan.copy(of: element, in: input)
      if isOperatorOrPath(input.extracting(element.key)) { throw Fault(.keyNotAllowed, extra.key) }
      if element.type != .null { extras.append(extra) }
    }
  }

  /// The name under which a field was given, for messages: its own or one of its aliases.
  func givenName(of field: String, in input: borrowing Span<UInt8>) -> String {
    guard let slot = schema.fields.firstIndex(where: { $0.name == field }), !schema.fields[slot].aliases.isEmpty,
      let element = element(in: slot, of: input)
    else { return field }
    return element.key
  }

  /// Treats a field as one that the schema does not know.
  mutating func demote(_ slot: Int, of input: borrowing Span<UInt8>) {
    guard let element = element(in: slot, of: input) else { return }
    extras.append(element)
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
func isOperatorOrPath(_ name: ArraySlice<UInt8>) -> Bool { isOperatorOrPath(name.span) }

/// The same for a name that lies elsewhere.
func isOperatorOrPath(_ name: borrowing Span<UInt8>) -> Bool {
  for index in 0..<name.count {
    if name[index] == UInt8(ascii: ".") { return true }
    if index == 0, name[index] == UInt8(ascii: "$") { return true }
  }
  return false
}
