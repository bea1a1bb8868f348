import CSockets

// The border to the sockets: lengths and pointers stop here. Results are counts, or -errno.

let wouldBlock = -11  // EAGAIN, the same as EWOULDBLOCK on Linux

/// What a thread of the server does first.
func prepareThread(name: String) {
  c360_block_sigpipe()
  // The string is copied by the kernel during the call.
  unsafe name.prefix(15).description.withCString { unsafe c360_name_thread($0) }
}

/// Writes bytes from `offset` on.
func sendBytes(_ descriptor: Int32, _ bytes: [UInt8], from offset: Int) -> Int {
  // The range is inside the array, which outlives the call.
  unsafe bytes.withUnsafeBytes { buffer in
    let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
    return unsafe c360_send(descriptor, rest.baseAddress, rest.count)
  }
}

/// Writes two arrays with one call.
func sendPair(_ descriptor: Int32, _ first: [UInt8], _ second: [UInt8]) -> Int {
  // Both arrays outlive the call.
  unsafe first.withUnsafeBytes { head in
    unsafe second.withUnsafeBytes { body in
      unsafe c360_send_pair(descriptor, head.baseAddress, head.count, body.baseAddress, body.count)
    }
  }
}

extension PeerAddress {
  init(_ raw: c360_address) {
    self.init()
    let bytes = raw.bytes
    high = Self.word(bytes.0, bytes.1, bytes.2, bytes.3, bytes.4, bytes.5, bytes.6, bytes.7)
    low = Self.word(bytes.8, bytes.9, bytes.10, bytes.11, bytes.12, bytes.13, bytes.14, bytes.15)
    port = raw.port
    family = raw.family
  }

  private static func word(_ bytes: UInt8...) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
