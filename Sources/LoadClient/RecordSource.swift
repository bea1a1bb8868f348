import BSON
import CSV

/// The records of a file: what it is (lines, array, CSV) is recognized by its first bytes.
struct RecordSource: ~Copyable {
  /// What the file holds next.
  enum Record {
    /// A record that is sent as it stands.
    case plain(ArraySlice<UInt8>, line: Int)
    /// A record that is sent in another form.
    case rendered([UInt8], original: ArraySlice<UInt8>, line: Int)
    /// A record that no service could read.
    case rejected(RejectedLine)
  }

  private enum Reader {
    case lines(LineSplitter)
    case array(ArraySplitter)
    case rows(RowSource)
  }

  /// How the records are sent; known from the start.
  let form: Batch.Form
  private var stream: ByteStream
  private var reader: Reader
  private let path: String
  private let mapper: DocumentMapper?

  /// Opens a file and reads as much of it as it takes to know its form.
  init(_ path: String, kind: LoadKind, mapping: ColumnMapping?) throws(LoadError) {
    var stream = try ByteStream(path)
    var head: [UInt8] = []
    var first: UInt8?
    var isAtEnd = false
    while first == nil, !isAtEnd {
      let chunk = try stream.next()
      isAtEnd = chunk.isEmpty
      head += chunk
      first = head.first { !isBlank($0) && $0 != UInt8(ascii: "\n") && ![0xEF, 0xBB, 0xBF].contains($0) }
    }
    let reader: Reader
    switch first {
    case UInt8(ascii: "{"), nil: reader = .lines(LineSplitter(head))
    case UInt8(ascii: "["): reader = .array(ArraySplitter(head))
    default:
      var rows = RowSource(path: path, kind: kind, mapping: mapping)
      rows.feed(head)
      while try !rows.readHeader() {
        let chunk = try stream.next()
        if chunk.isEmpty { rows.finish() } else { rows.feed(chunk) }
      }
      reader = .rows(rows)
    }
    self.path = path
    mapper = mapping.map { DocumentMapper(kind, $0) }
    self.stream = stream
    self.reader = reader
    form =
      switch reader {
      case .lines: .ndjson
      case .array: mapping == nil ? .json : .ndjson
      case .rows(let rows): rows.form
      }
  }

  /// Bytes of the file on the disk; nil for a pipe.
  var byteCount: Int? { stream.byteCount }
  /// How many of them were read.
  var position: Int { stream.position }

  /// The next record; nil at the end of the file.
  mutating func next() throws(LoadError) -> Record? {
    while true {
      if let record = try available() { return record }
      let chunk = try stream.next()
      if !chunk.isEmpty {
        feed(chunk)
        continue
      }
      finish()
      return try available()
    }
  }

  private mutating func available() throws(LoadError) -> Record? {
    switch reader {
    case .lines(var lines):
      // Out of the enum while it changes, so that its buffer is not copied.
      reader = .array(ArraySplitter())
      defer { reader = .lines(lines) }
      switch lines.next() {
      case nil: return nil
      case .line(let bytes, let number): return record(bytes, line: number)
      case .tooLong(let head, let number): return .rejected(tooLong(head, line: number))
      }
    case .array(var items):
      reader = .lines(LineSplitter())
      defer { reader = .array(items) }
      switch items.next() {
      case nil: return nil
      case .item(let bytes, let line): return record(bytes, line: line)
      case .tooLong(let head, let line): return .rejected(tooLong(head, line: line))
      case .malformed(let line, let reason): throw .badFile(path: path, reason: "line \(line): \(reason)")
      }
    case .rows(var rows):
      reader = .lines(LineSplitter())
      defer { reader = .rows(rows) }
      return rows.next()
    }
  }

  /// An object as it stands, or as the mapping makes it. One that cannot be read is sent as it is, for the service to say why.
  private func record(_ bytes: ArraySlice<UInt8>, line: Int) -> Record {
    guard let mapper, let document = try? JSONDecoding.document(from: bytes.span) else {
      return .plain(bytes, line: line)
    }
    return .rendered(mapper.json(document), original: bytes, line: line)
  }

  private func tooLong(_ head: ArraySlice<UInt8>, line: Int) -> RejectedLine {
    RejectedLine(
      line: line, code: "record_too_large", field: nil,
      reason: "the record is longer than \(LoadLimits.recordBytesMax) bytes; its beginning stands here",
      original: Array(head))
  }

  private mutating func feed(_ chunk: [UInt8]) {
    switch reader {
    case .lines(var lines):
      reader = .array(ArraySplitter())
      lines.feed(chunk)
      reader = .lines(lines)
    case .array(var items):
      reader = .lines(LineSplitter())
      items.feed(chunk)
      reader = .array(items)
    case .rows(var rows):
      reader = .lines(LineSplitter())
      rows.feed(chunk)
      reader = .rows(rows)
    }
  }

  private mutating func finish() {
    switch reader {
    case .lines(var lines):
      lines.finish()
      reader = .lines(lines)
    case .array(var items):
      items.finish()
      reader = .array(items)
    case .rows(var rows):
      rows.finish()
      reader = .rows(rows)
    }
  }
}
