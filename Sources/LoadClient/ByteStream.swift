/// The plain bytes of a file: gzip is recognized by its first bytes and undone.
struct ByteStream: ~Copyable {
  private var file: InputFile
  private var decoder: GzipDecoder?
  private var isStarted = false
  private var isAtEnd = false
  private let path: String

  init(_ path: String) throws(LoadError) {
    self.path = path
    file = try InputFile(path)
  }

  /// Bytes of the file as it lies on the disk; nil for a pipe.
  var byteCount: Int? { file.byteCount }
  /// How many of them were read.
  var position: Int { file.position }

  /// The next plain bytes; none at the end.
  mutating func next() throws(LoadError) -> [UInt8] {
    while !isAtEnd {
      var chunk = try file.read()
      if !isStarted {
        // A pipe may give a single byte at first; two are needed to know.
        while chunk.count == 1 {
          let more = try file.read()
          if more.isEmpty { break }
          chunk += more
        }
        isStarted = true
        if GzipDecoder.isGzip(chunk) { decoder = GzipDecoder() }
      }
      isAtEnd = chunk.isEmpty
      guard decoder != nil else { return chunk }
      var plain: [UInt8] = []
      do throws(GzipError) {
        if isAtEnd { try decoder?.finish() } else { try decoder?.write(chunk, to: &plain) }
      } catch {
        throw .badFile(
          path: path, reason: error == .truncated ? "its gzip data end too early" : "its gzip data are damaged")
      }
      if !plain.isEmpty { return plain }
    }
    return []
  }
}
