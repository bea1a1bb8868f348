import Testing

@testable import HTTPServer

/// Requirements 1 to 9 of HTTPServer.md over real sockets: RFC 9112 sections 2, 3 and 5.
@Suite struct ParsingTests {
  private let server: TestServer

  init() throws { server = try TestServer() }

  /// What a stream of bytes is answered with, and that the connection then ends.
  private func expectRefusal(_ bytes: String, _ status: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let client = try server.client()
    client.send(bytes)
    let response = client.response()
    #expect(response?.status == status, "\(bytes.debugDescription.prefix(80))", sourceLocation: sourceLocation)
    #expect(response?.field("Connection") == "close", sourceLocation: sourceLocation)
    #expect(response?.field("Content-Type") == "application/problem+json", sourceLocation: sourceLocation)
    #expect(response?.field("Date") != nil, sourceLocation: sourceLocation)
    #expect(response?.field("X-Content-Type-Options") == "nosniff", sourceLocation: sourceLocation)
    #expect(client.isClosed(), sourceLocation: sourceLocation)
  }

  @Test(
    "1 only CR LF ends a line; control characters are refused (RFC 9112 section 2.2)",
    arguments: [
      "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\n",
      "GET / HTTP/1.1\rHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", "GET / HTTP/1.1\r\n\rHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{1}b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7F}b\r\n\r\n", "GET /\u{8} HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{B}b\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
    ])
  func onlyCRLF(bytes: String) throws { try expectRefusal(bytes, 400) }

  @Test func `1 a line feed is refused before the head is complete`() throws {
    try expectRefusal("GET / HTTP/1.1\nHost", 400)
  }

  @Test func `2 eight empty lines before a request line are skipped, nine are not (section 2.2)`() throws {
    let request = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
    #expect(try server.ask(String(repeating: "\r\n", count: 8) + request)?.status == 200)
    try expectRefusal(String(repeating: "\r\n", count: 9) + request, 400)
  }

  @Test(
    "3 the request line has exactly one shape (section 3)",
    arguments: [
      ("GET  / HTTP/1.1", 400), (" GET / HTTP/1.1", 400), ("GET /  HTTP/1.1", 400), ("GET / HTTP/1.1 ", 400),
      ("GET\t/ HTTP/1.1", 400), ("GET / HTTP/1.1\t", 400), ("GET /", 400), ("GET", 400), ("GET / ", 400),
      ("GET / http/1.1", 400), ("GET / HTTP/1.", 400), ("GET / HTTP/1", 400), ("GET / HTTP/11", 400),
      ("GET / HTTP/1.10", 400), ("GET / HTTP/1.1x", 400), ("GET / HTTP/+1.1", 400), ("GET / HTTP /1.1", 400),
      ("GET / HTTP/1,1", 400), ("GET / FTP/1.1", 400), ("G(T / HTTP/1.1", 400), ("GET: / HTTP/1.1", 400),
      ("GÉT / HTTP/1.1", 400), ("GET / a b HTTP/1.1", 400), ("GET / HTTP/1.\u{661}", 400),
      ("GET / HTTP/2.0", 505), ("GET / HTTP/3.0", 505), ("GET / HTTP/0.9", 400), ("GET / HTTP/2", 505),
      ("PRI * HTTP/2.0", 505),
    ])
  func requestLine(line: String, status: Int) throws {
    try expectRefusal(line + "\r\nHost: a\r\n\r\n", status)
  }

  @Test("3 HTTP/1.2 to 1.9 are answered as 1.1 (RFC 9110 section 2.5)", arguments: 2...9)
  func laterMinorVersion(minor: Int) throws {
    let response = try server.ask("GET /hello HTTP/1.\(minor)\r\nHost: a\r\n\r\n")
    #expect(response?.status == 200)
    #expect(response?.field("Connection") == nil)
  }

  @Test func `4 a request line at the limit passes, one byte more is 414, also without an end (section 3)`() throws {
    func line(_ length: Int) -> String {
      let frame = "GET /items/ HTTP/1.1".utf8.count
      return "GET /items/\(String(repeating: "a", count: length - frame)) HTTP/1.1"
    }
    #expect(try server.ask(line(8_000) + "\r\nHost: a\r\n\r\n")?.status == 200)
    #expect(try server.ask(line(8_192) + "\r\nHost: a\r\n\r\n")?.status == 200)
    try expectRefusal(line(8_193) + "\r\nHost: a\r\n\r\n", 414)
    try expectRefusal("GET /" + String(repeating: "a", count: 8_188), 414)
    let client = try server.client()
    client.send("GET /" + String(repeating: "a", count: 8_187))
    #expect(client.isSilent(for: 100))
  }

  @Test(
    "5 a target holds only characters of RFC 3986",
    arguments: [
      "/a#b", "/a\"b", "/a<b", "/a>b", "/a\\b", "/a^b", "/a`b", "/a{b", "/a|b", "/a}b", "/a[b", "/a]b", "/ä", "/%",
      "/%4",
      "/%4g", "/%zz", "/a?b=%", "/a?%4", "/a?b=c#d", "/a?\"", "a", "hello", "ftp://a/", "http:/a", "http://",
      "http:///a",
      "http://u@a/", "http://a:b/", "http://a:65536/", "https://[::1/", "https://[g]/", "*", "*/", "//a b", "?a",
    ])
  func badTarget(target: String) throws { try expectRefusal("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n", 400) }

  @Test(
    "5 every other character is taken",
    arguments: [
      "/query?a-._~!$&'()*+,;=:@/?%20z", "/items/a-._~!$&'()*+,;=:@%7e", "/query?", "/query??", "/query?a=b&a=c",
    ])
  func goodTarget(target: String) throws {
    #expect(try server.ask("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")?.status == 200)
  }

  @Test(
    "5 absolute-form in any case, and its authority wins (section 3.2.2)",
    arguments: ["http://b.example:81/authority", "HTTP://b.example:81/authority", "hTTpS://b.example:81/authority"])
  func absoluteForm(target: String) throws {
    let response = try server.ask("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(response?.text == "b.example:81")
  }

  @Test func `5 an absolute target without a path is the root`() throws {
    #expect(try server.ask("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "root")
    #expect(try server.ask("GET http://a?b=c HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "root")
    #expect(try server.ask("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n")?.status == 204)
  }

  @Test func `5 authority-form belongs to CONNECT, asterisk-form to OPTIONS (section 3.2.3, 3.2.4)`() throws {
    try expectRefusal("GET a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400)
    try expectRefusal("CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n", 400)
    try expectRefusal("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501)
    #expect(try server.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")?.status == 204)
  }

  @Test(
    "6 a path is decoded once, after the split (RFC 9110 section 4.2.3)",
    arguments: [
      ("/items/a%20b", 200, "a b"), ("/items/%2541", 200, "%41"), ("/items/%C3%A9", 200, "é"),
      ("/items/a+b", 200, "a+b"),
      ("/%69tems/a", 200, "a"), ("/items/a%3Acopy", 200, "a:copy"),
      ("/items/a%2Fb", 400, nil), ("/items/a%2fb", 400, nil), ("/items/%00", 400, nil), ("/items/a%00b", 400, nil),
      ("/items/%FF", 400, nil), ("/items/%C3", 400, nil), ("/items/%ED%A0%80", 400, nil), ("/items/%C0%AF", 400, nil),
      ("/items/..", 400, nil), ("/items/.", 400, nil), ("/items/%2e%2e", 400, nil), ("/items/%2E", 400, nil),
      ("/../hello", 404, nil), ("/items/../hello", 404, nil), ("/items/", 404, nil), ("//hello", 404, nil),
      ("/hello/", 404, nil), ("/%FF", 400, nil), ("/a%2F..%2Fb", 400, nil),
    ] as [(String, Int, String?)])
  func pathDecoding(target: String, status: Int, text: String?) throws {
    let response = try server.ask("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(response?.status == status)
    if let text { #expect(response?.text == text) }
  }

  @Test(
    "6 a query is decoded once, like a form",
    arguments: [
      ("a=1&b=2", 200, "a=1|b=2"), ("a=x+y", 200, "a=x y"), ("phone=%2B49", 200, "phone=+49"),
      ("a=%2541", 200, "a=%41"),
      ("a", 200, "a="), ("a=b=c", 200, "a=b=c"), ("&&a=1&", 200, "a=1"), ("%61=1", 200, "a=1"), ("=1", 200, "=1"),
      ("a=%00", 400, nil), ("a=%FF", 400, nil), ("%C3=1", 400, nil),
    ] as [(String, Int, String?)])
  func queryDecoding(query: String, status: Int, text: String?) throws {
    let response = try server.ask("GET /query?\(query) HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(response?.status == status)
    if let text { #expect(response?.text == text) }
  }

  @Test func `6 a probe answers whatever its query says`() throws {
    #expect(try server.ask("GET /probe?a=%FF%00 HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "ready")
  }

  @Test(
    "7 HTTP/1.1 has exactly one Host of the right grammar (section 3.2)",
    arguments: [
      "", "Host: a\r\nHost: a\r\n", "Host: a\r\nhOST: b\r\n", "Host: \r\n", "Host:\r\n", "Host: a b\r\n",
      "Host: a,b\r\n ",
      "Host: a/b\r\n", "Host: u@a\r\n", "Host: a:b\r\n", "Host: a:1:2\r\n", "Host: a:99999\r\n", "Host: [::1\r\n",
      "Host: ::1\r\n", "Host: [1]\r\n", "Host: [:::]\r\n", "Host: [1::2::3]\r\n", "Host: [1:2:3:4:5:6:7:8:9]\r\n",
      "Host: [::1]x\r\n", "Host: a?b\r\n", "Host: a#b\r\n", "Host: http://a\r\n", "Host: a%\r\n", "Host: é\r\n",
      "Host: :80\r\n", "Host: a\\b\r\n", "Host: a:+80\r\n", "Host: a: 80\r\n",
    ])
  func badHost(field: String) throws { try expectRefusal("GET /hello HTTP/1.1\r\n\(field)\r\n", 400) }

  @Test(
    "7 hosts as RFC 3986 has them",
    arguments: [
      "a", "a.b-c.example", "a:80", "a:", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:80", "[::]",
      "[1:2:3:4:5:6:7:8]",
      "[::ffff:1.2.3.4]", "[1::8]", "[v1.a:b]", "a_b", "A%41", "x!$&'()*+;=",
    ])
  func goodHost(host: String) throws {
    let response = try server.ask("GET /authority HTTP/1.1\r\nHost: \(host)\r\n\r\n")
    #expect(response?.status == 200)
    #expect(response?.text == host)
  }

  @Test func `7 HTTP/1.0 needs no Host, but not two`() throws {
    #expect(try server.ask("GET /hello HTTP/1.0\r\n\r\n")?.status == 200)
    try expectRefusal("GET /hello HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400)
  }

  @Test(
    "8 a field line is name, colon, value (section 5.1, 5.2)",
    arguments: [
      "X : a", "X\t: a", " X: a", "\tX: a", "X", "X a", ": a", "X(: a", "X@Y: a", "Ä: a", "\"X\": a", "X: a\r\n b",
      "X: a\r\n\tb", "X: a\r\n ", "{X}: a", "X/Y: a", "X\u{E9}: a",
    ])
  func badField(line: String) throws { try expectRefusal("GET /hello HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n", 400) }

  @Test func `8 a folded first line is refused as well`() throws {
    try expectRefusal("GET /hello HTTP/1.1\r\n Host: a\r\n\r\n", 400)
  }

  @Test(
    "8 optional white space is SP and HTAB, on both sides; other bytes are the value's own",
    arguments: [
      ("X:a", "a"), ("X: a", "a"), ("X:\t a \t", "a"), ("X:  a b  ", "a b"), ("X: a\tb", "a\tb"), ("X:", ""),
      ("X: ", ""),
      ("X: é", "é"), ("X: \u{A0}a\u{A0}", "\u{A0}a\u{A0}"), ("!#$%&'*+-.^_`|~0aZ: x", nil),
    ] as [(String, String?)])
  func goodField(line: String, value: String?) throws {
    let response = try server.ask("GET /header/x HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n")
    #expect(response?.status == 200)
    if let value { #expect(response?.text == value) }
  }

  @Test func `8 bytes above ASCII in a value are opaque`() throws {
    let client = try server.client()
    client.send(Array("GET /hello HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xFF, 0xFE, 0x80] + Array("\r\n\r\n".utf8))
    #expect(client.response()?.status == 200)
  }

  @Test func `9 a hundred fields pass, one more is 431 (RFC 6585 section 5)`() throws {
    func request(_ count: Int) -> String {
      "GET /hello HTTP/1.1\r\nHost: a\r\n" + (1..<count).map { "X\($0): a\r\n" }.joined() + "\r\n"
    }
    #expect(try server.ask(request(100))?.status == 200)
    try expectRefusal(request(101), 431)
  }

  @Test func `9 a header section at the limit passes, one byte more is 431, also without an end`() throws {
    func request(_ bytes: Int) -> String {
      let frame = "Host: a\r\nX: \r\n".utf8.count
      return "GET /hello HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: bytes - frame))\r\n\r\n"
    }
    #expect(try server.ask(request(4_096 + 100))?.status == 200)
    #expect(try server.ask(request(32_768))?.status == 200)
    try expectRefusal(request(32_769), 431)
    try expectRefusal("GET /hello HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 32_800), 431)
  }
}
