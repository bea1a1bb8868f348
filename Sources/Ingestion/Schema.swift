import BSON

/// What a field must hold, and how it is stored.
enum FieldKind: Sendable {
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

/// One field of a canonical document. A class: the hot loop passes it by reference.
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

  private let table: [Entry]
  private let mask: Int
  /// The bytes of all names, one after the other: entries without references are looked at without counting any.
  private let names: [UInt8]

  private struct Entry: Sendable {
    var start = 0
    var count = 0
    var slot = -2
    var rank = 0
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
      var place = Schema.hash(names[entry.start..<entry.start + entry.count]) & mask
      while table[place].count > 0 { place = (place + 1) & mask }
      table[place] = entry
    }
    self.table = table
    self.names = names
  }

  /// The field of a name, in constant time for names of any length.
  func match(_ name: ArraySlice<UInt8>) -> Match {
    guard !name.isEmpty else { return .unknown }
    var place = Schema.hash(name) & mask
    while table[place].count > 0 {
      let entry = table[place]
      if entry.count == name.count, isName(at: entry.start, name) {
        return entry.slot < 0 ? .ignored : .field(slot: entry.slot, rank: entry.rank)
      }
      place = (place + 1) & mask
    }
    return .unknown
  }

  private func isName(at start: Int, _ name: ArraySlice<UInt8>) -> Bool {
    var place = start
    for byte in name {
      if names[place] != byte { return false }
      place += 1
    }
    return true
  }

  /// The position of a field that the schema is known to have.
  func slot(_ name: String) -> Int {
    guard let slot = fields.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("no field \(name) in the schema")
    }
    return slot
  }

  /// Length, ends and middle tell our names apart.
  private static func hash(_ name: ArraySlice<UInt8>) -> Int {
    let first = name.startIndex
    let count = name.count
    var hash = UInt32(truncatingIfNeeded: count) &* 0x9E37_79B1
    hash = (hash ^ UInt32(name[first])) &* 0x85EB_CA6B
    hash = (hash ^ UInt32(name[first + count / 2])) &* 0xC2B2_AE35
    hash = (hash ^ UInt32(name[first + count - 1])) &* 0x27D4_EB2F
    return Int(hash ^ hash >> 15)
  }
}
