import HTTPServer
import MongoDB
import Store

/// `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a request that is sent again with its key gets the
/// answer that the first one got, for 24 hours.
///
/// Only answers that say what was done are kept. A problem gives the key back: the request may be made again, also with
/// another body. A key belongs to the caller's API key and to the path.
struct Idempotency: Sendable {
  let store: Store
  /// A service that does not answer for so long is taken for dead.
  let leaseMilliseconds: Int

  /// Bytes of a key at the most.
  static let keyBytesMax = 255

  /// Answers a request: by `body`, or as before.
  func answer(_ call: Call, by body: () throws -> HTTPResponse) throws -> HTTPResponse {
    guard let given = try key(of: call.request) else { return try body() }
    let key = Digest.identifier(
      prefix: "ik_", call.caller.keyId ?? "", call.request.method.rawValue, call.request.path, given)
    let query = call.request.query.items.flatMap { [$0.name, $0.value] }
    let request = Digest.identifier(
      prefix: "", parts: query + [call.request.mediaType?.essence ?? "", digest(of: call.request.body)])
    let owner = call.request.requestID + "/" + Digest.hexadecimal((0..<8).map { _ in UInt8.random(in: .min ... .max) })
    switch try store.claimIdempotencyKey(
      key, request: request, owner: owner, leaseMilliseconds: leaseMilliseconds, deadline: call.deadline)
    {
    case .answered(let status, let body):
      return .json(body, status: HTTPStatus(rawValue: status), fields: ["Cache-Control": "no-store"])
    case .inProgress:
      throw Problem(
        .conflict, "idempotency_key_in_progress", detail: "A request with this Idempotency-Key is under way.",
        fields: ["Retry-After": "1"])
    case .otherRequest:
      throw Problem(
        .unprocessableContent, "idempotency_key_reused",
        detail: "This Idempotency-Key was used for another request. Use a new one.",
        errors: [.init(code: "idempotency_key_reused", detail: "Use a new key.", field: "Idempotency-Key")])
    case .granted:
      return try settle(key, owner, call, body)
    }
  }

  private func settle(
    _ key: String, _ owner: String, _ call: Call, _ body: () throws -> HTTPResponse
  ) throws -> HTTPResponse {
    let response: HTTPResponse
    do {
      response = try body()
    } catch {
      // Should this fail, the claim ends by itself.
      let soon = Deadline.after(milliseconds: min(call.deadline.remainingMilliseconds, 500))
      try? store.releaseIdempotencyKey(key, owner: owner, deadline: soon)
      throw error
    }
    guard case .bytes(let bytes) = response.body else { return response }
    // An answer that is not kept could differ from a later one: then the client is to ask again.
    guard
      try store.settleIdempotencyKey(
        key, owner: owner, status: response.status.rawValue, body: bytes, deadline: call.deadline)
    else { throw Problem.databaseUnavailable }
    return response
  }

  /// The key of a request: a structured field's string, or bare as most clients send it.
  private func key(of request: HTTPRequest) throws(Problem) -> String? {
    let values = request.allHeaders("Idempotency-Key")
    guard let value = values.first else { return nil }
    var key = Substring(value)
    if key.utf8.count > 1, key.hasPrefix("\""), key.hasSuffix("\"") { key = key.dropFirst().dropLast() }
    let isWellFormed = key.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
    guard values.count == 1, isWellFormed, (1...Self.keyBytesMax).contains(key.utf8.count) else {
      throw Problem(
        .badRequest, "invalid_idempotency_key",
        detail: "Idempotency-Key is sent once and has 1 to \(Self.keyBytesMax) visible ASCII characters.",
        errors: [
          .init(code: "invalid_idempotency_key", detail: "The field cannot be read.", field: "Idempotency-Key")
        ])
    }
    return String(key)
  }

  private func digest(of body: [UInt8]) -> String { Digest.hexadecimal(Digest.sha256(body)) }
}
