/// What becomes of a handler's answer before it is sent: conditional requests (RFC 9110 section 13), content coding (section
/// 12.5.3). Runs where the handler ran, so compression of large answers is a worker's task.
enum ResponseFinisher {
  static func finish(_ response: consuming HTTPResponse, for request: RequestStorage, limits: HTTPLimits)
    -> HTTPResponse
  {
    var response = response
    guard !response.status.isBodiless else { return response }
    let size: Int
    switch response.body {
    case .none: return response
    case .bytes(let bytes): size = bytes.count
    case .stream: size = .max
    }
    let varies =
      size >= limits.compressBytesMin && request.route?.options.compresses != false
      && response.fields["Content-Encoding"] == nil && isCompressible(response.contentType)
    if varies { response.fields.append("Vary", "Accept-Encoding") }
    let choice = choice(for: request, isCompressible: varies)
    let isRead = request.head.method == .get || request.head.method == .head
    if isRead, response.status == .ok, let etag = response.fields["ETag"] {
      // The order is that of RFC 9110 section 13.2.2.
      guard HTTPRequest(storage: request).ifMatch(etag) else {
        return refusal(.preconditionFailed, "precondition_failed", "If-Match names another state.", request, limits)
      }
      if choice == .gzip { response.fields.set("ETag", EntityTags.compressed(etag)) }
      if HTTPRequest(storage: request).ifNoneMatch(etag) {
        response.status = .notModified
        response.body = .none
        return response
      }
    }
    switch choice {
    case .identity: return response
    case .gzip: return compressed(response)
    // What a write has done is done: its answer is sent as it is, and so is that of an error.
    case .none where response.status.rawValue >= 400 || !isRead: return response
    case .none:
      return refusal(406, "not_acceptable", "The client takes neither identity nor gzip.", request, limits)
    }
  }

  private static func refusal(
    _ status: HTTPStatus, _ code: String, _ detail: String, _ request: RequestStorage, _ limits: HTTPLimits
  ) -> HTTPResponse {
    Problem(status, code, detail: detail)
      .response(requestID: request.requestID, retryAfterSeconds: limits.retryAfterS)
  }

  private static func choice(for request: RequestStorage, isCompressible: Bool) -> AcceptEncoding.Choice {
    guard request.field("accept-encoding") != nil else { return .identity }
    let value = Array(HTTPRequest(storage: request).allHeaders("accept-encoding").joined(separator: ",").utf8)
    return AcceptEncoding(value.span).choice(isCompressible: isCompressible)
  }

  private static func compressed(_ response: consuming HTTPResponse) -> HTTPResponse {
    var response = response
    switch response.body {
    case .none: return response
    case .bytes(let bytes): response.body = .bytes(Deflaters.compress(bytes))
    case .stream(let stream): response.body = .stream(stream.compressed())
    }
    response.fields.append("Content-Encoding", "gzip")
    return response
  }

  private static func isCompressible(_ type: MediaType) -> Bool {
    let essence = type.essence
    return essence.hasPrefix("text/") || essence.hasSuffix("json") || essence.hasSuffix("+xml")
      || essence.hasSuffix("/xml") || essence.hasSuffix("javascript") || essence.hasSuffix("yaml")
  }
}
