/// What to do with a request once its head is complete, before any byte of its body is read. The order is: is it a method
/// (501), is there such a path (400, 404), does it have the method (405), who asks (401, 403, 429), can its expectation be
/// met (417), is the query sound (400), is the body of a kind that the route takes (415).
enum HeadDecision {
  case run(HTTPRoute)
  case answer(HTTPResponse)

  static func make(for storage: RequestStorage, core: ServerCore) -> HeadDecision {
    do throws(Problem) {
      guard let method = storage.head.method, method != .connect else {
        throw unknownMethod
      }
      let isServerWide =
        storage.head.form == .asterisk || (method == .options && storage.head.path.count == 0)
      if isServerWide { return .answer(HTTPResponse(status: .noContent, fields: ["Allow": everyMethod])) }
      let route: HTTPRoute
      switch core.routes.match(storage, method: method) {
      case .found(let found): route = found
      case .malformed: throw .badRequest("malformed_path", "The path decodes to something that cannot be a name.")
      case .notFound where method == .trace: throw unknownMethod
      case .notFound: throw .notFound("There is no such resource.")
      case .methodNotAllowed(let allowed):
        let allow = allowed.map(\.rawValue).joined(separator: ", ")
        if method == .options { return .answer(HTTPResponse(status: .noContent, fields: ["Allow": allow])) }
        throw Problem(
          .methodNotAllowed, "method_not_allowed", detail: "The resource does not have this method.",
          fields: ["Allow": allow])
      }
      storage.route = route
      try authenticate(storage, route, core)
      if storage.head.expectation == .other {
        throw Problem(417, "expectation_failed", detail: "The only expectation met here is 100-continue.")
      }
      if !route.options.ignoresQuery, !storage.head.query.isNone,
        !HTTPQuery.isText(storage.bytes[storage.head.query.range])
      {
        throw .badRequest("malformed_query", "The query decodes to something that is not text.")
      }
      if storage.head.hasBody { try checkContent(storage, route, method) }
      return .run(route)
    } catch {
      return .answer(core.answer(error, requestID: storage.requestID))
    }
  }

  private static let unknownMethod = Problem(
    501, "method_not_implemented", detail: "This server does not know the method.")
  private static let everyMethod = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

  private static func authenticate(
    _ storage: RequestStorage, _ route: HTTPRoute, _ core: ServerCore
  ) throws(Problem) {
    guard !route.options.isPublic else { return }
    do {
      storage.principal = try core.hooks.authenticate?(HTTPRequest(storage: storage))
      try core.hooks.authorize?(HTTPRequest(storage: storage))
    } catch {
      throw core.problem(for: error, requestID: storage.requestID)
    }
  }

  /// RFC 9110 section 15.5.16.
  private static func checkContent(
    _ storage: RequestStorage, _ route: HTTPRoute, _ method: HTTPMethod
  ) throws(Problem) {
    if storage.field("content-encoding") != nil { try checkCoding(storage) }
    guard method.carriesContent, !isTakenAsWritten(storage, route) else { return }
    let types = HTTPRequest(storage: storage).allHeaders("Content-Type")
    guard types.count == 1, let type = MediaType(parsing: types[0]), type.isTaken(by: route.options.mediaTypes) else {
      throw Problem(
        .unsupportedMediaType, "unsupported_media_type", detail: "The route does not take a body of this media type.",
        fields: ["Accept": route.options.mediaTypes.map(\.essence).joined(separator: ", ")])
    }
  }

  private static func checkCoding(_ storage: RequestStorage) throws(Problem) {
    let codings = HTTPRequest(storage: storage).allHeaders("Content-Encoding").joined(separator: ",").utf8
      .split(separator: UInt8(ascii: ","))
      .map { String(decoding: $0.filter { !isOptionalSpace($0) }.map(asciiLower), as: UTF8.self) }
      .filter { !$0.isEmpty && $0 != "identity" }
    guard codings.isEmpty || codings == ["gzip"] else {
      throw Problem(
        .unsupportedMediaType, "unsupported_content_encoding", detail: "A body may be compressed with gzip, once.",
        fields: ["Accept-Encoding": "gzip, identity"])
    }
    storage.isBodyCompressed = !codings.isEmpty
  }

  /// Whether the one `Content-Type` is a type of the route to the letter, as nearly every one is: then nothing is taken apart.
  private static func isTakenAsWritten(_ storage: RequestStorage, _ route: HTTPRoute) -> Bool {
    guard let value = storage.field("content-type") else { return false }
    let written = storage.bytes[value.range]
    guard route.options.mediaTypes.contains(where: { written.elementsEqual($0.essence.utf8) }) else { return false }
    return !storage.repeats("content-type")
  }
}
