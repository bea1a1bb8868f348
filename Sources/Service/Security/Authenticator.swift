import HTTPServer
import Store

/// Finds out who is calling, from the `Authorization` field alone: a Bearer token (RFC 6750, section 2.1), or for the
/// tracking API, whose SDKs know nothing else, the user of Basic authentication (RFC 7617).
struct Authenticator: Sendable {
  let ring: KeyRing
  /// Whether a service without any key serves everybody: true where only this machine can reach it.
  let isOpenWithoutKeys: Bool
  /// Verifies the tokens that push requests may come with instead of a key.
  var pushTokens: PushTokenVerifier?

  /// Reads the head. Touches memory only.
  func credential(of request: HTTPRequest) throws(Problem) -> Credential {
    if let pushTokens, request.route?.pattern == PubSubRoutes.path, let token = try pushToken(request) {
      return .caller(try pushTokens.caller(presenting: token))
    }
    switch ring.snapshot {
    case .unknown:
      throw .unavailable("not_ready", "The service has not loaded its keys yet.")
    case .empty:
      if isOpenWithoutKeys { return .caller(.anybody) }
      throw .unauthorized("no_keys", "No API key has been made yet.")
    case .keys(let keys):
      let presented = try presentedKey(request)
      guard let key = keys[presented.id] else { return .unknownKey(presented) }
      return .caller(try caller(presented, key))
    }
  }

  /// Judges a key that the snapshot did not have once the keys were loaded anew.
  func caller(afterLoading presented: APIKeyText) throws(Problem) -> Caller {
    guard case .keys(let keys) = ring.snapshot, let key = keys[presented.id] else { throw .wrongKey }
    return try caller(presented, key)
  }

  private func caller(_ presented: APIKeyText, _ key: APIKey) throws(Problem) -> Caller {
    guard constantTimeEqual(presented.secretHash, key.secretHash) else { throw .wrongKey }
    return Caller(keyId: key.id, scopes: key.scopes)
  }

  private func presentedKey(_ request: HTTPRequest) throws(Problem) -> APIKeyText {
    let values = request.allHeaders("Authorization")
    guard let value = values.first else {
      throw .unauthorized("missing_key", "Send an API key: Authorization: Bearer c360_….")
    }
    guard values.count == 1 else { throw .unauthorized("repeated_authorization", "Send Authorization once.") }
    if takesWriteKeys(request), let key = writeKey(in: value) { return key }
    guard let text = bearer(value), let key = APIKeyText(String(text)) else { throw .wrongKey }
    return key
  }

  /// The token of a push request, nil for an API key. Where tokens are verified, nobody comes without one or the other.
  private func pushToken(_ request: HTTPRequest) throws(Problem) -> Substring? {
    let values = request.allHeaders("Authorization")
    guard let value = values.first, values.count == 1 else {
      throw .unauthorized("missing_key", "Send one token or API key: Authorization: Bearer ….")
    }
    guard let text = bearer(value) else { throw .wrongKey }
    return APIKeyText(String(text)) == nil ? text : nil
  }

  /// What stands behind the scheme Bearer, whose name has no case (RFC 9110, section 11.1); one space or more part the two.
  private func bearer(_ value: String) -> Substring? {
    let scheme = value.utf8.prefix { $0 != UInt8(ascii: " ") }
    guard scheme.count == 6, String(decoding: scheme, as: UTF8.self).lowercased().utf8.elementsEqual("bearer".utf8)
    else { return nil }
    return Substring(value.utf8.dropFirst(6).drop { $0 == UInt8(ascii: " ") })
  }

  private func takesWriteKeys(_ request: HTTPRequest) -> Bool {
    request.route?.pattern.utf8.starts(with: "/v1/".utf8) == true
  }

  /// The key that is the user of Basic authentication. Segment's SDKs send no password; one that is sent says nothing.
  private func writeKey(in value: String) -> APIKeyText? {
    let scheme = value.utf8.prefix { $0 != UInt8(ascii: " ") }
    guard scheme.count == 5, String(decoding: scheme, as: UTF8.self).lowercased().utf8.elementsEqual("basic".utf8)
    else { return nil }
    let encoded = String(decoding: value.utf8.dropFirst(5).drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
    guard let decoded = Base64.decode(encoded), let colon = decoded.firstIndex(of: UInt8(ascii: ":")) else {
      return nil
    }
    return APIKeyText(String(decoding: decoded[..<colon], as: UTF8.self))
  }
}

extension Problem {
  /// 401 with the challenge of RFC 6750.
  static func unauthorized(_ code: String, _ detail: String) -> Problem {
    Problem(.unauthorized, code, detail: detail, fields: ["WWW-Authenticate": "Bearer realm=\"customer360\""])
  }

  /// A key that is none of ours. What exactly is wrong with it is not said.
  static var wrongKey: Problem {
    Problem(
      .unauthorized, "invalid_key", detail: "The API key is not valid.",
      fields: ["WWW-Authenticate": "Bearer realm=\"customer360\", error=\"invalid_token\""])
  }

  /// 403: the key is good, its scopes do not reach here.
  static func missingScope(_ wanted: Set<KeyScope>) -> Problem {
    let names = wanted.map(\.rawValue).sorted().joined(separator: " ")
    return Problem(
      .forbidden, "missing_scope", detail: "The API key has none of the scopes that this route takes: \(names).",
      fields: ["WWW-Authenticate": "Bearer realm=\"customer360\", error=\"insufficient_scope\", scope=\"\(names)\""])
  }
}
