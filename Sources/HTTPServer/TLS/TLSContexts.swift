import COpenSSL
import Locks

/// The certificates in force. A reload swaps them: connections that exist keep what they began with.
final class TLSContexts: Sendable {
  private let files: HTTPServerConfiguration.TLS
  private let current: Guarded<TLSContext>

  init(_ files: HTTPServerConfiguration.TLS) throws(HTTPServerError) {
    self.files = files
    current = Guarded(try TLSContext(files))
  }

  /// Reads the files again. When they are not usable the old certificates stay.
  func reload() throws(HTTPServerError) {
    let context = try TLSContext(files)
    current.withLock { $0 = context }
  }

  /// A session for an accepted connection.
  func session(_ descriptor: Int32) -> TLSSession? {
    current.withLock { $0 }.session(descriptor)
  }
}

/// Owns one SSL_CTX.
///
/// `@unchecked Sendable`: it is not changed after init, and OpenSSL counts references to an SSL_CTX atomically.
@safe private final class TLSContext: @unchecked Sendable {
  // Made in init, freed in deinit.
  private let raw: OpaquePointer

  init(_ files: HTTPServerConfiguration.TLS) throws(HTTPServerError) {
    var message = [CChar](repeating: 0, count: 256)
    // All strings are read, and the message written, during the call only.
    let made = unsafe files.certificateFile.withCString { certificate in
      unsafe files.privateKeyFile.withCString { key in
        unsafe message.withUnsafeMutableBufferPointer { error in
          guard let authority = files.clientAuthorityFile else {
            return unsafe c360_tls_context_new(certificate, key, nil, error.baseAddress, error.count)
          }
          return unsafe authority.withCString {
            unsafe c360_tls_context_new(certificate, key, $0, error.baseAddress, error.count)
          }
        }
      }
    }
    guard let made = unsafe made else {
      throw .tls(String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
    unsafe raw = made
  }

  deinit {
    // Sessions hold references of their own.
    unsafe c360_tls_context_free(raw)
  }

  func session(_ descriptor: Int32) -> TLSSession? {
    // The session is adopted by its one owner.
    guard let session = unsafe c360_tls_session_new(raw, descriptor) else { return nil }
    return unsafe TLSSession(adopting: session)
  }
}
