private import CLibZ

// The pointer below never leaves the struct, which alone frees it.
/// Packs bytes into one gzip member. Owns a zlib stream; used by one thread at a time.
@safe public struct GzipEncoder: ~Copyable {
  // zlib keeps a pointer back to its stream, so the stream must not move: it lives on the heap until deinit.
  private let stream: UnsafeMutablePointer<z_stream>
  private var packed: [UInt8]

  /// - Parameter level: 1 (fast) to 9 (small).
  public init(level: Int = 1) {
    // Allocated here, freed in deinit.
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // 31 = the largest window with a gzip header, 8 = zlib's default memory. It fails only for want of memory.
    let status = unsafe deflateInit2_(
      stream, Int32(level), Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib has no memory")
    packed = [UInt8](repeating: 0, count: 64 << 10)
  }

  deinit {
    // The stream was initialized by init and belongs to this value alone.
    unsafe deflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Packs all bytes and hands the packed ones on, in pieces. `finish` ends the member: nothing may follow it.
  public mutating func write<Failure: Error>(
    _ bytes: [UInt8], finish: Bool = false, to sink: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    let flush = finish ? Z_FINISH : Z_NO_FLUSH
    var offset = 0
    var isDone = false
    while !isDone {
      let produced = step(bytes, from: &offset, flush: flush, isDone: &isDone)
      if produced > 0 { try sink(Array(packed[..<produced])) }
    }
  }

  /// The whole of `bytes` as a gzip member.
  public static func packed(_ bytes: [UInt8], level: Int = 1) -> [UInt8] {
    var encoder = GzipEncoder(level: level)
    var result: [UInt8] = []
    encoder.write(bytes, finish: true) { (piece) throws(Never) in result += piece }
    return result
  }

  private mutating func step(_ bytes: [UInt8], from offset: inout Int, flush: Int32, isDone: inout Bool) -> Int {
    let stream = unsafe self.stream
    let room = packed.count
    let available = bytes.count - offset
    // Both buffers outlive the call; zlib only reads the input, whatever its type says, and writes no further than avail_out.
    let status = unsafe bytes.withUnsafeBufferPointer { source in
      unsafe packed.withUnsafeMutableBufferPointer { target in
        unsafe stream.pointee.next_in = source.baseAddress.map { unsafe UnsafeMutablePointer(mutating: $0 + offset) }
        unsafe stream.pointee.avail_in = UInt32(available)
        unsafe stream.pointee.next_out = target.baseAddress
        unsafe stream.pointee.avail_out = UInt32(target.count)
        return unsafe deflate(stream, flush)
      }
    }
    // Reads the counters that zlib left.
    offset += unsafe available - Int(stream.pointee.avail_in)
    let left = unsafe Int(stream.pointee.avail_out)
    isDone = flush == Z_FINISH ? status == Z_STREAM_END : left > 0
    return room - left
  }
}
