import COpenSSL

/// TLS on one connection. Owned by the connection, touched by its loop's thread only. Reads and writes answer like those of
/// a socket.
@safe final class TLSSession {
  enum Handshake { case done, wantsMore, failed }

  // Adopted in init, freed in deinit.
  private let raw: OpaquePointer
  /// The common name of the client's verified certificate, known after the handshake.
  private(set) var clientCertificateName: String?

  init(adopting raw: OpaquePointer) {
    unsafe self.raw = raw
  }

  deinit {
    // Adopted in init.
    unsafe c360_tls_session_free(raw)
  }

  func handshake() -> Handshake {
    // `raw` lives as long as self.
    let result = unsafe c360_tls_handshake(raw)
    if result == Int32(wouldBlock) { return .wantsMore }
    guard result == 1 else { return .failed }
    var name = [UInt8](repeating: 0, count: 256)
    // The name is written during the call only.
    let length = unsafe name.withUnsafeMutableBytes {
      unsafe c360_tls_client_name(raw, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
    }
    if length > 0 { clientCertificateName = String(decoding: name[..<length], as: UTF8.self) }
    return .done
  }

  /// Decrypted bytes; as `c360_receive`.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    // The caller's buffer is written during the call only.
    unsafe c360_tls_read(raw, buffer.baseAddress, buffer.count)
  }

  /// As `c360_send`. After "would block" the same bytes have to be written again.
  func write(_ bytes: [UInt8], from offset: Int) -> Int {
    // The range is inside the array, which outlives the call.
    unsafe bytes.withUnsafeBytes { buffer in
      let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
      return unsafe c360_tls_write(raw, rest.baseAddress, rest.count)
    }
  }

  /// Writes two arrays one after the other, record by record, until one does not fit. Returns how much went, or an error
  /// when nothing did.
  func writeAll(_ first: [UInt8], _ second: [UInt8]) -> Int {
    var total = 0
    for bytes in [first, second] {
      var offset = 0
      while offset < bytes.count {
        let sent = write(bytes, from: offset)
        guard sent > 0 else { return total > 0 && sent == wouldBlock ? total : sent }
        offset += sent
        total += sent
      }
    }
    return total
  }

  /// Says close_notify, so that the client knows the end from a cut (RFC 9112 section 9.8).
  func endOutput() {
    // `raw` lives as long as self.
    unsafe c360_tls_end(raw)
  }
}
