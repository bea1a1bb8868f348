/// Placeholder until the OpenSSL shim lands.
final class TLSContexts: Sendable {
  func session(_ descriptor: Int32) -> TLSSession? { nil }
}
final class TLSSession {
  enum Handshake { case done, wantsMore, failed }
  var clientCertificateName: String? { nil }
  func handshake() -> Handshake { .failed }
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int { -1 }
  func write(_ bytes: [UInt8], from offset: Int) -> Int { -1 }
  func writeAll(_ first: [UInt8], _ second: [UInt8]) -> Int { -1 }
  func endOutput() {}
  func free() {}
}
