extension HTTPServerConfiguration.CORS {
  /// Adds what lets a page of an allowed origin make a call and read the answer, errors included, on the paths that are
  /// open to pages at all. The answers there vary by origin.
  func apply(to response: inout HTTPResponse, for storage: RequestStorage) {
    let path = storage.head.path
    guard !path.isNone, storage.bytes[path.range].starts(with: pathPrefix.utf8) else { return }
    let isForAll = origins.contains("*")
    if !isForAll { response.fields.append("Vary", "Origin") }
    let request = HTTPRequest(storage: storage)
    guard let origin = request.header("Origin"), isForAll || origins.contains(origin) else { return }
    response.fields.append("Access-Control-Allow-Origin", isForAll ? "*" : origin)
    if storage.head.method == .options, request.header("Access-Control-Request-Method") != nil {
      response.fields.append("Access-Control-Allow-Methods", response.fields["Allow"] ?? "")
      response.fields.append("Access-Control-Allow-Headers", "Authorization, Content-Type, Content-Encoding")
      response.fields.append("Access-Control-Max-Age", "600")
    } else {
      response.fields.append("Access-Control-Expose-Headers", "X-Request-Id, Retry-After")
    }
  }
}
