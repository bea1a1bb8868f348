import BSON
import CSV
import Store

/// Rows of CSV to canonical items, one at a time. A row that cannot be read is a rejected item; the next one is read.
struct RowDecoder: ~Copyable {
  private var reader: CSVReader
  private var canonicalizer: Canonicalizer
  private var plan: ColumnPlan?
  /// A first row that turned out to be data.
  private var held: Result<CSVRow, CSVError>?
  private var index = 0
  private var groups = RowGroups()
  /// Where the fields of the row at work lie in `input`.
  private var fields: [MatchedField] = []
  private var input = BSONWriter(reservingCapacity: 512)
  private var output = BSONWriter(reservingCapacity: 512)

  init(_ body: [UInt8], _ canonicalizer: Canonicalizer) {
    reader = CSVReader(body)
    self.canonicalizer = canonicalizer
  }

  /// The next item; nil at the end. Throws when the first row is no header where there must be one.
  mutating func next() throws(IngestError) -> DecodedItem? {
    guard let plan = try columns(), let read = readRow() else { return nil }
    defer { index += 1 }
    switch read {
    case .failure(let error): return rejected(error.code)
    case .success(let row):
      guard row.count == plan.columnCount else { return rejected("csv_ragged_row") }
      do throws(Fault) {
        input.restart()
        try plan.append(row, to: &input, noting: &fields)
        let eventId = groups.eventId(of: row, plan.groupColumns)
        return Self.item(&input, fields, canonicalizer: &canonicalizer, at: index, eventId: eventId, using: &output)
      } catch {
        return rejected(error.code.rawValue, field: error.field)
      }
    }
  }

  private static func item(
    _ input: inout BSONWriter, _ fields: [MatchedField], canonicalizer: inout Canonicalizer, at index: Int,
    eventId: [UInt8]?, using output: inout BSONWriter
  ) -> DecodedItem {
    input.lendDocument { canonicalizer.item($0, matched: fields, at: index, eventId: eventId, using: &output) }
  }

  private func rejected(_ code: String, field: String? = nil) -> DecodedItem {
    .rejected(Rejection(index: index, id: nil, code: code, field: field))
  }

  /// What the columns mean: by the first row if that is a header, else the order that is documented for events.
  private mutating func columns() throws(IngestError) -> ColumnPlan? {
    if let plan { return plan }
    guard let first = readRow() else { return nil }
    let schema = canonicalizer.kind.schema
    if case .success(let row) = first, ColumnPlan.isHeader(row, of: schema) {
      plan = try ColumnPlan(header: row, of: schema)
    } else {
      guard canonicalizer.kind == .events else { throw .malformedEnvelope(code: "csv_header_missing", offset: 0) }
      plan = .eventColumns
      held = first
    }
    return plan
  }

  private mutating func readRow() -> Result<CSVRow, CSVError>? {
    if let row = held {
      held = nil
      return row
    }
    do throws(CSVError) {
      guard let row = try reader.next() else { return nil }
      return .success(row)
    } catch {
      return .failure(error)
    }
  }
}

/// The ids of events that come as several rows: rows with equal group columns are items of one event, in whichever
/// batch they come.
struct RowGroups {
  private var lastKey: [UInt8] = []
  /// The text of the id that the last key gave.
  private var lastId: [UInt8] = []
  private var key: [UInt8] = []

  /// The text of the id of the event that a row belongs to. Nil when the row says nothing of its event.
  mutating func eventId(of row: CSVRow, _ columns: [Int?]) -> [UInt8]? {
    key.removeAll(keepingCapacity: true)
    for column in columns {
      guard let column, !row.isEmpty(column) else {
        append(Span())
        continue
      }
      let cell = row[column]
      append(cell.span.extracting(trimmedRange(of: cell.span)))
    }
    // Four bytes a column are lengths.
    guard key.count > 4 * columns.count else { return nil }
    // Rows of one event stand together.
    if key != lastKey {
      swap(&key, &lastKey)
      var id: [UInt8] = []
      swap(&id, &lastId)
      id.removeAll(keepingCapacity: true)
      id.append(contentsOf: "evg_".utf8)
      Digest.append(hexadecimalOf: lastKey.span, bytes: 16, to: &id)
      lastId = id
    }
    return lastId
  }

  /// The length before the bytes: no two lists of cells give the same key.
  private mutating func append(_ cell: borrowing Span<UInt8>) {
    let length = UInt32(truncatingIfNeeded: cell.count)
    for shift in stride(from: UInt32(0), to: 32, by: 8) { key.append(UInt8(truncatingIfNeeded: length >> shift)) }
    // The cell lives for the call, and is no part of the key.
    unsafe cell.withUnsafeBufferPointer { unsafe key.append(contentsOf: $0) }
  }
}
