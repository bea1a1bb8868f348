import Testing

@testable import HTTPServer

/// Requirements 20 and 23 to 30 of HTTPServer.md over real sockets: RFC 9110 sections 9, 12, 13 and 15.
@Suite struct SemanticsTests {
  private let server: TestServer

  init() throws {
    server = try TestServer(
      cors: .init(origins: ["https://shop.example"]),
      hooks: HTTPHooks(
        authenticate: { request in
          guard request.allHeaders("Authorization") == ["Bearer key"] else {
            throw Problem(.unauthorized, "unauthorized", detail: "A key is needed.")
          }
          return "alice"
        },
        authorize: { request in
          guard request.principal as? String == "alice", request.path == "/admin" else { return }
          throw Problem(.forbidden, "forbidden", detail: "Not hers.")
        }),
      routes: { router, _ in
        let open = RouteOptions(isPublic: true)
        router.on(.get, "/etag", run: .onLoop, options: open) { _ in
          HTTPResponse.text("tagged").with("ETag", "\"v1\"").with("Cache-Control", "private, no-cache")
        }
        router.on(.get, "/injects", run: .onLoop, options: open) { request in
          HTTPResponse.text("x").with("X-Echo", "a\r\nSet-Cookie: b\n\0c").with("Bad\r\nName", "x")
            .with("Content-Length", "999").with("Connection", "upgrade").with("Date", "never")
        }
        router.on(.get, "/admin", run: .onLoop) { _ in .text("secrets") }
        router.on(.get, "/throws", options: open) { _ in throw Secret.detail("password=hunter2") }
        router.on(.get, "/busy", run: .onLoop, options: open) { _ in
          throw Problem(.tooManyRequests, "rate_limited", detail: "Slow down.")
        }
        router.on(.get, "/invalid", run: .onLoop, options: open) { _ in
          throw Problem(
            .unprocessableContent, "invalid", detail: "A \"quoted\" detail\n",
            errors: [.init(pointer: "/a/0", code: "missing", detail: "no a", index: 3)])
        }
        router.on(.options, "/own", run: .onLoop, options: open) { _ in .text("mine") }
        router.on(.post, "/v1/track", run: .onLoop, options: .init(mediaTypes: [.json, .plainText], isPublic: true)) {
          _ in
          .noContent
        }
        router.on(.post, "/v1/fails", run: .onLoop, options: open) { _ in throw Problem.notFound("no") }
      })
  }

  private enum Secret: Error { case detail(String) }

  private func get(_ path: String, _ fields: String = "") throws -> TestResponse? {
    try server.ask("GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
  }

  @Test(
    "23 an unknown method is 501, methods are case-sensitive", arguments: ["BREW", "get", "Get", "Query", "G", "GETT"])
  func unknownMethod(method: String) throws {
    #expect(try server.ask("\(method) /hello HTTP/1.1\r\nHost: a\r\n\r\n")?.status == 501)
  }

  @Test(
    "23 a known method that the resource does not have is 405 with Allow (RFC 9110 section 15.5.6)",
    arguments: ["POST", "PUT", "PATCH", "TRACE", "QUERY"])
  func notAllowed(method: String) throws {
    let response = try server.ask("\(method) /items/a HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(response?.status == 405)
    #expect(response?.field("Allow") == "GET, DELETE, HEAD, OPTIONS")
  }

  @Test func `23 TRACE and CONNECT are answered nowhere (RFC 9110 sections 9.3.6, 9.3.8)`() throws {
    #expect(try server.ask("TRACE /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")?.status == 501)
    #expect(try server.ask("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n")?.status == 501)
  }

  @Test func `23 OPTIONS answers 204 with Allow (RFC 9110 section 9.3.7)`() throws {
    let one = try server.ask("OPTIONS /hello HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(one?.status == 204)
    #expect(one?.field("Allow") == "GET, HEAD, OPTIONS")
    let all = try server.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(all?.status == 204)
    #expect(all?.field("Allow")?.contains("PATCH") == true)
    #expect(try server.ask("OPTIONS /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")?.status == 404)
    #expect(try server.ask("OPTIONS /own HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "mine")
  }

  @Test(
    "24 HEAD has the fields of GET and no body, errors included",
    arguments: ["/hello", "/worker", "/nowhere", "/secret", "/etag", "/invalid"])
  func head(path: String) throws {
    let client = try server.client()
    let get = client.ask("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
    let head = client.ask("HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\n", toHead: true)
    #expect(head?.status == get?.status)
    func comparable(_ response: TestResponse?) -> [String] {
      (response?.fields ?? []).filter { !["Date", "X-Request-Id"].contains($0.name) }.map { "\($0.name): \($0.value)" }
    }
    #expect(comparable(head) == comparable(get))
    #expect(client.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "hello")
  }

  @Test(
    "25 every answer has a current Date, and a length or none where none may be",
    arguments: ["GET /hello", "GET /worker", "GET /nowhere", "POST /hello", "DELETE /items/a", "GET /throws", "BREW /"])
  func dateAndLength(line: String) throws {
    let response = try server.ask("\(line) HTTP/1.1\r\nHost: a\r\n\r\n")
    let date = response?.field("Date") ?? ""
    #expect(date.utf8.count == 29 && date.hasSuffix(" GMT"))
    #expect(response?.all("Date").count == 1)
    if response?.status == 204 {
      #expect(response?.field("Content-Length") == nil)
      #expect(response?.field("Content-Type") == nil)
    } else {
      #expect(response?.field("Content-Length") == "\(response?.body.count ?? -1)")
    }
    #expect(response?.field("Transfer-Encoding") == nil)
    #expect(response?.field("Server")?.contains("/") != true)
  }

  @Test func `25 the date is IMF-fixdate (RFC 9110 section 5.6.7)`() {
    #expect(DateHeader.imfFixdate(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(DateHeader.imfFixdate(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
    #expect(DateHeader.imfFixdate(951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
    #expect(DateHeader.imfFixdate(4_107_542_399) == "Sun, 28 Feb 2100 23:59:59 GMT")
    #expect(DateHeader.imfFixdate(-1) == "Wed, 31 Dec 1969 23:59:59 GMT")
  }

  @Test func `25 401 says how to authenticate, 429 and 503 when to come again`() throws {
    let unknown = try get("/secret")
    #expect(unknown?.status == 401)
    #expect(unknown?.field("WWW-Authenticate") == "Bearer")
    #expect(try get("/busy")?.field("Retry-After") == "1")
  }

  @Test func `25 who is asking is known before anything of the body is read`() throws {
    let refused = try server.client()
    refused.send(
      "POST /secret HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n")
    #expect(refused.response()?.status == 401)
    #expect(try get("/secret", "Authorization: Bearer key\r\n")?.text == "alice")
  }

  @Test(
    "26 a body of another media type or charset is 415 with Accept (RFC 9110 section 15.5.16)",
    arguments: [
      "text/html", "application/xml", "text/plain; charset=iso-8859-1", "application/json; charset=utf-16", "json", "",
      "application/json; charset=utf-8; charset=utf-8", "application/jsonx", "application/json,text/plain",
      "text/plain; charset=",
      "application/json; charset", "*/*", "application/*",
    ])
  func unsupportedMediaType(type: String) throws {
    let response = try server.ask(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\nContent-Length: 2\r\n\r\n{}")
    #expect(response?.status == 415)
    #expect(response?.field("Accept") == "application/json, text/plain, application/x-ndjson")
  }

  @Test func `26 a body without a type, or with two, is 415 as well; no body needs no type`() throws {
    #expect(try server.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")?.status == 415)
    let two = "Content-Type: application/json\r\nContent-Type: application/json\r\n"
    #expect(try server.ask("POST /echo HTTP/1.1\r\nHost: a\r\n\(two)Content-Length: 2\r\n\r\n{}")?.status == 415)
    #expect(try server.ask("POST /echo HTTP/1.1\r\nHost: a\r\n\r\n")?.status == 200)
    #expect(try server.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")?.status == 200)
  }

  @Test(
    "26 the media types that a route takes, in any case, with parameters",
    arguments: [
      "application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;charset=UTF-8",
      "application/json; charset=\"utf-8\"", "application/cloudevents+json", "application/json ; a=b",
      "text/plain;;a=b",
      "application/x-ndjson",
    ])
  func mediaTypes(type: String) throws {
    let response = try server.ask(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\nContent-Length: 2\r\n\r\n{}")
    #expect(response?.status == 200)
  }

  @Test(
    "26 codings other than gzip are 415 with Accept-Encoding",
    arguments: ["br", "deflate", "gzip, gzip", "x-gzip", "gzip;q=1", "compress", "zstd"])
  func unsupportedCoding(coding: String) throws {
    let response = try server.ask(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Encoding: \(coding)\r\nContent-Length: 2\r\n\r\n{}"
    )
    #expect(response?.status == 415)
    #expect(response?.field("Accept-Encoding") == "gzip, identity")
  }

  @Test func `28 an error of the application tells the client nothing of it`() throws {
    let response = try get("/throws")
    #expect(response?.status == 500)
    #expect(response?.text.contains("hunter2") == false)
    #expect(response?.code == "internal_error")
  }

  @Test func `28 a problem has all members of RFC 9457, escaped`() throws {
    let response = try get("/invalid", "X-Request-Id: abc-1\r\n")
    #expect(response?.field("Content-Type") == "application/problem+json")
    #expect(
      response?.text
        == #"{"type":"about:blank","title":"Unprocessable Content","status":422,"code":"invalid","detail":"A \"quoted\" detail\u000a","#
        + #""requestId":"abc-1","errors":[{"pointer":"/a/0","code":"missing","detail":"no a","index":3}]}"#)
  }

  @Test(
    "29 dates that make no sense are ignored, and so is Range (RFC 9110 sections 13.1.3, 14.2)",
    arguments: [
      "If-Modified-Since: yesterday", "If-Unmodified-Since: \u{1F4A9}",
      "If-Modified-Since: Mon, 99 Foo 0000 99:99:99 GMT", "Range: bytes=0-1", "Range: x",
      "If-Range: \"a\"",
    ])
  func conditionals(field: String) throws {
    let response = try get("/hello", field + "\r\n")
    #expect(response?.status == 200)
    #expect(response?.text == "hello")
    #expect(response?.field("Accept-Ranges") == nil)
  }

  @Test(
    "34 If-None-Match is a list or *, compared weakly; 304 keeps its fields (RFC 9110 sections 13.1.2, 15.4.5)",
    arguments: [
      ("\"v1\"", 304), ("*", 304), ("W/\"v1\"", 304), ("\"v0\", \"v1\"", 304), ("\"v1-gzip\"", 304),
      ("\"a,\" , W/\"v1\"", 304),
      ("\"v2\"", 200), ("v1", 200), ("\"V1\"", 200), ("", 200), ("\"v1", 200), ("\"v1\" *", 200),
      ("\"v2\" junk \"v1\"", 200), ("\"v1\"\"v2\"", 200), (",\"v0\",, \"v1\",", 304), ("\"v1\", junk", 200),
    ])
  func ifNoneMatch(value: String, status: Int) throws {
    let response = try get("/etag", "If-None-Match: \(value)\r\n")
    #expect(response?.status == status)
    #expect(response?.field("ETag") == "\"v1\"")
    #expect(response?.field("Cache-Control") == "private, no-cache")
    #expect(response?.field("Date") != nil)
    if status == 304 { #expect(response?.field("Content-Length") == nil) }
  }

  @Test(
    "34 If-Match is compared strongly before anything else: 412 (RFC 9110 sections 13.1.1, 13.2.2)",
    arguments: [
      ("\"v1\"", 200), ("*", 200), ("\"v0\", \"v1\"", 200), ("\"v2\"", 412), ("W/\"v1\"", 412), ("", 412),
      ("\"v1\"\"v2\"", 412), ("\"v0\" \"v1\"", 412), ("\"v1\", junk", 412),
      ("\"v1\"\"", 412),
    ])
  func ifMatch(value: String, status: Int) throws {
    #expect(try get("/etag", "If-Match: \(value)\r\n")?.status == status)
    #expect(try get("/etag", "If-Match: \(value)\r\nIf-None-Match: *\r\n")?.status == (status == 200 ? 304 : 412))
    #expect(try get("/hello", "If-Match: \(value)\r\n")?.status == 200, "what has no tag has no state to match")
  }

  @Test func `34 a 304 leaves the connection in step`() throws {
    let client = try server.client()
    #expect(client.ask("GET /etag HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n")?.status == 304)
    #expect(client.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "hello")
  }

  @Test func `30 a handler cannot break out of a field, nor say what the server says`() throws {
    let response = try get("/injects")
    #expect(response?.field("Set-Cookie") == nil)
    #expect(response?.field("X-Echo") == "a  Set-Cookie: b  c")
    #expect(response?.field("Content-Length") == "1")
    #expect(response?.field("Connection") == nil)
    #expect(response?.all("Date").count == 1)
    #expect(response?.text == "x")
  }

  @Test(
    "30 every answer has the fixed fields",
    arguments: ["GET /hello", "GET /nowhere", "DELETE /items/a", "OPTIONS /hello", "BREW /", "GET /etag"])
  func fixedFields(line: String) throws {
    let response = try server.ask("\(line) HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(response?.all("X-Content-Type-Options") == ["nosniff"])
    #expect(response?.all("X-Request-Id").count == 1)
  }

  @Test(
    "a sane X-Request-Id is echoed, any other replaced",
    arguments: [
      ("abc-123_x.Y", true), (String(repeating: "a", count: 128), true), (String(repeating: "a", count: 129), false),
      ("a b", false), ("<script>", false),
      ("é", false), ("", false), ("a/b", false),
    ])
  func requestID(id: String, isEchoed: Bool) throws {
    let echoed = try get("/hello", "X-Request-Id: \(id)\r\n")?.field("X-Request-Id")
    #expect((echoed == id) == isEchoed)
    #expect(echoed?.utf8.count == (isEchoed ? id.utf8.count : 15))
  }

  @Test(
    "traceparent goes on with a span of ours; what is none is ignored (W3C Trace Context)",
    arguments: [
      ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true),
      ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x", true),
      ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x", false),
      ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
      ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
      ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false),
      ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false), ("nonsense", false),
    ])
  func traceparent(value: String, isTaken: Bool) throws {
    let answer = try get("/hello", "traceparent: \(value)\r\n")?.field("traceparent")
    #expect((answer != nil) == isTaken)
    if let answer {
      #expect(answer.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-"))
      #expect(!answer.contains("b7ad6b7169203331"))
      #expect(answer.hasSuffix("-01"))
    }
  }

  @Test func `20 pages of an allowed origin may call /v1, others and other paths may not`() throws {
    let preflight = "Access-Control-Request-Method: POST\r\n"
    let allowed = try server.ask(
      "OPTIONS /v1/track HTTP/1.1\r\nHost: a\r\nOrigin: https://shop.example\r\n\(preflight)\r\n")
    #expect(allowed?.status == 204)
    #expect(allowed?.field("Access-Control-Allow-Origin") == "https://shop.example")
    #expect(allowed?.field("Access-Control-Allow-Methods")?.contains("POST") == true)
    #expect(allowed?.field("Vary") == "Origin")
    let other = try server.ask(
      "OPTIONS /v1/track HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.example\r\n\(preflight)\r\n")
    #expect(other?.fields.contains { $0.name.hasPrefix("Access-Control") } == false)
    let outside = try server.ask(
      "OPTIONS /hello HTTP/1.1\r\nHost: a\r\nOrigin: https://shop.example\r\n\(preflight)\r\n")
    #expect(outside?.fields.contains { $0.name.hasPrefix("Access-Control") } == false)
    let failed = try server.ask("POST /v1/fails HTTP/1.1\r\nHost: a\r\nOrigin: https://shop.example\r\n\r\n")
    #expect(failed?.field("Access-Control-Allow-Origin") == "https://shop.example")
  }

  @Test func `a verb after a parameter is a resource of its own`() throws {
    #expect(try server.ask("POST /items/a:copy HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "copy of a")
    #expect(try server.ask("POST /items/a:b:copy HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "copy of a:b")
    #expect(try server.ask("POST /items/:copy HTTP/1.1\r\nHost: a\r\n\r\n")?.status == 405)
    #expect(try server.ask("GET /items/a:copy HTTP/1.1\r\nHost: a\r\n\r\n")?.field("Allow") == "POST, OPTIONS")
    #expect(try server.ask("GET /items/a:paste HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "a:paste")
  }

  @Test func `the observer hears of every answer, by route and phase`() throws {
    _ = try server.ask(
      "POST /echo-worker HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
    let seen = server.log.first { $0.route == "/echo-worker" }
    #expect(seen?.method == "POST")
    #expect(seen?.status == 200)
    #expect(seen?.bodyBytes == 5)
    #expect(seen?.responseBytes == 5)
    #expect(seen?.remoteAddress == "127.0.0.1")
    #expect((seen?.queueNs ?? -1) >= 0 && (seen?.handlerNs ?? -1) >= 0 && (seen?.writeNs ?? -1) >= 0)
    #expect(seen?.principal == nil)
    #expect(try get("/admin", "Authorization: Bearer key\r\n")?.status == 403)
    #expect(server.log.first { $0.route == "/admin" }?.principal as? String == "alice")
    _ = try server.ask("GET /items/personal@example.com HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(server.log.first { $0.route == "/items/{id}" } != nil)
    _ = try server.ask("garbage\r\n\r\n")
    let refused = server.log.first { $0.status == 400 && $0.method == "-" && $0.route == "-" }
    let phases = try #require(refused.map { [$0.headNs, $0.bodyNs, $0.queueNs, $0.handlerNs, $0.writeNs] })
    #expect(phases.allSatisfy { (0..<5_000_000_000).contains($0) })
  }
}
