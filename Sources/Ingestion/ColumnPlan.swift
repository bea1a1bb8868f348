import BSON
import CSV

/// What the columns of a CSV body mean, and how a row becomes the object that the same item would be in JSON.
struct ColumnPlan: Sendable {
  let columnCount: Int
  /// Columns that are fields of the object itself.
  private let top: [Column]
  /// Columns `address.city`: fields of an object inside.
  private let nested: [(name: String, columns: [Column])]
  /// The bytes of all columns' names, one after the other.
  private let names: [UInt8]
  /// The columns that tell one event from another (PRODUCT: the reference's rows regroup on these). Empty when rows name
  /// their event themselves, or are no events.
  let groupColumns: [Int?]

  /// A column without references: its index, and where its name lies among `names`.
  private struct Column: Sendable {
    let index: Int
    let name: Range<Int>
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
  init(header row: CSVRow, of schema: Schema) throws(IngestError) {
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
    guard !nested.contains(where: { group in top.contains { name(of: $0) == group.name } }) else {
      throw .malformedEnvelope(code: "csv_duplicate_column", offset: row.offset)
    }
  }

  private func name(of column: Column) -> String { String(decoding: names[column.name], as: UTF8.self) }

  private init(names: [String], of schema: Schema) {
    columnCount = names.count
    var bytes: [UInt8] = []
    func column(_ index: Int, _ name: String) -> Column {
      bytes.append(contentsOf: name.utf8)
      return Column(index: index, name: bytes.count - name.utf8.count..<bytes.count)
    }
    var top: [Column] = []
    var inside: [String: [Column]] = [:]
    for (index, name) in names.enumerated() where !name.isEmpty {
      let parts = name.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2, let parent = schema.field(String(parts[0]) ?? ""), parent.kind.isObject {
        inside[parent.name, default: []].append(column(index, String(parts[1]) ?? ""))
      } else if schema.match(name.utf8Bytes) == .unknown, isOperatorOrPath(name.utf8Bytes),
        let data = schema.extrasField
      {
        // A name that only data may have.
        inside[data, default: []].append(column(index, name))
      } else {
        top.append(column(index, name))
      }
    }
    self.top = top
    self.names = bytes
    nested = inside.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
    let find = { (wanted: [String]) in names.firstIndex { wanted.contains($0) } }
    let isGrouped = schema === Schema.event && find(["eventId"]) == nil
    groupColumns =
      isGrouped
      ? [
        find(["gaSessionId", "sessionId"]), find(["eventDate"]), find(["eventTimestamp", "timestamp"]),
        find(["eventName"]), find(["userId"]), find(["uniqueItems"]), find(["engagementTimeMsec"]),
      ] : []
  }

  /// Writes the row as an object of texts; empty cells are left out.
  func append(_ row: CSVRow, to writer: inout BSONWriter) throws(Fault) {
    try append(top, of: row, path: "", to: &writer)
    for group in nested where group.columns.contains(where: { !row.isEmpty($0.index) }) {
      try writer.append(
        group.name,
        document: { (inner: inout BSONWriter) throws(Fault) in
          try append(group.columns, of: row, path: group.name + ".", to: &inner)
        })
    }
  }

  private func append(_ columns: [Column], of row: CSVRow, path: String, to writer: inout BSONWriter) throws(Fault) {
    let names = names.span
    for column in columns where !row.isEmpty(column.index) {
      let fault = row.withCell(column.index) { text -> FaultCode? in
        if BSONScan.hasNUL(text) { return .containsNul }
        return writer.append(names.extracting(column.name), validating: text) ? nil : .invalidUTF8
      }
      if let fault { throw Fault(fault, path + name(of: column)) }
    }
  }
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
