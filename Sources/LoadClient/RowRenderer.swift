import BSON
import CSV

/// A CSV row as the JSON object that the service wants: dotted columns become nested objects, known numbers become
/// numbers, empty cells are left out.
struct RowRenderer: Sendable {
  /// A header that cannot be followed.
  struct HeaderFault: Error, Equatable { var reason: String }
  /// A cell that cannot be sent.
  struct CellFault: Error, Equatable { var field: String }

  private struct Slot: Sendable {
    enum Source: Sendable {
      case column(Int)
      case constant([UInt8])
    }
    var field: String
    /// `"name":`
    var key: [UInt8]
    var source: Source
    var type: CellType
    /// Between the elements of a list.
    var separator: UInt8?
    /// By what a number is multiplied.
    var factor: Double?
    /// A list is written whole; else as its first element.
    var keepsList: Bool
  }

  let columnCount: Int
  /// The field for a derived id, when the rows have none.
  let derivedIdField: String?
  private var slots: [Slot] = []
  /// Objects inside: `"address":` and their slots.
  private var groups: [(key: [UInt8], slots: [Slot])] = []

  /// Follows a header, by a mapping if there is one.
  init(header: [String], kind: LoadKind, mapping: ColumnMapping?) throws(HeaderFault) {
    columnCount = header.count
    var seen: Set<String> = []
    for name in header where !name.isEmpty && !seen.insert(name).inserted {
      throw HeaderFault(reason: "the column \(name) occurs twice")
    }
    let columns = mapping.map { Set($0.targets.keys).union($0.separators.keys).union($0.scales.keys) } ?? []
    if let missing = columns.subtracting(header).min() {
      throw HeaderFault(reason: "the mapping names a column \(missing), which the file does not have")
    }
    var fields: Set<String> = []
    var slots: [(parent: String?, slot: Slot)] = []
    func add(
      _ field: String, _ source: Slot.Source, separator: UInt8? = nil, factor: Double? = nil
    ) throws(HeaderFault) {
      guard fields.insert(field).inserted else { throw HeaderFault(reason: "two columns fill \(field)") }
      let (parent, name) = Self.path(field, of: kind)
      let known = kind.cellType(ofField: field)
      let isNumber = mapping?.numbers.contains(field) == true
      var key: [UInt8] = []
      JSONEncoding.append(string: name, to: &key)
      key.append(UInt8(ascii: ":"))
      let slot = Slot(
        field: field, key: key, source: source, type: isNumber || factor != nil ? .number : known ?? .text,
        separator: separator,
        factor: factor, keepsList: parent != nil)
      slots.append((parent, slot))
    }
    for (index, name) in header.enumerated() where !name.isEmpty {
      let fallback = kind.cellType(ofField: name) != nil ? name : "\(kind.extrasField).\(name)"
      for field in mapping?.targets[name] ?? [fallback] {
        try add(
          field, .column(index), separator: mapping?.separators[name], factor: mapping?.scales[name])
      }
    }
    for (field, json) in mapping?.constants ?? [] { try add(field, .constant(json)) }
    derivedIdField = kind.derivedId.flatMap { id in id.unless.isDisjoint(with: fields) ? id.field : nil }
    for (parent, slot) in slots {
      guard let parent else {
        self.slots.append(slot)
        continue
      }
      if fields.contains(parent) { throw HeaderFault(reason: "both \(parent) and \(slot.field) are filled") }
      var key: [UInt8] = []
      JSONEncoding.append(string: parent, to: &key)
      key.append(UInt8(ascii: ":"))
      if let place = groups.firstIndex(where: { $0.key == key }) {
        groups[place].slots.append(slot)
      } else {
        groups.append((key, [slot]))
      }
    }
  }

  /// `address.city` is `city` inside `address`. Only objects have an inside; any other dot is part of a name.
  private static func path(_ field: String, of kind: LoadKind) -> (parent: String?, name: String) {
    let parts = field.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, kind.cellType(ofField: String(parts[0])) == .json else { return (nil, field) }
    return (String(parts[0]), String(parts[1]))
  }

  /// Appends the row's object, with `id` in the field for derived ids.
  func append(_ row: CSVRow, id: String?, to out: inout [UInt8]) throws(CellFault) {
    let start = out.count
    out.append(UInt8(ascii: "{"))
    if let id, let derivedIdField {
      JSONEncoding.append(string: derivedIdField, to: &out)
      out.append(UInt8(ascii: ":"))
      JSONEncoding.append(string: id, to: &out)
      out.append(UInt8(ascii: ","))
    }
    do throws(CellFault) {
      for slot in slots { try append(slot, of: row, to: &out) }
      for group in groups {
        let before = out.count
        out += group.key
        out.append(UInt8(ascii: "{"))
        let inside = out.count
        for slot in group.slots { try append(slot, of: row, to: &out) }
        if out.count == inside {
          out.removeSubrange(before...)
        } else {
          out[out.count - 1] = UInt8(ascii: "}")
          out.append(UInt8(ascii: ","))
        }
      }
    } catch {
      out.removeSubrange(start...)
      throw error
    }
    if out.count > start + 1 { out.removeLast() }
    out.append(UInt8(ascii: "}"))
  }

  private func append(_ slot: Slot, of row: CSVRow, to out: inout [UInt8]) throws(CellFault) {
    switch slot.source {
    case .constant(let json):
      out += slot.key
      out += json
    case .column(let index):
      guard !row.isEmpty(index) else { return }
      out += slot.key
      let cell = row[index]
      if let separator = slot.separator {
        try append(list: cell, by: separator, slot, to: &out)
      } else {
        try append(cell, slot, to: &out)
      }
    }
    out.append(UInt8(ascii: ","))
  }

  private func append(
    list cell: ArraySlice<UInt8>, by separator: UInt8, _ slot: Slot, to out: inout [UInt8]
  ) throws(CellFault) {
    let elements = cell.split(separator: separator)
    guard slot.keepsList else { return try append(elements.first ?? [], slot, to: &out) }
    out.append(UInt8(ascii: "["))
    for (place, element) in elements.enumerated() {
      if place > 0 { out.append(UInt8(ascii: ",")) }
      try append(element, slot, to: &out)
    }
    out.append(UInt8(ascii: "]"))
  }

  private func append(_ cell: ArraySlice<UInt8>, _ slot: Slot, to out: inout [UInt8]) throws(CellFault) {
    switch slot.type {
    case .text: break
    case .number:
      if let factor = slot.factor, let number = Double(String(decoding: trimmed(cell), as: UTF8.self)), number.isFinite
      {
        return JSONEncoding.append(value: .double(scaled(number, by: factor)), to: &out)
      }
      if appendNumber(cell, to: &out) { return }
    case .flag:
      if let flag = flag(cell) {
        out += flag ? "true".utf8 : "false".utf8
        return
      }
    case .json:
      let text = trimmed(cell)
      let opens = text.first == UInt8(ascii: "{") || text.first == UInt8(ascii: "[")
      if opens, (try? JSONDecoding.value(from: text.span)) != nil {
        // Well-formed JSON has line ends between its tokens only; a line of NDJSON has none at all.
        for byte in text { out.append(byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") ? 0x20 : byte) }
        return
      }
    }
    guard let text = String(validating: cell, as: UTF8.self) else { throw CellFault(field: slot.field) }
    JSONEncoding.append(string: text, to: &out)
  }
}
