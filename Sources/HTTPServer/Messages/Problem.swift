/// What went wrong, as `application/problem+json` (RFC 9457). Handlers throw it; the server adds the request's id.
///
/// `title`, `code` and `detail` are read by clients: they name what the client can change, never a file, a query or the
/// message of a library.
public struct Problem: Error, Sendable, Hashable {
  /// One of several faults in a request.
  public struct Item: Sendable, Hashable {
    /// A JSON Pointer into the request's body (RFC 6901), or "" where there is none.
    public var pointer: String
    /// A stable word for programs.
    public var code: String
    /// A sentence for people.
    public var detail: String
    /// The name of the field or query parameter at fault.
    public var field: String?
    /// The position of the faulty item in a bulk request.
    public var index: Int?

    /// One fault.
    public init(pointer: String = "", code: String, detail: String, field: String? = nil, index: Int? = nil) {
      self.pointer = pointer
      self.code = code
      self.detail = detail
      self.field = field
      self.index = index
    }
  }

  /// The status the answer is sent with.
  public var status: HTTPStatus
  /// A stable word for programs, in snake_case.
  public var code: String
  /// A short name for people; the status's reason phrase when not given.
  public var title: String
  /// A sentence about this occurrence.
  public var detail: String
  /// The single faults, for a request with several.
  public var errors: [Item]
  /// Further response fields, `Retry-After` for one.
  public var fields: HTTPFields

  /// A problem. 401 gets `WWW-Authenticate`, 429 and 503 `Retry-After`, when `fields` does not have them.
  public init(
    _ status: HTTPStatus, _ code: String, detail: String, title: String? = nil, errors: [Item] = [],
    fields: HTTPFields = .init()
  ) {
    self.status = status
    self.code = code
    self.title = title ?? status.reason
    self.detail = detail
    self.errors = errors
    self.fields = fields
  }

  /// 404 with the code `not_found`.
  public static func notFound(_ detail: String) -> Problem { Problem(.notFound, "not_found", detail: detail) }

  /// 400 with a code of its own.
  public static func badRequest(_ code: String, _ detail: String) -> Problem {
    Problem(.badRequest, code, detail: detail)
  }

  /// 400 for a query parameter, which `errors` names.
  public static func invalidParameter(
    _ name: String, _ detail: String, code: String = "invalid_parameter"
  ) -> Problem {
    Problem(.badRequest, code, detail: detail, errors: [Item(code: code, detail: detail, field: name)])
  }

  /// 503 that asks the client to come again.
  public static func unavailable(_ code: String, _ detail: String, retryAfterSeconds: Int = 1) -> Problem {
    Problem(.serviceUnavailable, code, detail: detail, fields: ["Retry-After": String(retryAfterSeconds)])
  }

  /// The answer that carries this problem.
  func response(requestID: String, retryAfterSeconds: Int) -> HTTPResponse {
    var response = HTTPResponse(status: status, fields: fields, body: .bytes(json(requestID: requestID)))
    response.contentType = .problem
    if fields["Cache-Control"] == nil { response.fields.append("Cache-Control", "no-store") }
    if status == .unauthorized, fields["WWW-Authenticate"] == nil {
      response.fields.append("WWW-Authenticate", "Bearer")
    }
    if status == .tooManyRequests || status == .serviceUnavailable, fields["Retry-After"] == nil {
      response.fields.append("Retry-After", String(retryAfterSeconds))
    }
    return response
  }

  func json(requestID: String) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(256 + detail.utf8.count)
    out.append(contentsOf: #"{"type":"about:blank","title":"#.utf8)
    appendJSON(title, to: &out)
    out.append(contentsOf: #","status":"#.utf8)
    appendDecimal(status.rawValue, to: &out)
    out.append(contentsOf: #","code":"#.utf8)
    appendJSON(code, to: &out)
    out.append(contentsOf: #","detail":"#.utf8)
    appendJSON(detail, to: &out)
    out.append(contentsOf: #","requestId":"#.utf8)
    appendJSON(requestID, to: &out)
    if !errors.isEmpty { appendErrors(to: &out) }
    out.append(UInt8(ascii: "}"))
    return out
  }

  private func appendErrors(to out: inout [UInt8]) {
    out.append(contentsOf: #","errors":["#.utf8)
    for (position, item) in errors.enumerated() {
      out.append(contentsOf: (position == 0 ? #"{"pointer":"# : #",{"pointer":"#).utf8)
      appendJSON(item.pointer, to: &out)
      out.append(contentsOf: #","code":"#.utf8)
      appendJSON(item.code, to: &out)
      out.append(contentsOf: #","detail":"#.utf8)
      appendJSON(item.detail, to: &out)
      if let field = item.field {
        out.append(contentsOf: #","field":"#.utf8)
        appendJSON(field, to: &out)
      }
      if let index = item.index {
        out.append(contentsOf: #","index":"#.utf8)
        appendDecimal(index, to: &out)
      }
      out.append(UInt8(ascii: "}"))
    }
    out.append(UInt8(ascii: "]"))
  }
}

/// Appends a JSON string, quotes included. Control characters are escaped, everything else stays UTF-8.
func appendJSON(_ string: String, to out: inout [UInt8]) {
  out.append(UInt8(ascii: "\""))
  for byte in string.utf8 {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): out.append(contentsOf: [UInt8(ascii: "\\"), byte])
    case 0..<0x20: out.append(contentsOf: [0x5C, 0x75, 0x30, 0x30, hexDigit(byte >> 4), hexDigit(byte & 15)])
    default: out.append(byte)
    }
  }
  out.append(UInt8(ascii: "\""))
}
