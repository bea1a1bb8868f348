/// A complete request: a window on bytes that the parser has checked. Strings are made when they are asked for.
public struct HTTPRequest: Sendable {
  let storage: RequestStorage

  /// The method; a HEAD request is answered by the route of GET and says `.head` here.
  public var method: HTTPMethod { storage.head.method ?? .get }
  /// The path as it was sent, percent-encoded, without the query.
  public var path: String { storage.text(storage.head.path) }
  /// The decoded query.
  public var query: HTTPQuery { HTTPQuery(storage) }
  /// The authority of the request: of an absolute target, else of Host.
  public var authority: String { storage.text(storage.head.authority) }
  /// The body, decoded. Empty for a route that takes it as a stream.
  public var body: [UInt8] { storage.body }
  /// The route that was matched.
  public var route: HTTPRoute? { storage.route }
  /// Whether the request came over TLS.
  public var isTLS: Bool { storage.isTLS }
  /// The subject's common name of the client's verified certificate, where one was asked for.
  public var clientCertificateName: String? { storage.clientCertificateName }
  /// The address of the client as text, without its port.
  public var remoteAddress: String { storage.peer.description }
  /// The client's `X-Request-Id` where it is sane, else a new one. Sent back with the answer.
  public var requestID: String { storage.requestID }
  /// What the `authenticate` hook returned.
  public var principal: (any Sendable)? { storage.principal }
  /// The W3C trace that the client began, with a span of ours; nil when it sent none.
  public var trace: TraceContext? { storage.trace }
  /// Whether the server is ending: readiness says no then.
  public var isServerDraining: Bool { storage.isServerDraining }

  /// The value of the first field of this name, compared without case.
  public func header(_ name: String) -> String? {
    allHeaders(name).first
  }

  /// The values of all fields of this name, in order.
  public func allHeaders(_ name: String) -> [String] {
    let name = Array(name.utf8)
    return storage.head.fields.compactMap { field in
      guard field.name.count == name.count else { return nil }
      let found = storage.bytes[field.name.range]
      return zip(found, name).allSatisfy({ asciiLower($0) == asciiLower($1) }) ? storage.text(field.value) : nil
    }
  }

  /// All fields in order.
  public var headers: [(name: String, value: String)] {
    storage.head.fields.map { (storage.text($0.name), storage.text($0.value)) }
  }

  /// The media type of the body, when its field is well-formed.
  public var mediaType: MediaType? { header("Content-Type").flatMap(MediaType.init(parsing:)) }

  /// The path's segments, each percent-decoded once, after the split on "/".
  public var pathSegments: [String] {
    storage.bytes[storage.head.path.range].split(separator: UInt8(ascii: "/")).compactMap { decodePercent($0) }
  }

  /// The decoded part of the path that stands for `{name}` in the route's pattern. Routing has checked that it is not
  /// empty, is UTF-8, and holds neither NUL nor "/". A name that the pattern does not have is "".
  public func parameter(_ name: String) -> String {
    guard let position = storage.route?.parameterNames.firstIndex(of: name), position < storage.captures.count
    else { return "" }
    return decodePercent(storage.bytes[storage.captures[position].range]) ?? ""
  }

  /// Whether `If-None-Match` names this entity tag, given with its quotes (weak comparison, RFC 9110 section 13.1.2).
  public func ifNoneMatch(_ etag: String) -> Bool { entityTags("If-None-Match")?.matches(etag, weakly: true) ?? false }

  /// Whether `If-Match` is absent or names this entity tag (strong comparison, RFC 9110 section 13.1.1). `nil` is the state
  /// of a resource that does not exist.
  public func ifMatch(_ etag: String?) -> Bool { entityTags("If-Match")?.matches(etag, weakly: false) ?? true }

  /// Whether the field is there at all: a route that requires it answers 428.
  public var hasIfMatch: Bool { storage.field("if-match") != nil }

  private func entityTags(_ name: String) -> EntityTags? {
    let values = allHeaders(name)
    return values.isEmpty ? nil : EntityTags(parsing: values.joined(separator: ","))
  }
}

extension HTTPRequest {
  /// A request made of its raw bytes, as a client would send them, for tests of handlers. `parameters` stand for what
  /// routing would have captured from `pattern`. Nil when a server would refuse the bytes.
  public init?(
    parsing raw: String, pattern: String = "/", body: [UInt8] = [], requestID: String = "test",
    principal: (any Sendable)? = nil
  ) {
    let storage = RequestStorage()
    var parser = HeadParser()
    let bytes = Array(raw.utf8)
    storage.bytes = bytes
    let step = parser.parse(bytes.span, from: 0, into: &storage.head, limits: HTTPLimits())
    guard step == .complete, let method = storage.head.method, method != .connect else { return nil }
    var router = Router()
    router.on(method == .head ? .get : method, pattern) { _ in HTTPResponse(status: .noContent) }
    guard case .found(let route) = router.compiled().match(storage, method: method) else { return nil }
    storage.route = route
    storage.body = body
    storage.requestID = requestID
    storage.principal = principal
    self.storage = storage
  }
}
