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
        if let failure = step(into: &out) { return failure }
        // Written by the call just made.
        let rest = unsafe stream.avail_in
        let room = unsafe stream.avail_out  // as `rest`
        if isDone { return rest == 0 ? nil : .malformed }
        if rest == 0 && room > 0 { return nil }
      }
    }
    if let failure { throw failure }
  }

  private func step(into out: inout [UInt8]) -> InflateFailure? {
    let start = out.count
    let room = 65_536
    out.append(contentsOf: repeatElement(0, count: room))
    // `room` bytes from `start` on are ours to write.
    let (result, left) = unsafe out.withUnsafeMutableBufferPointer { target in
      unsafe stream.next_out = unsafe target.baseAddress.map { unsafe $0 + start }
      unsafe stream.avail_out = UInt32(room)
      let result = unsafe inflate(&stream, Z_NO_FLUSH)
      return (result, Int(unsafe stream.avail_out))
    }
    out.removeLast(left)
    produced += room - left
    if produced > bytesMax { return .tooLarge }
    if produced > graceBytes, produced > received * ratioMax { return .tooLarge }
    switch result {
    case Z_STREAM_END: isDone = true
    case Z_OK, Z_BUF_ERROR: break
    default: return .malformed
    }
    return nil
  }

  /// The body has ended: it must have been whole.
  func finish() throws(InflateFailure) {
    guard isDone else { throw .malformed }
  }
}
