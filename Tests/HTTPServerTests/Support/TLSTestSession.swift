import CHTTPTestSupport
import Testing

@testable import HTTPServer

/// The client's side of TLS over a blocking descriptor.
@safe final class TLSTestSession {
  struct Options {
    var authority: String?
    var certificate: String?
    var key: String?
    var alpn: String?
    var versionMax = 0
  }

  // Made in init, freed in deinit.
  private let raw: OpaquePointer

  init?(_ descriptor: Int32, _ options: Options) {
    // The strings are read during the call only.
    guard
      let made = unsafe test_tls_connect(
        descriptor, options.authority, options.certificate, options.key, options.alpn, Int32(options.versionMax))
    else { return nil }
    unsafe raw = made
  }

  deinit { unsafe test_tls_free(raw) }

  var peerName: String {
    var text = [CChar](repeating: 0, count: 256)
    let length = unsafe text.withUnsafeMutableBufferPointer { unsafe test_tls_peer_name(raw, $0.baseAddress, 256) }
    return String(decoding: text[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  var agreedProtocol: String {
    var text = [CChar](repeating: 0, count: 256)
    let length = unsafe text.withUnsafeMutableBufferPointer { unsafe test_tls_protocol(raw, $0.baseAddress, 256) }
    return String(decoding: text[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  var version: String { unsafe String(cString: test_tls_version(raw)) }

  func write(_ bytes: ArraySlice<UInt8>) -> Int {
    unsafe bytes.withUnsafeBytes { unsafe test_tls_write(raw, $0.baseAddress, $0.count) }
  }

  func read(into buffer: inout [UInt8]) -> Int {
    unsafe buffer.withUnsafeMutableBytes { unsafe test_tls_read(raw, $0.baseAddress, $0.count) }
  }
}

/// A folder for certificates, removed with its value.
final class TestFolder: Sendable {
  let path: String

  init() throws {
    var text = [CChar](repeating: 0, count: 64)
    let result = unsafe text.withUnsafeMutableBufferPointer { unsafe test_make_folder($0.baseAddress) }
    try #require(result == 1)
    path = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { unsafe test_remove_folder(path) }

  func certificate(_ name: String) -> String { "\(path)/\(name).pem" }
  func key(_ name: String) -> String { "\(path)/\(name).key" }
  func files(_ name: String) -> HTTPServerConfiguration.TLS {
    .init(certificateFile: certificate(name), privateKeyFile: key(name))
  }

  func write(_ text: String, to file: String) throws {
    let result = unsafe test_write_file("\(path)/\(file)", text)
    try #require(result == 1)
  }

  /// A certificate for `name`, signed by `authority` or by itself, in files of another name if given.
  func makeCertificate(_ name: String, authority: String?, as file: String? = nil) throws {
    let file = file ?? name
    let result = unsafe test_make_certificate(
      name, certificate(file), key(file), authority.map(certificate), authority.map(key))
    try #require(result == 1)
  }
}
