/// What a handler answers. The server adds Date, Content-Length, the security fields and the request's id, compresses,
/// and leaves the body out for HEAD and 304.
public struct HTTPResponse: Sendable {
  /// The content of an answer.
  public enum Body: Sendable {
    /// No content: `Content-Length: 0`, or none for 204 and 304.
    case none
    /// The whole content.
    case bytes([UInt8])
    /// Content that is produced while it is sent.
    case stream(HTTPBodyStream)
  }

  /// The status.
  public var status: HTTPStatus
  /// `Content-Type`; not sent for an answer without content.
  public var contentType: MediaType
  /// Further fields.
  public var fields: HTTPFields
  /// The content.
  public var body: Body

  /// An answer.
  public init(
    status: HTTPStatus = .ok, contentType: MediaType = .json, fields: HTTPFields = .init(), body: Body = .none
  ) {
    self.status = status
    self.contentType = contentType
    self.fields = fields
    self.body = body
  }

  /// JSON text that is already encoded.
  public static func json(_ bytes: [UInt8], status: HTTPStatus = .ok, fields: HTTPFields = .init()) -> HTTPResponse {
    HTTPResponse(status: status, contentType: .json, fields: fields, body: .bytes(bytes))
  }

  /// Text of a media type, in UTF-8.
  public static func text(
    _ text: String, _ contentType: MediaType = .plainText, status: HTTPStatus = .ok
  ) -> HTTPResponse {
    HTTPResponse(status: status, contentType: contentType, body: .bytes(Array(text.utf8)))
  }

  /// No content.
  public static var noContent: HTTPResponse { HTTPResponse(status: .noContent) }

  /// Content made piece by piece. `next` runs on a worker each time the client has taken what was there: it appends the
  /// next piece and says whether more will come. No thread waits for a slow client. The calls are serial; `state` is
  /// theirs alone.
  public static func stream<State: Sendable>(
    _ contentType: MediaType, from state: State, status: HTTPStatus = .ok, fields: HTTPFields = .init(),
    next: @escaping @Sendable (inout State, inout [UInt8]) throws -> Bool
  ) -> HTTPResponse {
    HTTPResponse(
      status: status, contentType: contentType, fields: fields,
      body: .stream(HTTPBodyStream(state: state, next: next)))
  }

  /// The same answer with one more field.
  public func with(_ name: String, _ value: String) -> HTTPResponse {
    var copy = self
    copy.fields.append(name, value)
    return copy
  }
}
