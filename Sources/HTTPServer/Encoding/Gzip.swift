import CLibZ
import Locks

/// A gzip compressor (RFC 1952). Making one costs 256 KB, so they are kept and used again.
///
/// `@safe`: zlib's stream and its pointers stay inside; every method leaves it without a pointer to bytes of a caller.
@safe final class Deflater {
  // Zeroes, as zlib asks for before deflateInit2.
  private var stream = unsafe z_stream()
  private var buffer = [UInt8](repeating: 0, count: 32_768)

  init() {
    // zlib keeps a pointer back to the z_stream: it is a stored property of a class and never moves. Level 1: several times
    // as fast as 6 for a tenth more bytes.
    _ = unsafe deflateInit2_(
      &stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  }

  deinit {
    // Ends what init began.
    _ = unsafe deflateEnd(&stream)
  }

  /// Makes ready for another message.
  func reset() {
    // As above.
    _ = unsafe deflateReset(&stream)
  }

  /// Appends the compressed form of `bytes` to `out`. With `finish` the message ends; without it everything so far is
  /// flushed, so that the client can read it.
  func compress(_ bytes: [UInt8], finish: Bool, into out: inout [UInt8]) {
    var bytes = bytes
    // zlib reads from `source` only during the calls in here.
    unsafe bytes.withUnsafeMutableBufferPointer { source in
      unsafe stream.next_in = source.baseAddress
      unsafe stream.avail_in = UInt32(source.count)
      var isFull = true
      while isFull {
        let made = step(finish ? Z_FINISH : Z_SYNC_FLUSH)
        out.append(contentsOf: buffer[..<made])
        isFull = made == buffer.count
      }
      // Nothing of ours stays with zlib.
      unsafe stream.next_in = nil
    }
  }

  /// One call of zlib into `buffer`. Returns how much it wrote.
  private func step(_ flush: Int32) -> Int {
    // zlib writes to `buffer` only during the call.
    unsafe buffer.withUnsafeMutableBufferPointer { target in
      unsafe stream.next_out = target.baseAddress
      unsafe stream.avail_out = UInt32(target.count)
      _ = unsafe deflate(&stream, flush)
      return target.count - Int(unsafe stream.avail_out)
    }
  }
}

/// Compressors that are free.
enum Deflaters {
  /// `@unchecked Sendable`: handed from thread to thread through the lock, never shared.
  private struct Free: @unchecked Sendable {
    var list: [Deflater] = []
  }

  private static let free = Guarded(Free())

  /// The compressed form of `bytes`, one member.
  static func compress(_ bytes: [UInt8]) -> [UInt8] {
    let deflater = free.withLock { $0.list.popLast() } ?? Deflater()
    deflater.reset()
    var out: [UInt8] = []
    deflater.compress(bytes, finish: true, into: &out)
    let box = Free(list: [deflater])
    free.withLock { if $0.list.count < 8 { $0.list += box.list } }
    return out
  }
}
