import CLibZ

/// Why a compressed body is refused.
enum InflateFailure: Error, Equatable {
  /// Not gzip, a wrong checksum, an early end, or bytes after the end.
  case malformed
  /// Over the limit, or out of proportion.
  case tooLarge
}

/// Decodes one gzip member in steps, never holding more output than the limit. What is compressed 100 times and more is
/// refused once it has filled the grace: such a body is a bomb.
///
/// `@safe`: zlib's stream and its pointers stay inside; every method leaves it without a pointer to bytes of a caller.
@safe final class Inflater {
  // Zeroes, as zlib asks for before inflateInit2.
  private var stream = unsafe z_stream()
  private var buffer = [UInt8](repeating: 0, count: 65_536)
  private var isDone = false
  private var received = 0
  private var produced = 0
  private let bytesMax: Int
  private let ratioMax: Int
  private let graceBytes: Int

  init(bytesMax: Int, limits: HTTPLimits) {
    self.bytesMax = bytesMax
    ratioMax = limits.inflateRatioMax
    graceBytes = limits.inflateRatioGraceBytes
    // zlib keeps a pointer back to the z_stream: it is a stored property of a class and never moves. 16: gzip only.
    _ = unsafe inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  }

  deinit {
    // Ends what init began.
    _ = unsafe inflateEnd(&stream)
  }

  /// Appends the decoded form of `bytes` to `out`.
  func decode(_ bytes: [UInt8], into out: inout [UInt8]) throws(InflateFailure) {
    guard !bytes.isEmpty else { return }
    if isDone { throw .malformed }
    received += bytes.count
    var bytes = bytes
    // zlib reads from `source` only during the calls in here.
    let failure: InflateFailure? = unsafe bytes.withUnsafeMutableBufferPointer { source in
      unsafe stream.next_in = source.baseAddress
      unsafe stream.avail_in = UInt32(source.count)
      // Nothing of ours stays with zlib.
      defer { unsafe stream.next_in = nil }
      while true {
        let (result, made) = step()
        // What zlib has not looked at yet.
        let rest = Int(unsafe stream.avail_in)
        out.append(contentsOf: buffer[..<made])
        produced += made
        if produced > bytesMax { return .tooLarge }
        if produced > graceBytes, produced > (received - rest) * ratioMax { return .tooLarge }
        switch result {
        case Z_STREAM_END:
          isDone = true
          return rest == 0 ? nil : .malformed
        case Z_OK, Z_BUF_ERROR:
          if rest == 0, made < buffer.count { return nil }
        default: return .malformed
        }
      }
    }
    if let failure { throw failure }
  }

  /// One call of zlib into `buffer`. Returns its result and how much it wrote.
  private func step() -> (result: Int32, made: Int) {
    // zlib writes to `buffer` only during the call.
    unsafe buffer.withUnsafeMutableBufferPointer { target in
      unsafe stream.next_out = target.baseAddress
      unsafe stream.avail_out = UInt32(target.count)
      let result = unsafe inflate(&stream, Z_NO_FLUSH)
      return (result, target.count - Int(unsafe stream.avail_out))
    }
  }

  /// The body has ended: it must have been whole.
  func finish() throws(InflateFailure) {
    guard isDone else { throw .malformed }
  }
}
