import CSV

/// The rows of a CSV file. Events in the service's own columns are sent as they stand, all other rows as JSON.
struct RowSource {
  private let path: String
  private let kind: LoadKind
  private let mapping: ColumnMapping?
  private var reader = CSVReader(rowBytesMax: LoadLimits.recordBytesMax)
  private var renderer: RowRenderer?
  /// Numbers equal rows, where rows have no id.
  var identity: RowIdentity?
  /// A first row that turned out to be data.
  private var held: CSVRow?
  private var isFinished = false
  private(set) var form = Batch.Form.ndjson
  /// The stream from the end of the last row on: what a row that cannot be read looks like.
  private var recent: [UInt8] = []
  private var recentOffset = 0

  init(path: String, kind: LoadKind, mapping: ColumnMapping?) {
    self.path = path
    self.kind = kind
    self.mapping = mapping
  }

  mutating func feed(_ chunk: [UInt8]) {
    recent += chunk
    reader.feed(chunk)
  }

  mutating func finish() {
    isFinished = true
    reader.finish()
  }

  /// Reads the first row. False when more bytes must be fed.
  mutating func readHeader() throws(LoadError) -> Bool {
    let row: CSVRow?
    do throws(CSVError) {
      row = try reader.next()
    } catch {
      throw .badFile(path: path, reason: "line \(error.line): \(error.message)")
    }
    guard let row else {
      if isFinished { throw .badFile(path: path, reason: "it has no rows") }
      return false
    }
    let names = CSVHeader(row).names
    if kind == .events, mapping == nil {
      let isHeader = Self.namesEvents(names)
      guard isHeader || row.count == Self.eventColumns.count else {
        throw .badFile(
          path: path, reason: "its first row names no columns of events, and has not the 16 columns of such rows")
      }
      let header = isHeader ? Array(row.bytes) : Array(Self.eventColumns.joined(separator: ",").utf8)
      form = .csv(header: header + [UInt8(ascii: "\n")])
      held = isHeader ? nil : row
    } else {
      let renderer: RowRenderer
      do throws(RowRenderer.HeaderFault) {
        renderer = try RowRenderer(header: names, kind: kind, mapping: mapping)
      } catch {
        throw .badFile(path: path, reason: error.reason)
      }
      if renderer.derivedIdField != nil { identity = RowIdentity(kind) }
      self.renderer = renderer
    }
    reader.columnCount = row.count
    forget(upTo: row.offset)
    return true
  }

  /// The columns of event rows without a header. Batches get them as one: the service then has nothing to guess.
  static let eventColumns = [
    "_id", "brand", "category", "engagementTimeMsec", "eventBundleSequenceId", "eventDate", "eventName",
    "eventTimestamp",
    "gaSessionId", "price", "productId", "productName", "quantity", "uniqueItems", "userId", "variant",
  ]

  /// Whether a row names the columns of events, by the service's own rule: one of the names of an id is enough, else more
  /// than half of the cells must be known names.
  private static func namesEvents(_ cells: [String]) -> Bool {
    if cells.contains(where: { ["_id", "eventId", "messageId"].contains($0) }) { return true }
    let filled = cells.filter { !$0.isEmpty }
    return filled.count { LoadKind.events.cellType(ofField: $0) != nil } * 2 > filled.count
  }

  /// What stands over the rows of a file that begins so: its header, or for events without one the columns that they have.
  static func header(
    of head: [UInt8], path: String, kind: LoadKind, mapping: ColumnMapping?
  ) throws(LoadError) -> (bytes: [UInt8], lines: Int) {
    var source = RowSource(path: path, kind: kind, mapping: mapping)
    source.feed(head)
    if try !source.readHeader() {
      source.finish()
      _ = try source.readHeader()
    }
    if source.held != nil { return (Array((eventColumns.joined(separator: ",") + "\n").utf8), 1) }
    var cutter = RecordCutter(.rows, recordsMax: 1)
    cutter.scan(head.span)
    return (Array(head[..<max(cutter.end, 0)]), cutter.lines)
  }

  /// The next record; nil when more bytes must be fed, or at the end.
  mutating func next() -> RecordSource.Record? {
    do throws(CSVError) {
      let row: CSVRow
      if let held {
        row = held
        self.held = nil
      } else if let read = try reader.next() {
        row = read
      } else {
        return nil
      }
      forget(upTo: row.offset)
      return record(row)
    } catch {
      let start = max(0, error.rowOffset - recentOffset)
      let rest = recent[min(start, recent.count)...]
      let line = rest.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }.prefix(LoadLimits.recordBytesMax)
      return .rejected(
        RejectedLine(line: error.line, code: error.code, field: nil, reason: error.message, original: Array(line)))
    }
  }

  private mutating func record(_ row: CSVRow) -> RecordSource.Record {
    guard let renderer else { return .plain(row.bytes, line: row.line) }
    var json: [UInt8] = []
    json.reserveCapacity(row.bytes.count * 2 + 64)
    do throws(RowRenderer.CellFault) {
      try renderer.append(row, id: identity?.id(of: row), to: &json)
      return .rendered(json, original: row.bytes, line: row.line)
    } catch {
      return .rejected(
        RejectedLine(
          line: row.line, code: "invalid_utf8", field: error.field, reason: "the cell is not UTF-8",
          original: Array(row.bytes)))
    }
  }

  /// Drops what lies before a row, now and then: a byte is moved at most twice.
  private mutating func forget(upTo offset: Int) {
    let dead = offset - recentOffset
    guard dead > LoadLimits.chunkBytes / 2 || dead == recent.count else { return }
    recent.removeFirst(min(dead, recent.count))
    recentOffset = offset
  }
}
