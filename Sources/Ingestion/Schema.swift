import BSON

/// What a field of one value must hold, and how it is stored. Without references: the hot loop copies it.
enum ScalarKind: Sendable {
  /// Text or an integer, stored as text of 1 to 512 bytes without NUL. Empty text counts as absent.
  case id
  /// The same, but not empty where it is given.
  case name
  /// The name of a source system: 1 to 64 of `A-Z a-z 0-9 _ . -`.
  case sourceName
  /// Text without NUL, stored as it is.
  case text
  /// Text or an integer as people write e-mail addresses and telephone numbers; bounded, stored as text.
  case contact
  /// A moment in any spelling of Timestamp.swift, stored as a date.
  case timestamp
  /// A day or a moment in any spelling, stored as the text that was given.
  case dayText
  /// `yyyy-MM-dd`, stored as it is.
  case date
  /// A finite number within bounds, stored as a double.
  case amount(ClosedRange<Double>)
  /// A finite number from 0, stored as an integer where it is one.
  case quantity
  /// A whole number within bounds.
  case integer(ClosedRange<Int64>)
  /// True or false.
  case flag
  /// Three letters, stored as capitals.
  case currency
}

/// What a field must hold, and how it is stored.
enum FieldKind: Sendable {
  /// One value.
  case scalar(ScalarKind)
  /// One of a few words.
  case choice([String])
  /// An object of known fields; others of its fields are kept beside them.
  case object(Schema)
  /// An object of booleans.
  case flags
  /// A list of objects of known fields; others of their fields are kept beside them.
  case list(Schema)
  /// A list of anything.
  case values
  /// An object of anything, with any names.
  case freeForm
}

extension FieldKind {
  static let id = FieldKind.scalar(.id)
  static let name = FieldKind.scalar(.name)
  static let sourceName = FieldKind.scalar(.sourceName)
  static let text = FieldKind.scalar(.text)
  static let contact = FieldKind.scalar(.contact)
  static let timestamp = FieldKind.scalar(.timestamp)
  static let dayText = FieldKind.scalar(.dayText)
  static let date = FieldKind.scalar(.date)
  static let quantity = FieldKind.scalar(.quantity)
  static let flag = FieldKind.scalar(.flag)
  static let currency = FieldKind.scalar(.currency)
  static func amount(_ bounds: ClosedRange<Double>) -> FieldKind { .scalar(.amount(bounds)) }
  static func integer(_ bounds: ClosedRange<Int64>) -> FieldKind { .scalar(.integer(bounds)) }
}

/// One field of a canonical document.
final class Field: Sendable {
  let name: String
  /// Other names under which it is taken, the first one preferred.
  let aliases: [String]
  let kind: FieldKind
  let isRequired: Bool
  /// What an absent field stands for.
  let defaultText: String?

  init(
    _ name: String, _ kind: FieldKind, aliases: [String] = [], required: Bool = false,
    default defaultText: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.aliases = aliases
    isRequired = required
    self.defaultText = defaultText
  }
}

/// The fields of one kind of document in their canonical order, and a fast way from a name to its field.
final class Schema: Sendable {
  let fields: [Field]
  /// The free-form field that takes top-level fields the schema does not know. Nil: they stay where they are.
  let extrasField: String?
  /// Position of `extrasField`.
  let extrasSlot: Int?
  /// Names that belong to the collection and are dropped from input.
  let ignored: Set<String>

  /// For each field whether it says something that it was not given, as bits by slot.
  let absenceMask: UInt64

  /// The bytes of all names, one after the other: entries without references are looked at without counting any.
  let names: [UInt8]
  /// The fields as the hot loop sees them, by slot.
  let scalars: [ScalarField]

  private let table: [Entry]
  private let mask: Int

  private struct Entry: Sendable {
    var start = 0
    var count = 0
    var slot = -2
    var rank = 0
  }

  /// A field without references: where its name lies among `names`, and its kind if it is one value.
  struct ScalarField: Sendable {
    let name: Range<Int>
    let kind: ScalarKind?
  }

  /// Where a name leads.
  enum Match: Equatable {
    /// A field; `rank` is 0 for its own name and grows with its aliases.
    case field(slot: Int, rank: Int)
    case ignored
    case unknown
  }

  init(_ fields: [Field], extrasIn extrasField: String? = nil, ignoring ignored: Set<String> = []) {
    self.fields = fields
    self.extrasField = extrasField
    self.ignored = ignored
    precondition(fields.count <= 64, "a bit for each field")
    absenceMask = fields.enumerated().reduce(0) { mask, field in
      field.element.isRequired || field.element.defaultText != nil ? mask | 1 << UInt64(field.offset) : mask
    }
    extrasSlot = extrasField.flatMap { name in fields.firstIndex { $0.name == name } }
    var names: [UInt8] = []
    var entries: [Entry] = []
    func add(_ name: String, slot: Int, rank: Int) {
      entries.append(Entry(start: names.count, count: name.utf8.count, slot: slot, rank: rank))
      names += name.utf8
    }
    for name in ignored { add(name, slot: -1, rank: 0) }
    for (slot, field) in fields.enumerated() {
      for (rank, name) in ([field.name] + field.aliases).enumerated() { add(name, slot: slot, rank: rank) }
    }
    // A quarter full at most: most names meet no other on their way.
    var size = 16
    while size < entries.count * 4 { size *= 2 }
    mask = size - 1
    var table = [Entry](repeating: Entry(), count: size)
    for entry in entries {
      let name = Array(names[entry.start..<entry.start + entry.count])
      var place = Schema.hash(name.span) & mask
      while table[place].count > 0 { place = (place + 1) & mask }
      table[place] = entry
    }
    self.table = table
    self.names = names
    scalars = fields.enumerated().map { slot, field in
      let start = entries.first { $0.slot == slot && $0.rank == 0 }?.start ?? 0
      let kind: ScalarKind? = if case .scalar(let kind) = field.kind { kind } else { nil }
      return ScalarField(name: start..<start + field.name.utf8.count, kind: kind)
    }
  }

  /// The field of a name, in constant time for names of any length.
  func match(_ name: ArraySlice<UInt8>) -> Match { match(name.span) }

  /// The same for a name that lies elsewhere.
  func match(_ name: borrowing Span<UInt8>) -> Match {
    guard name.count > 0 else { return .unknown }
    // Held here, so that the spans do not outlive what they show.
    let (heldTable, heldNames) = (table, names)
    let table = heldTable.span
    let names = heldNames.span
    var place = Schema.hash(name) & mask
    while table[place].count > 0 {
      let entry = table[place]
      if entry.count == name.count, isSame(names.extracting(entry.start..<entry.start + entry.count), name) {
        return entry.slot < 0 ? .ignored : .field(slot: entry.slot, rank: entry.rank)
      }
      place = (place + 1) & mask
    }
    return .unknown
  }

  /// The position of a field that the schema is known to have.
  func slot(_ name: String) -> Int {
    guard let slot = fields.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("no field \(name) in the schema")
    }
    return slot
  }

  /// Length, ends and middle tell our names apart.
  private static func hash(_ name: borrowing Span<UInt8>) -> Int {
    let count = name.count
    var hash = UInt32(truncatingIfNeeded: count) &* 0x9E37_79B1
    hash = (hash ^ UInt32(name[0])) &* 0x85EB_CA6B
    hash = (hash ^ UInt32(name[count / 2])) &* 0xC2B2_AE35
    hash = (hash ^ UInt32(name[count - 1])) &* 0x27D4_EB2F
    return Int(hash ^ hash >> 15)
  }
}

/// Whether two runs of equal length hold the same bytes.
private func isSame(_ a: borrowing Span<UInt8>, _ b: borrowing Span<UInt8>) -> Bool {
  for index in 0..<a.count where a[index] != b[index] { return false }
  return true
}
