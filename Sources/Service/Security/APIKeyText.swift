import BSON
import Store

/// An API key as its holder has it: `c360_<id>_<secret>`.
///
/// The id names the key and is no secret. Of the secret, 160 random bits in hexadecimal, the service keeps the SHA-256.
public struct APIKeyText: Sendable {
  /// The public part.
  public let id: String
  let secret: String

  static let prefix = "c360_"
  private static let idBytes = 4...64
  private static let secretBytes = 16...128

  /// The key as text.
  public var text: String { "\(Self.prefix)\(id)_\(secret)" }

  /// Reads a key as a client sends it; nil for any other text.
  init?(_ text: String) {
    guard text.utf8.starts(with: Self.prefix.utf8) else { return nil }
    let parts = text.utf8.dropFirst(Self.prefix.utf8.count).split(
      separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
    guard parts.count == 2, Self.idBytes.contains(parts[0].count), Self.secretBytes.contains(parts[1].count),
      parts.allSatisfy({ $0.allSatisfy(isLowerAlphanumeric) })
    else { return nil }
    id = String(decoding: parts[0], as: UTF8.self)
    secret = String(decoding: parts[1], as: UTF8.self)
  }

  /// A new key. The generator must be one that nobody can predict, as the system's is.
  public init(using generator: inout some RandomNumberGenerator) {
    let id = Self.randomText(bytes: 5, &generator)
    let secret = Self.randomText(bytes: 20, &generator)
    self.id = id
    self.secret = secret
  }

  /// What is stored of the key.
  public func stored(name: String, scopes: Set<KeyScope>, createdAt: BSONDate) -> APIKey {
    APIKey(id: id, name: name, scopes: scopes, secretHash: secretHash, createdAt: createdAt)
  }

  /// SHA-256 of the secret, in hexadecimal.
  var secretHash: [UInt8] { Array(Digest.hexadecimal(Digest.sha256(secret.utf8)).utf8) }

  private static func randomText(bytes count: Int, _ generator: inout some RandomNumberGenerator) -> String {
    Digest.hexadecimal((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
  }
}

/// Whether two hashes are equal, in a time that does not tell where they differ.
func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  guard a.count == b.count else { return false }
  var difference: UInt8 = 0
  for index in a.indices { difference |= a[index] ^ b[index] }
  return difference == 0
}

private func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
  (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")) || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
}
