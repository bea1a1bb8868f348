import Glibc

/// A file being read; closed with its owner.
struct FileSource: ~Copyable {
  let path: String
  private let descriptor: Int32
  private(set) var isAtEnd = false

  init(_ path: String) throws(LabError) {
    // A C string for the call; the descriptor is closed in deinit.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .file(path: path, message: Self.lastError("cannot be opened")) }
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Up to `count` bytes; empty only at the end.
  mutating func read(_ count: Int) throws(LabError) -> [UInt8] {
    var received = 0
    // The initializer hands over exactly `count` bytes of room.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      repeat {
        // The buffer has room for `count` bytes.
        received = unsafe Glibc.read(descriptor, buffer.baseAddress, count)
      } while received < 0 && errno == EINTR
      initialized = max(0, received)
    }
    guard received >= 0 else { throw .file(path: path, message: Self.lastError("cannot be read")) }
    if received == 0 { isAtEnd = true }
    return bytes
  }

  /// All bytes that are left; more than 256 MiB are refused.
  mutating func readAll() throws(LabError) -> [UInt8] {
    var bytes: [UInt8] = []
    while !isAtEnd {
      bytes += try read(1 << 20)
      guard bytes.count <= 256 << 20 else { throw .file(path: path, message: "is larger than 256 MiB") }
    }
    return bytes
  }

  static func lastError(_ what: String) -> String {
    // errno's text, copied at once.
    let reason = unsafe String(cString: strerror(errno))
    return "\(what): \(reason)"
  }
}
