import Testing

@testable import HTTPServer

/// Requirements 10 to 15 of HTTPServer.md over real sockets: RFC 9112 sections 6, 7 and 9, RFC 9110 sections 8.6 and 10.1.1.
@Suite struct FramingTests {
  private let server: TestServer

  init() throws { server = try TestServer() }

  private static let head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"

  /// A refusal closes the connection, and nothing that follows in the stream is taken for a request.
  private func expectRefusal(_ bytes: String, _ status: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let client = try server.client()
    client.send(bytes + "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
    let response = client.response()
    #expect(response?.status == status, "\(bytes.debugDescription.suffix(80))", sourceLocation: sourceLocation)
    #expect(response?.field("Connection") == "close", sourceLocation: sourceLocation)
    #expect(client.isClosed(), sourceLocation: sourceLocation)
  }

  @Test(
    "10 Content-Length is 1*DIGIT, once (RFC 9112 section 6.3)",
    arguments: [
      "+5", "-5", "-0", "0x5", "5_0", "5 5", "5,5", "5, 5", "", "five", "5.0", "5e0", "\u{665}", "\u{FF15}", "\u{B2}",
      "5;",
      "\"5\"", "0b1", " \t", "5\t5", "NaN",
    ])
  func badLength(value: String) throws { try expectRefusal(Self.head + "Content-Length: \(value)\r\n\r\nhello", 400) }

  @Test(
    "10 a repeated Content-Length is refused, equal or not",
    arguments: [("5", "5"), ("5", "6"), ("0", "5"), ("5", "")])
  func repeatedLength(first: String, second: String) throws {
    try expectRefusal(
      Self.head + "Content-Length: \(first)\r\nContent-Length: \(second)\r\n\r\nhello", 400)
    try expectRefusal(
      Self.head + "Content-Length: \(first)\r\ncONTENT-lENGTH: \(second)\r\n\r\nhello", 400)
  }

  @Test(
    "10 a length beyond the limit or beyond eighteen digits is 413 (RFC 9110 section 8.6)",
    arguments: [
      "8388609", "999999999999999999", "9223372036854775807", "9223372036854775808", "18446744073709551621",
      "0000000000000000005", "99999999999999999999999999999999999999999",
    ])
  func tooLong(value: String) throws { try expectRefusal(Self.head + "Content-Length: \(value)\r\n\r\n", 413) }

  @Test func `10 leading zeros and white space around are allowed`() throws {
    #expect(try server.ask(Self.head + "Content-Length: \t 005 \r\n\r\nhello")?.text == "hello")
  }

  @Test(
    "11 Transfer-Encoding is chunked and nothing else (RFC 9112 section 6.1)",
    arguments: [
      ("identity", 400), ("gzip", 400), ("chunked, gzip", 400), ("chunked, chunked", 400), ("xchunked", 400), ("", 400),
      ("chunked;a=b", 400), ("chunked,", 400), (",chunked", 400), ("\"chunked\"", 400), ("chun\u{212A}ed", 400),
      ("chunke", 400), ("chunked\u{B}", 400), ("chunked x", 400), ("gzip, chunked", 501), ("x, chunked", 501),
      ("gzip,deflate,\tchunked", 501), ("chunkeD\u{A0}", 400),
    ])
  func badTransferEncoding(value: String, status: Int) throws {
    try expectRefusal(Self.head + "Transfer-Encoding: \(value)\r\n\r\n0\r\n\r\n", status)
  }

  @Test("11 chunked in any case of its letters", arguments: ["chunked", "Chunked", "CHUNKED", " \tchunked\t "])
  func chunkedInAnyCase(value: String) throws {
    #expect(try server.ask(Self.head + "Transfer-Encoding: \(value)\r\n\r\n5\r\nhello\r\n0\r\n\r\n")?.text == "hello")
  }

  @Test(
    "32 no rule of Unicode makes a digit, a letter or a space of another character (RFC 9110 section 5.6.2)",
    arguments: [
      "Content-Length: \u{FF11}", "Content-Length: \u{661}", "Content-Length: \u{A0}1", "Content-Length: 1\u{85}",
      "Content-Length: 1\u{301}", "Transfer-Encoding: chun\u{212A}ed", "Transfer-Encoding: chunked\u{A0}",
      "Transfer-Encoding: chunked\u{B}", "Ho\u{17F}t: a", "Content-Length: -0", "Content-Length: +1", "Host: b\u{2028}",
    ])
  func unicode(field: String) throws {
    let response = try server.ask("POST /echo HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n0\r\n\r\n")
    #expect(response?.status == 400)
    #expect(response?.field("Connection") == "close")
  }

  @Test(
    "11 two framings, two Transfer-Encodings, or one in HTTP/1.0 are refused (section 6.1, 6.3)",
    arguments: [
      "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: x\r\nContent-Length: 0\r\n",
    ])
  func conflictingFraming(fields: String) throws { try expectRefusal(Self.head + fields + "\r\n0\r\n\r\n", 400) }

  @Test func `11 HTTP/1.0 has no chunked body`() throws {
    try expectRefusal("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400)
  }

  @Test(
    "12 chunk lines follow the grammar (section 7.1)",
    arguments: [
      "", " 5", "5 ", "0x5", "+5", "-5", "5_", "g", "5;", "5;=", "5;a=", "5;a=\"", "5;a=\"b", "5;a b", "5;a=b c",
      "5;;a",
      "5;\u{1}", "5 x", "\u{665}", "\u{FF15}", "5;a=\"\u{1}\"", "5;a=b=c", "5;a(=b", "00000000000000005", "5,", "5\t;",
      "5;a=\"b\"c",
    ])
  func badChunkLine(line: String) throws {
    try expectRefusal(Self.head + "Transfer-Encoding: chunked\r\n\r\n\(line)\r\nhello\r\n0\r\n\r\n", 400)
  }

  @Test(
    "12 sizes of one to sixteen digits, and extensions that are ignored (section 7.1.1)",
    arguments: [
      "5", "05", "0000000000000005", "5;a", "5;a=b", "5 ; a = b", "5;a=\"b c\"", "5;a=\"\\\"\"", "5;a;b=c", "5\t;a",
    ])
  func goodChunkLine(line: String) throws {
    let body = "\(line)\r\nhello\r\n0\r\n\r\n"
    #expect(try server.ask(Self.head + "Transfer-Encoding: chunked\r\n\r\n\(body)")?.text == "hello")
  }

  @Test(
    "12 the end of a chunk and of the body is where it must be",
    arguments: [
      "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n", "5\r\nhello\r0\r\n\r\n",
      "4\r\nhello\r\n0\r\n\r\n", "6\r\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\r\nhello\r\n0\r\n\r\n",
      "0\n\r\n", "0\r\n\n",
    ])
  func badChunkEnd(body: String) throws {
    try expectRefusal(Self.head + "Transfer-Encoding: chunked\r\n\r\n\(body)", 400)
  }

  @Test(
    "12 a size near the end of the integers is a body too large, not an overflow",
    arguments: ["FFFFFFFFFFFFFFFF", "8000000000000000", "7FFFFFFFFFFFFFFF", "800001"])
  func hugeChunk(size: String) throws {
    try expectRefusal(Self.head + "Transfer-Encoding: chunked\r\n\r\n\(size)\r\n", 413)
    try expectRefusal(Self.head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n\(size)\r\n", 413)
  }

  @Test func `12 a chunk line at the limit passes, one byte more does not`() throws {
    func request(_ length: Int) -> String {
      Self.head
        + "Transfer-Encoding: chunked\r\n\r\n5;\(String(repeating: "a", count: length - 2))\r\nhello\r\n0\r\n\r\n"
    }
    #expect(try server.ask(request(256))?.text == "hello")
    try expectRefusal(request(257), 400)
  }

  @Test func `12 all extensions together at the limit pass, one byte more does not`() throws {
    func request(_ extensions: Int) -> String {
      var body = ""
      var left = extensions
      while left > 0 {
        let part = min(left, 200)
        body += "1" + (part > 1 ? ";" + String(repeating: "a", count: part - 1) : ";") + "\r\nx\r\n"
        left -= part
      }
      return Self.head + "Transfer-Encoding: chunked\r\n\r\n\(body)0\r\n\r\n"
    }
    #expect(try server.ask(request(4_096))?.status == 200)
    try expectRefusal(request(4_098), 400)
  }

  @Test(
    "12 trailers are checked and dropped (section 7.1.2)",
    arguments: [
      ("X: a\r\n", 200), ("X: a\r\nY:\r\n", 200), ("Host: b\r\nContent-Length: 9\r\n", 200), ("X\r\n", 400),
      (" X: a\r\n", 400), ("X : a\r\n", 400), ("X: a\n", 400), ("X: \u{1}\r\n", 400), (": a\r\n", 400),
      ("X: a\r\n b\r\n", 400),
    ])
  func trailers(lines: String, status: Int) throws {
    let request = Self.head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\(lines)\r\n"
    if status == 200 {
      let client = try server.client()
      #expect(client.ask(request)?.text == "hello")
      #expect(client.ask("GET /authority HTTP/1.1\r\nHost: c\r\n\r\n")?.text == "c")
    } else {
      try expectRefusal(request, status)
    }
  }

  @Test func `12 trailers at the limit pass, one byte more is 431`() throws {
    func request(_ bytes: Int) -> String {
      Self.head + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: \(String(repeating: "a", count: bytes - 5))\r\n\r\n"
    }
    #expect(try server.ask(request(4_096))?.status == 200)
    try expectRefusal(request(4_097), 431)
  }

  @Test func `13 a body at the route's limit passes, one byte more is 413 before it is read`() throws {
    let put = "PUT /small HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    #expect(try server.ask(put + "Content-Length: 100\r\n\r\n" + String(repeating: "x", count: 100))?.text == "100")
    try expectRefusal(put + "Content-Length: 101\r\n\r\n", 413)
    let chunk = "32\r\n\(String(repeating: "x", count: 50))\r\n"
    #expect(try server.ask(put + "Transfer-Encoding: chunked\r\n\r\n\(chunk)\(chunk)0\r\n\r\n")?.text == "100")
    try expectRefusal(put + "Transfer-Encoding: chunked\r\n\r\n\(chunk)\(chunk)1\r\n", 413)
  }

  @Test func `13 the answer can be read while the client still sends (section 9.6)`() throws {
    let client = try server.client()
    client.send(Self.head + "Content-Length: 8388609\r\n\r\n")
    for _ in 0..<20 { client.send([UInt8](repeating: 120, count: 20_000)) }
    #expect(client.response()?.status == 413)
    #expect(!client.sawReset)
  }

  @Test(
    "14 after a refusal the small body is read to its end and the connection goes on",
    arguments: [
      ("POST /nowhere", 404), ("POST /hello", 405), ("POST /secret", 401), ("BREW /hello", 501), ("DELETE /hello", 405),
    ])
  func smallBodyAfterRefusal(line: String, status: Int) throws {
    let server = try TestServer(hooks: .refusingAll)
    let client = try server.client()
    client.send(
      "\(line) HTTP/1.1\r\nHost: a\r\nContent-Length: 39\r\n\r\nGET /hello HTTP/1.1\r\nHost: evil\r\n\r\n1234")
    client.send("GET /authority HTTP/1.1\r\nHost: b\r\n\r\n")
    #expect(client.response()?.status == status)
    #expect(client.response()?.text == "b")
  }

  @Test(
    "14 after a refusal a large or chunked body closes the connection",
    arguments: ["Content-Length: 65537", "Transfer-Encoding: chunked"],
    ["POST /nowhere", "POST /hello", "POST /secret", "BREW /hello"])
  func largeBodyAfterRefusal(framing: String, line: String) throws {
    let server = try TestServer(hooks: .refusingAll)
    let client = try server.client()
    client.send("\(line) HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
    let response = client.response()
    #expect((400..<502).contains(response?.status ?? 0))
    #expect(response?.field("Connection") == "close")
    #expect(client.isClosed())
  }

  @Test(
    "14 a body is read for every method",
    arguments: ["GET /hello", "GET /worker", "DELETE /items/a", "OPTIONS /hello", "HEAD /hello"])
  func bodyOfAnyMethod(line: String) throws {
    let client = try server.client()
    client.send("\(line) HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
    #expect((200..<300).contains(client.response(toHead: line.hasPrefix("HEAD"))?.status ?? 0))
    client.send("\(line) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    #expect((200..<300).contains(client.response(toHead: line.hasPrefix("HEAD"))?.status ?? 0))
  }

  @Test("15 leave is given at once when the head is good", arguments: ["100-continue", "100-Continue", "100-CONTINUE"])
  func expectContinue(value: String) throws {
    let client = try server.client()
    client.send(Self.head + "Content-Length: 5\r\nExpect: \(value)\r\n\r\n")
    #expect(client.response()?.status == 100)
    client.send("hello")
    #expect(client.response()?.text == "hello")
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(client.response()?.status == 200)
  }

  @Test(
    "15 what the head decides is said instead of 100, and the connection closes (RFC 9110 section 10.1.1)",
    arguments: [
      ("POST /nowhere", "Content-Length: 5", 404), ("POST /hello", "Content-Length: 5", 405),
      ("POST /secret", "Content-Length: 5", 401), ("POST /echo", "Content-Length: 8388609", 413),
      ("PUT /small", "Content-Type: application/json\r\nContent-Length: 101", 413),
      ("POST /echo", "Content-Type: image/png\r\nContent-Length: 5", 415),
    ])
  func headDecides(line: String, fields: String, status: Int) throws {
    let server = try TestServer(hooks: .refusingAll)
    let client = try server.client()
    client.send("\(line) HTTP/1.1\r\nHost: a\r\n\(fields)\r\nExpect: 100-continue\r\n\r\n")
    let response = client.response()
    #expect(response?.status == status)
    #expect(response?.field("Connection") == "close")
    #expect(client.isClosed())
  }

  @Test func `15 HTTP/1.0 is never sent a 100`() throws {
    let client = try server.client()
    client.send(
      "POST /echo HTTP/1.0\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello")
    #expect(client.response()?.text == "hello")
  }

  @Test func `15 another expectation is 417`() throws {
    #expect(try server.ask(Self.head + "Content-Length: 0\r\nExpect: a-miracle\r\n\r\n")?.status == 417)
    #expect(try server.ask(Self.head + "Content-Length: 0\r\nExpect: 100-continue, x\r\n\r\n")?.status == 417)
  }
}

extension HTTPHooks {
  /// Nobody is let in.
  static let refusingAll = HTTPHooks(authenticate: { _ in
    throw Problem(.unauthorized, "unauthorized", detail: "Who are you?")
  })
}
