import Glibc

/// A file that is written from its beginning. Closes itself; nothing is buffered here.
public struct OutputFile: ~Copyable {
  private let descriptor: Int32
  private let path: String

  /// Creates the file; one that is there is emptied, or added to.
  public init(creating path: String, appending: Bool = false) throws(SystemError) {
    self.path = path
    // The path is a Swift string, passed as a C string for the length of the call.
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | (appending ? O_APPEND : O_TRUNC) | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw SystemError(call: "open \(path)", number: errno) }
  }

  deinit { close(descriptor) }

  /// Waits until the bytes are on the disk.
  func synchronize() throws(SystemError) {
    guard fsync(descriptor) == 0 else { throw SystemError(call: "fsync \(path)", number: errno) }
  }

  /// Writes all bytes.
  public func write(_ bytes: [UInt8]) throws(SystemError) {
    var offset = 0
    while offset < bytes.count {
      // The buffer outlives the call, which reads no further than its count.
      let written = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(descriptor, buffer.baseAddress.map { unsafe $0 + offset }, buffer.count - offset)
      }
      if written < 0 {
        let number = errno
        if number == EINTR { continue }
        throw SystemError(call: "write \(path)", number: number)
      }
      offset += written
    }
  }
}
