import BSON
import Glibc

/// Reads files and folders that grow: what is there, then what is added, in pieces. A record is read once its line is ended, or once
/// its file has not changed for a while; a packed file or an array once it is whole. Blocks for reading only. Belongs to one thread.
public struct FileFollower {
  /// Some records of one file.
  public struct Piece: Sendable {
    /// The file.
    public let path: String
    let batch: Batch
    /// The positions once the piece is stored.
    public let positions: FilePositions
    /// Bytes of the file behind the piece.
    public let bytesLeft: Int
  }

  private struct Known {
    var position: FilePosition
    var identity: RowIdentity?
    var reading: WholeFile?
    /// Size and time of change at the last look, and when they were seen first.
    var size = -1
    var changed = -1
    var since = 0
    /// Why it could not be read at this size; it is tried again when it changes.
    var failedSize: Int?
  }

  private let paths: [String]
  private let kind: LoadKind
  private let mapping: ColumnMapping?
  private let settleMs: Int
  private let itemsMax: Int
  private let bytesMax: Int
  private var known: [String: Known] = [:]
  /// Files that could not be read, and why, since the last look.
  public private(set) var problems: [LoadError] = []

  /// Files that are followed at once.
  public static let filesMax = 10_000

  /// A follower of files, and of the data files in folders, from where it stopped.
  public init(
    paths: [String], kind: LoadKind, mapping: ColumnMapping?, settleMs: Int, positions: FilePositions,
    itemsMax: Int = 1_000, bytesMax: Int = 1 << 20
  ) {
    self.paths = paths
    self.kind = kind
    self.mapping = mapping
    self.settleMs = settleMs
    self.itemsMax = itemsMax
    self.bytesMax = bytesMax
    known = positions.files.mapValues { Known(position: $0) }
  }

  /// The next piece; nil when there is nothing new now. `nowMs` is of a clock that only goes forward.
  public mutating func next(nowMs: Int) throws(LoadError) -> Piece? {
    problems = []
    let files = try InputFiles.present(paths)
    guard files.count <= Self.filesMax else { throw .usage("more than \(Self.filesMax) files are followed") }
    forget(all: files)
    for path in files {
      do throws(LoadError) {
        if let piece = try look(at: path, nowMs) { return piece }
      } catch {
        let size = known[path]?.size
        known[path]?.failedSize = size
        problems.append(error)
      }
    }
    return nil
  }

  /// Drops what is gone, after a file of another name with the same number has taken its place over.
  private mutating func forget(all files: [String]) {
    let present = Set(files)
    let gone = known.filter { !present.contains($0.key) }
    guard !gone.isEmpty else { return }
    for path in files where known[path] == nil {
      guard let status = FileStatus(path),
        let old = gone.first(where: {
          $0.value.position.inode == status.inode && $0.value.position.device == status.device
        })
      else { continue }
      known[path] = old.value
    }
    for path in gone.keys { known[path] = nil }
  }

  private mutating func look(at path: String, _ nowMs: Int) throws(LoadError) -> Piece? {
    guard let status = FileStatus(path) else { return nil }
    var file = known[path] ?? Known(position: FilePosition(device: status.device, inode: status.inode))
    if file.size != status.size || file.changed != status.changed {
      (file.size, file.changed, file.since, file.failedSize) = (status.size, status.changed, nowMs, nil)
    }
    let isSettled = nowMs - file.since >= settleMs
    defer { known[path] = file }
    guard file.failedSize != status.size, status.size > 0 else { return nil }
    if file.position.wholeSize == status.size, file.position.wholeChanged == status.changed { return nil }
    if file.position.wholeSize == nil, file.position.offset == status.size, !status.isShorter(than: file.position) {
      return nil
    }
    // Opened for each piece: a file that is renamed or removed meanwhile holds up nobody.
    var input = try InputFile(path)
    let first = try input.read()
    if status.isShorter(than: file.position) || !Self.isSame(first, file.position) {
      file.position = FilePosition(device: status.device, inode: status.inode)
      file.identity = nil
    }
    (file.position.device, file.position.inode) = (status.device, status.inode)
    switch Self.content(of: first) {
    case nil: return nil
    case .whole:
      guard isSettled else { return nil }
      return try whole(path, status, &file)
    case .records(let form):
      file.position.wholeSize = nil
      return try records(path, form, first, status, isSettled, &file)
    }
  }

  // MARK: Files that grow

  private enum Content {
    case whole
    case records(RecordCutter.Form)
  }

  private static func content(of head: [UInt8]) -> Content? {
    if GzipDecoder.isGzip(head) { return .whole }
    let first = head.first { !isBlank($0) && $0 != UInt8(ascii: "\n") && ![0xEF, 0xBB, 0xBF].contains($0) }
    switch first {
    case nil: return nil
    case UInt8(ascii: "["): return .whole
    case UInt8(ascii: "{"): return .records(.lines)
    default: return .records(.rows)
    }
  }

  private static func isSame(_ head: [UInt8], _ position: FilePosition) -> Bool {
    head.count >= position.headBytes && FilePosition.checksum(head.prefix(position.headBytes)) == position.head
      || position.headBytes == 0
  }

  private func records(
    _ path: String, _ form: RecordCutter.Form, _ first: [UInt8], _ status: FileStatus, _ isSettled: Bool,
    _ file: inout Known
  ) throws(LoadError) -> Piece? {
    let start = file.position.offset
    let window = try window(path, form, from: start, takesRest: isSettled)
    guard !window.bytes.isEmpty else { return nil }
    var batch: Batch
    switch form {
    case .lines: batch = lines(in: window.bytes, after: file.position.line)
    case .rows:
      // A header alone may still get its rows; nothing is stored before it has one.
      guard start > 0 || window.lines > 1 || isSettled else { return nil }
      batch = try rows(path, in: window.bytes, first, &file)
    }
    batch.number = 0
    var position = file.position
    position.offset = start + window.bytes.count
    position.line += window.lines
    position.headBytes = min(FilePosition.headBytesMax, position.offset, first.count)
    position.head = FilePosition.checksum(first.prefix(position.headBytes))
    file.position = position
    return piece(path, batch, position, bytesLeft: max(0, status.size - position.offset))
  }

  /// The bytes of the next whole records; with `takesRest` a last line without an end is one.
  private func window(
    _ path: String, _ form: RecordCutter.Form, from start: Int, takesRest: Bool
  ) throws(LoadError) -> (bytes: [UInt8], lines: Int) {
    var input = try InputFile(path, from: start)
    var cutter = RecordCutter(form, recordsMax: itemsMax)
    var bytes: [UInt8] = []
    while !cutter.isFull, bytes.count < bytesMax || cutter.end == 0 {
      let chunk = try input.read()
      if chunk.isEmpty {
        if takesRest, cutter.scanned > cutter.end { return (bytes, cutter.lines + 1) }
        break
      }
      bytes += chunk
      cutter.scan(chunk.span)
      // Longer than any record may be: the reader of records says so.
      if cutter.end == 0, bytes.count > LoadLimits.recordBytesMax { return (bytes, 0) }
    }
    bytes.removeSubrange(cutter.end...)
    return (bytes, cutter.lines)
  }

  private func lines(in bytes: [UInt8], after line: Int) -> Batch {
    var batch = Batch(form: .ndjson)
    let mapper = mapping.map { DocumentMapper(kind, $0) }
    var splitter = LineSplitter(bytes)
    splitter.finish()
    while let found = splitter.next() {
      switch found {
      case .line(let text, let number):
        if let mapper, let document = try? JSONDecoding.document(from: text.span) {
          batch.append(mapper.json(document), original: text, line: line + number)
        } else if mapper != nil {
          batch.append(Array(text), original: text, line: line + number)
        } else {
          batch.append(text, line: line + number)
        }
      case .tooLong(let head, let number):
        batch.rejected.append(
          RejectedLine(
            line: line + number, code: "record_too_large", field: nil,
            reason: "the record is longer than \(LoadLimits.recordBytesMax) bytes; its beginning stands here",
            original: Array(head)))
      }
    }
    return batch
  }

  /// Rows, under the file's header where they do not begin with it.
  private func rows(
    _ path: String, in bytes: [UInt8], _ first: [UInt8], _ file: inout Known
  ) throws(LoadError) -> Batch {
    let start = file.position.offset
    var source = RowSource(path: path, kind: kind, mapping: mapping)
    var linesBefore = 0
    if start > 0 {
      let header = try RowSource.header(of: first, path: path, kind: kind, mapping: mapping)
      source.feed(header.bytes)
      linesBefore = file.position.line - header.lines
    }
    source.feed(bytes)
    source.finish()
    guard try source.readHeader() else { return Batch(form: .ndjson) }
    if source.identity != nil, start > 0 {
      // Equal rows are numbered: those that were read before count.
      if file.identity == nil { file.identity = try identity(path, upTo: start) }
      source.identity = file.identity
    }
    var batch = Batch(form: source.form)
    while let record = source.next() {
      switch record {
      case .plain(let bytes, let line): batch.append(bytes, line: line + linesBefore)
      case .rendered(let bytes, let original, let line):
        batch.append(bytes, original: original, line: line + linesBefore)
      case .rejected(var line):
        line.line += linesBefore
        batch.rejected.append(line)
      }
    }
    file.identity = source.identity
    return batch
  }

  /// What the rows before a place have left to remember.
  private func identity(_ path: String, upTo end: Int) throws(LoadError) -> RowIdentity? {
    var input = try InputFile(path)
    var source = RowSource(path: path, kind: kind, mapping: mapping)
    var left = end
    var hasHeader = false
    while left > 0 {
      let chunk = try input.read()
      if chunk.isEmpty { break }
      source.feed(Array(chunk.prefix(left)))
      left -= min(left, chunk.count)
      if !hasHeader { hasHeader = try source.readHeader() }
      while hasHeader, source.next() != nil {}
    }
    return source.identity
  }

  // MARK: Files that are read as a whole

  /// The next piece of a packed file or an array. Its position moves with the last piece only: what is read again after a restart
  /// is known.
  private func whole(_ path: String, _ status: FileStatus, _ file: inout Known) throws(LoadError) -> Piece? {
    let reading: WholeFile
    if let open = file.reading, open.size == status.size, open.changed == status.changed {
      reading = open
    } else {
      reading = WholeFile(try RecordSource(path, kind: kind, mapping: mapping), status)
    }
    file.reading = nil
    let (batch, isDone) = try reading.next(itemsMax: itemsMax, bytesMax: bytesMax)
    var position = file.position
    if isDone {
      position.wholeSize = status.size
      position.wholeChanged = status.changed
      position.offset = status.size
      file.position = position
    } else {
      file.reading = reading
    }
    return piece(path, batch, position, bytesLeft: isDone ? 0 : max(0, status.size - reading.source.position))
  }

  private func piece(_ path: String, _ batch: Batch, _ position: FilePosition, bytesLeft: Int) -> Piece {
    var positions = FilePositions()
    positions.files = known.mapValues(\.position)
    positions.files[path] = position
    return Piece(path: path, batch: batch, positions: positions, bytesLeft: bytesLeft)
  }
}

/// A packed file or an array on its way.
private final class WholeFile {
  var source: RecordSource
  let size: Int
  let changed: Int

  init(_ source: consuming RecordSource, _ status: FileStatus) {
    self.source = source
    size = status.size
    changed = status.changed
  }

  /// The next records, and whether they are the last.
  func next(itemsMax: Int, bytesMax: Int) throws(LoadError) -> (batch: Batch, isDone: Bool) {
    var batch = Batch(form: source.form)
    while batch.items.count + batch.rejected.count < itemsMax, batch.bodyBytes < bytesMax {
      switch try source.next() {
      case nil: return (batch, true)
      case .plain(let bytes, let line): batch.append(bytes, line: line)
      case .rendered(let bytes, let original, let line): batch.append(bytes, original: original, line: line)
      case .rejected(let line): batch.rejected.append(line)
      }
    }
    return (batch, false)
  }
}

/// What the system says of a file.
struct FileStatus {
  let device: Int
  let inode: Int
  let size: Int
  /// In nanoseconds.
  let changed: Int

  /// Nil when there is no such regular file.
  init?(_ path: String) {
    var status = stat()
    // The structure is ours and outlives the call; the path is read during it.
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    device = Int(status.st_dev)
    inode = Int(status.st_ino)
    size = Int(status.st_size)
    changed = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
  }

  /// Whether what was read of the file is not there any more.
  func isShorter(than position: FilePosition) -> Bool { position.wholeSize == nil && size < position.offset }
}

extension FileFollower.Piece {
  /// Items to send.
  public var itemCount: Int { batch.items.count }
  /// The body with all items; empty without one.
  public var body: [UInt8] { batch.items.isEmpty ? [] : batch.body(of: Array(batch.items.indices)) }
  /// `application/x-ndjson`, `application/json` or `text/csv`.
  public var contentType: String { batch.form.contentType }
  /// An item as it stood in the file.
  public func original(_ index: Int) -> [UInt8] { Array(batch.original(of: batch.items[index])) }
  /// Lines that no service could read.
  public var unreadable: [(code: String, original: [UInt8])] { batch.rejected.map { ($0.code, $0.original) } }
}
