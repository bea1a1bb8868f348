/// A status code with the reason phrase that stands on the status line.
public struct HTTPStatus: RawRepresentable, Sendable, Hashable, ExpressibleByIntegerLiteral {
  /// The code.
  public let rawValue: Int

  /// A status of any code.
  public init(rawValue: Int) { self.rawValue = rawValue }
  /// A status written as its code.
  public init(integerLiteral value: Int) { rawValue = value }

  /// 200: it is done.
  public static let ok: HTTPStatus = 200
  /// 201: a resource was made; `Location` names it.
  public static let created: HTTPStatus = 201
  /// 202: taken on, not done yet.
  public static let accepted: HTTPStatus = 202
  /// 204: done, nothing to show.
  public static let noContent: HTTPStatus = 204
  /// 304: the client has it already.
  public static let notModified: HTTPStatus = 304
  /// 400: the request cannot be understood.
  public static let badRequest: HTTPStatus = 400
  /// 401: who asks is not known.
  public static let unauthorized: HTTPStatus = 401
  /// 403: who asks may not.
  public static let forbidden: HTTPStatus = 403
  /// 404: there is no such resource.
  public static let notFound: HTTPStatus = 404
  /// 405: the resource does not have the method.
  public static let methodNotAllowed: HTTPStatus = 405
  /// 409: the state of the resource is against it.
  public static let conflict: HTTPStatus = 409
  /// 412: `If-Match` names another state.
  public static let preconditionFailed: HTTPStatus = 412
  /// 413: the body is over a limit.
  public static let contentTooLarge: HTTPStatus = 413
  /// 415: the body is of a kind that is not taken.
  public static let unsupportedMediaType: HTTPStatus = 415
  /// 422: the body is understood and cannot be carried out.
  public static let unprocessableContent: HTTPStatus = 422
  /// 428: `If-Match` is missing.
  public static let preconditionRequired: HTTPStatus = 428
  /// 429: the client asks too often.
  public static let tooManyRequests: HTTPStatus = 429
  /// 500: our fault.
  public static let internalServerError: HTTPStatus = 500
  /// 503: not now; `Retry-After` says when.
  public static let serviceUnavailable: HTTPStatus = 503

  /// Whether an answer with this status has neither body nor `Content-Length` (RFC 9110 section 8.6).
  public var isBodiless: Bool { rawValue == 204 || rawValue == 304 || rawValue < 200 }

  /// The reason phrase of RFC 9110 section 15, or of the class for a code without one.
  public var reason: String {
    switch rawValue {
    case 100: "Continue"
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 204: "No Content"
    case 206: "Partial Content"
    case 207: "Multi-Status"
    case 301: "Moved Permanently"
    case 302: "Found"
    case 303: "See Other"
    case 304: "Not Modified"
    case 307: "Temporary Redirect"
    case 308: "Permanent Redirect"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 406: "Not Acceptable"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 410: "Gone"
    case 412: "Precondition Failed"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 417: "Expectation Failed"
    case 422: "Unprocessable Content"
    case 423: "Locked"
    case 428: "Precondition Required"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    case 200..<300: "Success"
    case 300..<400: "Redirection"
    case 400..<500: "Client Error"
    default: "Server Error"
    }
  }
}
