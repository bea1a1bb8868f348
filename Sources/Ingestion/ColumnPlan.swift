import BSON
import CSV

/// What the columns of a CSV body mean, and how a row becomes the object that the same item would be in JSON.
///
/// Names are looked up once, here: of a row's cells it is known which field of the schema they are.
final class ColumnPlan: Sendable {
  let columnCount: Int
  /// Columns that are fields of the object itself.
  private let top: [Column]
  /// Columns `address.city`: fields of an object inside.
  private let nested: [Group]
  /// The bytes of all columns' and groups' names, one after the other.
  private let names: [UInt8]
  /// The columns that tell one event from another (PRODUCT: the reference's rows regroup on these). Empty when rows name
  /// their event themselves, or are no events.
  let groupColumns: [Int?]

  /// A column without references: its index, where its name lies among `names`, and where that leads.
  private struct Column: Sendable {
    let index: Int
    let name: Range<Int>
    let match: Schema.Match
  }

  private struct Group: Sendable {
    let name: Range<Int>
    let match: Schema.Match
    let columns: [Column]
  }

  /// The reference's 16 columns in their order.
  static let eventColumns = ColumnPlan(names: Schema.eventColumns, of: .event)

  /// Whether a row names columns. A name that no item does without is enough; else more than half of the cells must be
  /// names.
  static func isHeader(_ row: CSVRow, of schema: Schema) -> Bool {
    var known = 0
    var filled = 0
    for index in 0..<row.count where !row.isEmpty(index) {
      filled += 1
      let name = withoutSpaces(row[index])
      let first = name.firstIndex(of: UInt8(ascii: ".")).map { name[..<$0] } ?? name
      guard case .field(let slot, _) = schema.match(first) else { continue }
      if schema.fields[slot].isRequired || idNames.contains(schema.fields[slot].name) { return true }
      known += 1
    }
    return known * 2 > filled
  }

  private static let idNames: Set<String> = ["_id", "eventId", "messageId"]

  /// The columns that a header names. Of two equal names neither could be preferred: they are refused.
  convenience init(header row: CSVRow, of schema: Schema) throws(IngestError) {
    var names: [String] = []
    for index in 0..<row.count {
      guard let name = String(validating: withoutSpaces(row[index]), as: UTF8.self), !name.utf8.contains(0) else {
        throw .malformedEnvelope(code: "csv_header_malformed", offset: row.offset)
      }
      names.append(name)
    }
    let named = names.filter { !$0.isEmpty }.map { Array($0.utf8) }
    guard Set(named).count == named.count else {
      throw .malformedEnvelope(code: "csv_duplicate_column", offset: row.offset)
    }
    self.init(names: names, of: schema)
    // A column for an object and others for its fields: both cannot count.
    guard !nested.contains(where: { group in top.contains { name(at: $0.name) == name(at: group.name) } }) else {
      throw .malformedEnvelope(code: "csv_duplicate_column", offset: row.offset)
    }
  }

  private func name(at place: Range<Int>) -> String { String(decoding: names[place], as: UTF8.self) }

  private init(names: [String], of schema: Schema) {
    columnCount = names.count
    var bytes: [UInt8] = []
    func place(_ name: String) -> Range<Int> {
      bytes.append(contentsOf: name.utf8)
      return bytes.count - name.utf8.count..<bytes.count
    }
    var top: [Column] = []
    var inside: [String: [Column]] = [:]
    for (index, name) in names.enumerated() where !name.isEmpty {
      let match = schema.match(name.utf8Bytes)
      let parts = name.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2, let parent = schema.field(String(parts[0]) ?? ""), parent.kind.isObject {
        inside[parent.name, default: []].append(
          Column(index: index, name: place(String(parts[1]) ?? ""), match: .unknown))
      } else if match == .unknown, isOperatorOrPath(name.utf8Bytes), let data = schema.extrasField {
        // A name that only data may have.
        inside[data, default: []].append(Column(index: index, name: place(name), match: .unknown))
      } else {
        top.append(Column(index: index, name: place(name), match: match))
      }
    }
    self.top = top
    nested = inside.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { name, columns in
      Group(name: place(name), match: schema.match(name.utf8Bytes), columns: columns)
    }
    self.names = bytes
    let find = { (wanted: [String]) in names.firstIndex { wanted.contains($0) } }
    let isGrouped = schema === Schema.event && find(["eventId"]) == nil
    groupColumns =
      isGrouped
      ? [
        find(["gaSessionId", "sessionId"]), find(["eventDate"]), find(["eventTimestamp", "timestamp"]),
        find(["eventName"]), find(["userId"]), find(["uniqueItems"]), find(["engagementTimeMsec"]),
      ] : []
  }

  /// Writes the row as an object of texts, and notes where its fields lie in that; empty cells are left out.
  func append(
    _ row: CSVRow, to writer: inout BSONWriter, noting fields: inout [MatchedField]
  ) throws(Fault) {
    // Held here, so that the spans do not outlive what they show.
    let (heldBuffer, heldNames) = (row.buffer, names)
    let (buffer, names) = (heldBuffer.span, heldNames.span)
    fields.removeAll(keepingCapacity: true)
    let isPlain = BSONScan.isPlainText(buffer.extracting(row.range))
    for column in top where !row.isEmpty(column.index) {
      let name = names.extracting(column.name)
      if isPlain, let cell = row.range(of: column.index) {
        fields.append(MatchedField(field: writer.append(name, text: buffer.extracting(cell)), match: column.match))
      } else {
        let field = try append(row, column, inside: nil, to: &writer)
        fields.append(MatchedField(field: field, match: column.match))
      }
    }
    for group in nested where group.columns.contains(where: { !row.isEmpty($0.index) }) {
      let field = try writer.append(
        names.extracting(group.name),
        document: { (inner: inout BSONWriter) throws(Fault) in
          for column in group.columns where !row.isEmpty(column.index) {
            _ = try append(row, column, inside: group, to: &inner)
          }
        })
      fields.append(MatchedField(field: field, match: group.match))
    }
  }

  /// Writes one cell of whatever bytes.
  private func append(
    _ row: CSVRow, _ column: Column, inside group: Group?, to writer: inout BSONWriter
  ) throws(Fault) -> BSONScan.Field {
    let names = names
    let cell = row[column.index]
    let fault: FaultCode? =
      BSONScan.hasNUL(cell.span) ? .containsNul : BSONScan.isUTF8(cell.span) ? nil : .invalidUTF8
    guard let fault else { return writer.append(names.span.extracting(column.name), text: cell.span) }
    throw Fault(fault, (group.map { name(at: $0.name) + "." } ?? "") + name(at: column.name))
  }
}

/// A field of an object whose name has been looked up before.
struct MatchedField {
  let field: BSONScan.Field
  let match: Schema.Match
}

extension Schema {
  /// The field of a name or alias.
  fileprivate func field(_ name: String) -> Field? {
    guard case .field(let slot, _) = match(name.utf8Bytes) else { return nil }
    return fields[slot]
  }
}

extension FieldKind {
  fileprivate var isObject: Bool {
    switch self {
    case .object, .flags, .freeForm: true
    default: false
    }
  }
}

extension String {
  fileprivate var utf8Bytes: ArraySlice<UInt8> { ArraySlice(utf8) }
}
