import BSON
import CHTTPTestSupport
import MongoTesting
import Store
import Testing

@testable import Service

/// An authority of its own that signs tokens as Google does, by the shape that its documentation shows.
///
/// Safe: the key never leaves the class, which alone frees it.
@safe
final class TokenAuthority: Sendable {
  // Used by one test at a time; freed in deinit.
  nonisolated(unsafe) private let key: OpaquePointer
  let id = "7d680d8c70d44e947133cbd499ebc1a61c3d5abc"

  init() throws { unsafe key = try #require(unsafe test_rsa_make()) }

  deinit { unsafe test_rsa_free(key) }

  var modulus: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = unsafe test_rsa_modulus(key, &bytes, bytes.count)
    return Array(bytes[..<count])
  }

  var keySet: [UInt8] {
    Array(
      #"""
      {"keys":[{"kty":"EC","crv":"P-256","kid":"other","x":"AA","y":"AA"},
       {"kty":"RSA","alg":"RS256","use":"sig","kid":"\#(id)","n":"\#(Base64URL.encode(modulus))","e":"AQAB"}]}
      """#.utf8)
  }

  func signature(of text: String) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 512)
    let message = Array(text.utf8)
    let count = unsafe test_rsa_sign(key, message, message.count, &bytes, bytes.count)
    return Array(bytes[..<count])
  }

  func token(header: String, claims: String) -> String {
    let signed = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
    return signed + "." + Base64URL.encode(signature(of: signed))
  }

  var header: String { #"{"alg":"RS256","kid":"\#(id)","typ":"JWT"}"# }

  static let issuedAt = 1_550_182_335

  static func claims(_ changed: String = "", without name: String = "") -> String {
    var claims: [(String, String)] = [
      ("aud", #""https://example.com""#), ("azp", #""113774264463038321964""#),
      ("email", #""gae-gcp@appspot.gserviceaccount.com""#), ("sub", #""113774264463038321964""#),
      ("email_verified", "true"), ("exp", "\(issuedAt + 3600)"), ("iat", "\(issuedAt)"),
      ("iss", #""https://accounts.google.com""#),
    ]
    claims.removeAll { $0.0 == name }
    let members = claims.map { "\"\($0.0)\":\($0.1)" } + (changed.isEmpty ? [] : [changed])
    return "{" + members.joined(separator: ",") + "}"
  }
}

@Suite struct PushTokenTests {
  static let authority = Result { try TokenAuthority() }
  let authority: TokenAuthority
  let policy = PushTokenPolicy(audience: "https://example.com", email: "gae-gcp@appspot.gserviceaccount.com")

  init() throws { authority = try Self.authority.get() }

  func refusal(_ token: String, at seconds: Int = TokenAuthority.issuedAt + 10) throws -> PushToken.Refusal? {
    let keys = try #require(JSONWebKeys(authority.keySet))
    #expect(keys.count == 1)
    do throws(PushToken.Refusal) {
      _ = try PushToken(
        verifying: token, keys: keys, policy: policy, now: BSONDate(millisecondsSince1970: Int64(seconds) * 1000))
      return nil
    } catch {
      return error
    }
  }

  @Test func `a token as the documentation shows it is taken`() throws {
    #expect(try refusal(authority.token(header: authority.header, claims: TokenAuthority.claims())) == nil)
  }

  @Test(arguments: [
    (#""aud":["https://other.example","https://example.com"]"#, "aud"), (#""iss":"accounts.google.com""#, "iss"),
    (#""nbf":1550182300"#, "nbf"), ("", "iat"),
  ])
  func `what the standard leaves open is taken`(claim: String, name: String) throws {
    let claims = TokenAuthority.claims(claim, without: name)
    #expect(try refusal(authority.token(header: authority.header, claims: claims)) == nil)
  }

  @Test(arguments: [
    (#""aud":"https://example.com/""#, "aud"), (#""aud":[]"#, "aud"), ("", "aud"), (#""aud":1"#, "aud"),
    (#""iss":"https://accounts.example""#, "iss"), ("", "iss"), (#""email":"other@example.com""#, "email"),
    ("", "email"), (#""email_verified":false"#, "email_verified"), (#""email_verified":"true""#, "email_verified"),
    ("", "email_verified"), ("", "exp"), (#""exp":"1550185935""#, "exp"), (#""exp":1e400"#, "exp"),
    (#""exp":-1"#, "exp"), (#""exp":1550182000"#, "exp"), (#""iat":1550189999"#, "iat"), (#""nbf":1550189999"#, "nbf"),
    (#""nbf":"soon""#, "nbf"), (#""exp":1550185935"#, ""),
  ])
  func `wrong, missing and repeated claims are refused`(claim: String, name: String) throws {
    let claims = TokenAuthority.claims(claim, without: name)
    #expect(try refusal(authority.token(header: authority.header, claims: claims)) == .invalid)
  }

  @Test func `clocks may differ by a minute and no more`() throws {
    let token = authority.token(header: authority.header, claims: TokenAuthority.claims())
    let (begin, end) = (TokenAuthority.issuedAt, TokenAuthority.issuedAt + 3600)
    #expect(try refusal(token, at: end + 59) == nil)
    #expect(try refusal(token, at: end + 60) == .invalid)
    #expect(try refusal(token, at: begin - 60) == nil)
    #expect(try refusal(token, at: begin - 61) == .invalid)
  }

  @Test(arguments: [
    #"{"alg":"none","kid":"K"}"#, #"{"alg":"None","kid":"K"}"#, #"{"alg":"HS256","kid":"K"}"#, #"{"kid":"K"}"#,
    #"{"alg":"RS512","kid":"K"}"#, #"{"alg":"RS256"}"#, #"{"alg":"RS256","kid":1}"#, #"{"alg":["RS256"],"kid":"K"}"#,
    #"{"alg":"RS256","kid":"K","crit":["exp"]}"#, #"{"alg":"RS256","alg":"RS256","kid":"K"}"#, "[]", "",
  ])
  func `a header that asks for anything else is refused`(header: String) throws {
    let header = header.replacing(#""K""#, with: "\"\(authority.id)\"")
    #expect(try refusal(authority.token(header: header, claims: TokenAuthority.claims())) == .invalid)
  }

  @Test(arguments: ["../../etc/passwd", "' or 1=1", "{\\\"$ne\\\":null}", "https://evil.example/keys", ""])
  func `a key that is not in the set is asked of nobody`(id: String) throws {
    let header = #"{"alg":"RS256","kid":"\#(id)","jku":"https://evil.example/keys"}"#
    #expect(try refusal(authority.token(header: header, claims: TokenAuthority.claims())) == .unknownKey)
  }

  @Test func `a signature that is not this text's is refused`() throws {
    let token = authority.token(header: authority.header, claims: TokenAuthority.claims())
    let parts = token.split(separator: ".").map(String.init)
    let other = Base64URL.encode(Array(TokenAuthority.claims(#""admin":true"#).utf8))
    let stranger = try TokenAuthority().token(header: authority.header, claims: TokenAuthority.claims())
    var spoiled = try #require(Base64URL.decode(parts[2]))
    spoiled[100] ^= 1
    for bad in [
      "\(parts[0]).\(other).\(parts[2])", "\(parts[0]).\(parts[1]).", "\(parts[0]).\(parts[1])", stranger, "", "..",
      "a.b.c",
      "\(parts[0]).\(parts[1]).\(Base64URL.encode(spoiled))", token + ".", token + "=", " " + token,
      "\(parts[0]).\(parts[1]).\(Base64URL.encode(Array(spoiled.dropLast())))", String(repeating: "a", count: 9000),
    ] {
      #expect(try refusal(bad) == .invalid, "\(bad.prefix(40))")
    }
  }

  @Test func `a push request with a token is taken, acknowledged or not by its status`() throws {
    let claims = TokenAuthority.claims(#""exp":4102444800"#, without: "exp")
    let token = authority.token(header: authority.header, claims: claims)
    let keys = authority.keySet
    let running = try RunningService(
      try TestDatabase.fresh(), pushTokens: ServiceConfiguration.PushTokens(policy: policy, read: { keys }))
    defer { running.stop() }
    try running.waitUntilReady()
    func push(_ id: String, _ data: String) -> String {
      #"{"message":{"data":"\#(data)","messageId":"\#(id)","publishTime":"2024-05-01T10:00:00Z"}}"#
    }
    let body = push("m1", "eyJldmVudE5hbWUiOiJhIiwidXNlcklkIjoiVTEifQ==")
    try wait(for: "the keys of tokens") { running.client(token).post("/ingest/pubsub", body).status == 200 }
    #expect(running.client(token).post("/ingest/pubsub", body).json.int("duplicates") == 1)
    // Acknowledged, since sending it again could not help; kept as a dead letter.
    let hopeless = push("m2", "eyJhIjoxfQ==")
    #expect(running.client(token).post("/ingest/pubsub", hopeless).status == 200)
    #expect(running.client.get("/dead-letters?origin=pubsub").items.count == 1)
    // Not acknowledged: without a token, with a wrong one.
    for client in [running.client, running.client("a.b.c"), running.client(token + "x")] {
      let answer = client.post("/ingest/pubsub", body)
      #expect(answer.status == 401)
      #expect(answer.field("WWW-Authenticate")?.hasPrefix("Bearer") == true)
    }
    // The token opens this route only, and a key goes on doing.
    let key = try running.addKey([.ingest])
    try wait(for: "the key to be known") { running.client(token).get("/segments").status == 401 }
    #expect(running.client(token).post("/ingest/events", "[]").status == 401)
    #expect(running.client(key).post("/ingest/pubsub", body).status == 200)
    #expect(running.client(token).post("/ingest/pubsub", body).status == 200)
  }
}
