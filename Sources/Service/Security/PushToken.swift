import BSON
import HTTPServer
import Store

/// What the tokens must say that Google Pub/Sub signs its push requests with.
public struct PushTokenPolicy: Sendable {
  /// The audience of the push subscription.
  public var audience: String
  /// The service account of the push subscription.
  public var email: String
  /// Who may have issued a token.
  public var issuers: [String]

  /// A policy; the issuers are Google's unless others are named.
  public init(
    audience: String, email: String, issuers: [String] = ["https://accounts.google.com", "accounts.google.com"]
  ) {
    self.audience = audience
    self.email = email
    self.issuers = issuers
  }
}

/// A token that was verified: an OpenID Connect JWT, signed with RS256 (RFC 7515, RFC 7518 section 3.3, RFC 7519).
///
/// The header says which key, never which algorithm or where keys are: `alg` must be RS256, a `crit` is refused, `jku`, `jwk` and
/// their kin are not looked at.
struct PushToken {
  /// Longer tokens are refused unread, in bytes.
  static let tokenBytesMax = 8192
  /// What clocks may differ by, in seconds.
  static let skewSeconds = 60

  /// Why a token is not taken.
  enum Refusal: Error, Equatable {
    /// It is signed with a key that is not known (yet).
    case unknownKey
    /// Anything else.
    case invalid
  }

  /// Verifies the text of a token.
  init(
    verifying text: some StringProtocol, keys: JSONWebKeys, policy: PushTokenPolicy, now: BSONDate
  ) throws(Refusal) {
    guard text.utf8.count <= Self.tokenBytesMax else { throw .invalid }
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Self.object(in: parts[0]), let claims = Self.object(in: parts[1]),
      let signature = Base64URL.decode(String(decoding: parts[2], as: UTF8.self))
    else { throw .invalid }
    guard header.string("alg") == "RS256", !header.contains("crit"), let id = header.string("kid") else {
      throw .invalid
    }
    guard let key = keys[id] else { throw .unknownKey }
    let signed = Array(text.utf8.prefix(parts[0].count + 1 + parts[1].count))
    guard key.verifies(signature, of: signed) else { throw .invalid }
    guard Self.holds(claims, policy, now: now) else { throw .invalid }
  }

  private static func holds(_ claims: BSONDocument, _ policy: PushTokenPolicy, now: BSONDate) -> Bool {
    let seconds = Int(now.millisecondsSince1970 / 1000)
    func isPast(_ name: String) -> Bool {
      // A claim that says nothing of time must not be there; what is optional need not.
      guard let value = claims[name] else { return name != "exp" }
      return value.intValue.map { $0 <= seconds + skewSeconds } ?? false
    }
    guard let expiry = integer(claims, "exp"), expiry > seconds - skewSeconds, isPast("iat"), isPast("nbf") else {
      return false
    }
    guard let issuer = claims.string("iss"), policy.issuers.contains(where: { equalBytes($0, issuer) }) else {
      return false
    }
    let audiences = claims.array("aud")?.compactMap(\.stringValue) ?? [claims.string("aud")].compactMap { $0 }
    guard audiences.contains(where: { equalBytes($0, policy.audience) }) else { return false }
    guard let email = claims.string("email"), claims.bool("email_verified") == true else { return false }
    return equalBytes(email, policy.email)
  }

  private static func integer(_ claims: BSONDocument, _ name: String) -> Int? { claims[name]?.intValue }

  /// Swift's own comparison would take canonical equivalents for equal.
  private static func equalBytes(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

  /// The JSON object of a part; nil where it is none, has a name twice, or is not in base64url.
  private static func object(in part: some Collection<UInt8>) -> BSONDocument? {
    guard let bytes = Base64URL.decode(String(decoding: part, as: UTF8.self)) else { return nil }
    return try? JSONDecoding.document(from: bytes.span)
  }
}
