private import CLibZ

// The pointer below never leaves the struct, which alone frees it.
/// Unpacks gzip, one member or several in a row. Owns a zlib stream; used by one thread at a time.
@safe public struct GzipDecoder: ~Copyable {
  // zlib keeps a pointer back to its stream, so the stream must not move: it lives on the heap until deinit.
  private let stream: UnsafeMutablePointer<z_stream>
  private var unpacked: [UInt8]
  private var isWithinMember = false

  /// A decoder at the start of a member.
  public init() {
    // Allocated here, freed in deinit.
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // 31 = the largest window, gzip header expected. It fails only for want of memory.
    let status = unsafe inflateInit2_(stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib has no memory")
    unpacked = [UInt8](repeating: 0, count: 256 << 10)
  }

  deinit {
    // The stream was initialized by init and belongs to this value alone.
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Whether the bytes begin as gzip does.
  public static func isGzip(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// Unpacks all bytes onto the end of `out`.
  public mutating func write(_ bytes: [UInt8], to out: inout [UInt8]) throws(GzipError) {
    var offset = 0
    // A full buffer means that zlib may hold more of what it has already read.
    var produced = 0
    while offset < bytes.count || produced == unpacked.count {
      isWithinMember = isWithinMember || offset < bytes.count
      let status: Int32
      (produced, status) = step(bytes, from: &offset)
      out += unpacked[..<produced]
      switch status {
      case Z_OK: continue
      case Z_BUF_ERROR where produced == 0: return
      case Z_STREAM_END:
        isWithinMember = false
        // Another member may follow; zlib keeps the buffers that it has.
        unsafe inflateReset(stream)
      default: throw .malformed
      }
    }
  }

  /// Says whether the bytes so far end where a member ends.
  public func finish() throws(GzipError) {
    if isWithinMember { throw .truncated }
  }

  private mutating func step(_ bytes: [UInt8], from offset: inout Int) -> (produced: Int, status: Int32) {
    let stream = unsafe self.stream
    let room = unpacked.count
    let available = bytes.count - offset
    // Both buffers outlive the call; zlib only reads the input, whatever its type says, and writes no further than avail_out.
    let status = unsafe bytes.withUnsafeBufferPointer { source in
      unsafe unpacked.withUnsafeMutableBufferPointer { target in
        unsafe stream.pointee.next_in = source.baseAddress.map { unsafe UnsafeMutablePointer(mutating: $0 + offset) }
        unsafe stream.pointee.avail_in = UInt32(available)
        unsafe stream.pointee.next_out = target.baseAddress
        unsafe stream.pointee.avail_out = UInt32(target.count)
        return unsafe inflate(stream, Z_NO_FLUSH)
      }
    }
    // Reads the counters that zlib left.
    offset += unsafe available - Int(stream.pointee.avail_in)
    let left = unsafe Int(stream.pointee.avail_out)
    return (room - left, status)
  }
}
