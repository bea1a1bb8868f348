import CSV
import Glibc

/// A CSV file being written: rows gather in memory and go out in pieces of about 1 MiB.
///
/// It appears under its name when it is finished: what fails half way leaves neither a part nor the end of what was there before. A pipe
/// or a device is written to as it is.
struct OutputFile: ~Copyable {
  private let path: String
  /// Where it is written until it is finished; nil for what is no file.
  private let partial: String?
  private let descriptor: Int32
  private var isFinished = false
  private var writer = CSVWriter()

  /// Writes a whole file of given bytes.
  static func write(_ bytes: [UInt8], to path: String) throws(LabError) {
    var file = try OutputFile(path)
    try file.write(bytes[...])
    try file.finish()
  }

  init(_ path: String, header: [String]) throws(LabError) {
    try self.init(path)
    writer.row(header)
  }

  private init(_ path: String) throws(LabError) {
    var status = stat()
    // Fills the struct for a path that lives through the call.
    let isThere = unsafe lstat(path, &status) == 0
    let isFile = !isThere || status.st_mode & S_IFMT == S_IFREG
    let partial = isFile ? "\(path).\(getpid()).partial" : nil
    // A C string for the call; the descriptor is closed in deinit.
    let descriptor = unsafe open(partial ?? path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .file(path: path, message: FileSource.lastError("cannot be written")) }
    self.path = path
    self.partial = partial
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
    // A C string for the call.
    if let partial, !isFinished { unsafe unlink(partial) }
  }

  /// Adds a row through the writer.
  mutating func row(_ body: (inout CSVWriter) -> Void) throws(LabError) {
    body(&writer)
    writer.endRow()
    if writer.bytes.count > 1 << 20 { try flush() }
  }

  /// Writes what is left and lets the file appear.
  mutating func finish() throws(LabError) {
    try flush()
    guard let partial, !isFinished else { return }
    // C strings for the call.
    guard unsafe rename(partial, path) == 0 else {
      throw .file(path: path, message: FileSource.lastError("cannot be written"))
    }
    isFinished = true
  }

  private mutating func flush() throws(LabError) { try write(writer.take()[...]) }

  private mutating func write(_ bytes: ArraySlice<UInt8>) throws(LabError) {
    var rest = bytes
    while !rest.isEmpty {
      // Reads `rest` within its bounds.
      let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw .file(path: path, message: FileSource.lastError("cannot be written")) }
      rest = rest.dropFirst(written)
    }
  }
}
