private import CLibZ

/// Raw deflate (RFC 1951), without the header and checksum of zlib or gzip: what Avro's codec of that name is.
enum Deflate {
  static func packed(_ bytes: [UInt8]) -> [UInt8] {
    var stream = unsafe z_stream()
    // -15 = the largest window without a header, 8 = zlib's default memory. It fails only for want of memory.
    let status = unsafe deflateInit2_(
      &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib has no memory")
    // The stream was initialized above and is not used again.
    defer { unsafe deflateEnd(&stream) }
    let bound = unsafe Int(deflateBound(&stream, UInt(bytes.count)))
    // Both buffers outlive the one call; zlib reads no further than avail_in and writes no further than avail_out, which deflateBound
    // says suffices.
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      unsafe bytes.withUnsafeBufferPointer { source in
        unsafe stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        unsafe stream.avail_in = UInt32(source.count)
        unsafe stream.next_out = target.baseAddress
        unsafe stream.avail_out = UInt32(target.count)
        let status = unsafe deflate(&stream, Z_FINISH)
        precondition(status == Z_STREAM_END, "deflateBound was too small")
        count = unsafe bound - Int(stream.avail_out)
      }
    }
  }
}
