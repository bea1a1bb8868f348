import Glibc

/// A file, or standard input, that is read from its beginning to its end.
struct InputFile: ~Copyable {
  /// Bytes of the file; nil for a pipe.
  let byteCount: Int?
  /// Bytes read so far.
  private(set) var position = 0
  private let descriptor: Int32
  private let path: String

  /// Opens a file, from a place in it on; `-` is standard input.
  init(_ path: String, from offset: Int = 0) throws(LoadError) {
    self.path = path
    // The path is a Swift string, passed as a C string for the length of the call.
    descriptor = path == "-" ? dup(STDIN_FILENO) : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure(path, "open", errno) }
    var status = stat()
    // The structure is ours and outlives the call.
    guard unsafe fstat(descriptor, &status) == 0 else {
      let number = errno
      close(descriptor)
      throw Self.failure(path, "look at", number)
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      close(descriptor)
      throw .badFile(path: path, reason: "is a folder")
    }
    if offset > 0, lseek(descriptor, offset, SEEK_SET) != offset {
      let number = errno
      close(descriptor)
      throw Self.failure(path, "move in", number)
    }
    byteCount = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    position = offset
  }

  deinit { close(descriptor) }

  /// The next bytes of the file; none at its end.
  mutating func read() throws(LoadError) -> [UInt8] {
    while true {
      var number: Int32 = 0
      // read() writes no more than the capacity, and says how much it wrote.
      let chunk = unsafe [UInt8](unsafeUninitializedCapacity: LoadLimits.chunkBytes) { buffer, count in
        let result = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        number = result < 0 ? errno : 0
        count = max(0, result)
      }
      if number == EINTR { continue }
      guard number == 0 else { throw Self.failure(path, "read", number) }
      position += chunk.count
      return chunk
    }
  }

  private static func failure(_ path: String, _ verb: String, _ number: Int32) -> LoadError {
    .badFile(path: path, reason: "cannot \(verb) it: \(SystemError(call: "", number: number).reason)")
  }
}
