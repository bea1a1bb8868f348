import HTTPServer
import Store

/// Who sent a request.
struct Caller: Sendable {
  /// The key's id; nil where the service is open.
  let keyId: String?
  /// What the caller may do.
  let scopes: Set<KeyScope>
  /// What its key has left; nil when no key is limited.
  var allowance: RateLimiter.Allowance?

  /// Anybody, where no key has been made and only this machine can reach the service.
  static let anybody = Caller(keyId: nil, scopes: Set(KeyScope.allCases))
}

/// What the head of a request says of its sender.
enum Credential: Sendable {
  /// A caller whose key is known.
  case caller(Caller)
  /// A key that the snapshot does not have; it may be new.
  case unknownKey(APIKeyText)
}
