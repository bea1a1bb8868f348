/// Writes the head of an answer. Status lines and the fixed fields are rendered ahead; the rest is appended to the buffer
/// from which the answer is sent.
enum ResponseEncoder {
  /// How the end of the body is told (RFC 9112 section 6).
  enum Framing {
    case length(Int)
    case chunked
    /// HTTP/1.0: the end of the connection.
    case untilClose
    case none
  }

  /// What the connection adds to an answer.
  struct Context {
    var framing: Framing
    /// Whether `Content-Type` is sent: there is content, or would be for another method.
    var hasContent: Bool
    var isPersistent: Bool
    /// HTTP/1.0 has to be told that the connection stays.
    var saysKeepAlive: Bool
  }

  static func appendHead(
    of response: borrowing HTTPResponse, _ context: Context, requestID: String, traceparent: String?,
    date: borrowing DateHeader, to out: inout [UInt8]
  ) {
    appendStatusLine(response.status, to: &out)
    out.append(contentsOf: date.lines)
    if context.hasContent { out.append(contentsOf: response.contentType.line) }
    switch context.framing {
    case .length(let count):
      out.append("Content-Length: ")
      appendDecimal(count, to: &out)
      out.append("\r\n")
    case .chunked: out.append("Transfer-Encoding: chunked\r\n")
    case .untilClose, .none: break
    }
    if !requestID.isEmpty {
      out.append("X-Request-Id: ")
      out.append(contentsOf: requestID.utf8)
      out.append("\r\n")
    }
    if let traceparent { appendField("traceparent", traceparent, to: &out) }
    for line in response.fields.lines where !isOwn(line.name) { appendField(line.name, line.value, to: &out) }
    if !context.isPersistent {
      out.append("Connection: close\r\n")
    } else if context.saysKeepAlive {
      out.append("Connection: keep-alive\r\n")
    }
    out.append("\r\n")
  }

  /// A chunk with its size line (RFC 9112 section 7.1).
  static func appendChunk(_ bytes: [UInt8], to out: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    var shift = (Int.bitWidth - bytes.count.leadingZeroBitCount - 1) / 4 * 4
    while shift >= 0 {
      out.append(hexDigit(UInt8(truncatingIfNeeded: bytes.count >> shift) & 15))
      shift -= 4
    }
    out.append("\r\n")
    out.append(contentsOf: bytes)
    out.append("\r\n")
  }

  static let lastChunk = Array("0\r\n\r\n".utf8)
  static let continueResponse = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  private static let statusLines: [[UInt8]] = (100..<600).map {
    Array("HTTP/1.1 \($0) \(HTTPStatus(rawValue: $0).reason)\r\n".utf8)
  }

  private static func appendStatusLine(_ status: HTTPStatus, to out: inout [UInt8]) {
    let code = status.rawValue
    out.append(contentsOf: statusLines[code >= 100 && code < 600 ? code - 100 : 400])
  }

  private static func appendField(_ name: String, _ value: String, to out: inout [UInt8]) {
    out.append(contentsOf: name.utf8)
    out.append(UInt8(ascii: ":"))
    out.append(0x20)
    out.append(contentsOf: value.utf8)
    out.append("\r\n")
  }

  /// Fields that say how the message is framed or fixed for every answer: the server's own.
  private static func isOwn(_ name: String) -> Bool {
    switch name.utf8.count {
    case 4: HTTPFields.equal(name, "date")
    case 10: HTTPFields.equal(name, "connection")
    case 12: HTTPFields.equal(name, "content-type") || HTTPFields.equal(name, "x-request-id")
    case 14: HTTPFields.equal(name, "content-length")
    case 17: HTTPFields.equal(name, "transfer-encoding")
    case 22: HTTPFields.equal(name, "x-content-type-options")
    default: false
    }
  }
}
