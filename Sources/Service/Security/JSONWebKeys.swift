import BSON
import COpenSSL

/// Public keys for RS256 by their ids, from a JWK set (RFC 7517). Keys of other kinds and uses are passed over.
struct JSONWebKeys: Sendable {
  /// An RSA public key: modulus and exponent, highest byte first.
  struct Key: Sendable {
    let modulus: [UInt8]
    let exponent: [UInt8]

    /// Whether this key's owner signed the bytes, by RSASSA-PKCS1-v1_5 over SHA-256.
    func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
      // libcrypto reads the four buffers during the call.
      unsafe c360_rsa_sha256_verify(
        modulus, modulus.count, exponent, exponent.count, message, message.count, signature, signature.count) == 1
    }
  }

  /// The largest set that is read, in bytes.
  static let documentBytesMax = 262_144
  /// Moduli from 2048 to 8192 bits, in bytes (RFC 7518, section 3.3 asks for 2048 at least).
  static let modulusBytes = 256...1024

  private let keys: [String: Key]

  /// No key.
  init() { keys = [:] }

  /// The keys of a JWK set. Nil when the bytes are none.
  init?(_ json: [UInt8]) {
    guard json.count <= Self.documentBytesMax, let set = try? JSONDecoding.document(from: json.span),
      let members = set.array("keys")
    else { return nil }
    var keys: [String: Key] = [:]
    for case .document(let member) in members {
      guard member.string("kty") == "RSA", ["RS256", nil].contains(member.string("alg")),
        ["sig", nil].contains(member.string("use")), let id = member.string("kid"),
        let modulus = member.string("n").flatMap(Base64URL.decode), Self.modulusBytes.contains(modulus.count),
        let exponent = member.string("e").flatMap(Base64URL.decode), (1...8).contains(exponent.count)
      else { continue }
      keys[id] = Key(modulus: modulus, exponent: exponent)
    }
    self.keys = keys
  }

  /// How many there are.
  var count: Int { keys.count }

  subscript(id: String) -> Key? { keys[id] }
}
