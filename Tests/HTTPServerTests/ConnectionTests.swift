import Testing

@testable import HTTPServer

/// Requirements 16 to 18 and 22 of HTTPServer.md over real sockets: RFC 9112 section 9.
@Suite struct ConnectionTests {
  private let server: TestServer

  init() throws { server = try TestServer() }

  private static let hello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

  @Test func `16 HTTP/1.1 connections persist and nothing is said of it (section 9.3)`() throws {
    let client = try server.client()
    for _ in 0..<10 {
      let response = client.ask(Self.hello)
      #expect(response?.status == 200)
      #expect(response?.field("Connection") == nil)
    }
  }

  @Test(
    "16 close in any list and any case is honoured and echoed (section 9.6)",
    arguments: ["close", "Close", "keep-alive, CLOSE", " close ,x", "x,\tclose", "close, keep-alive"])
  func close(value: String) throws {
    let client = try server.client()
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: \(value)\r\n\r\n" + Self.hello)
    #expect(client.response()?.field("Connection") == "close")
    #expect(client.isClosed())
  }

  @Test func `16 close in the second of two Connection fields counts`() throws {
    let client = try server.client()
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: close\r\n\r\n")
    #expect(client.response()?.field("Connection") == "close")
    #expect(client.isClosed())
  }

  @Test(
    "16 words that only resemble close do not close",
    arguments: ["closed", "x-close", "clos", "\"close\"", "close;q=0"])
  func notClose(value: String) throws {
    let client = try server.client()
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: \(value)\r\n\r\n" + Self.hello)
    #expect(client.response()?.field("Connection") == nil)
    #expect(client.response()?.status == 200)
  }

  @Test func `16 HTTP/1.0 closes unless it asks to be kept, which is then confirmed`() throws {
    let plain = try server.client()
    plain.send("GET /hello HTTP/1.0\r\n\r\n" + Self.hello)
    #expect(plain.response()?.field("Connection") == "close")
    #expect(plain.isClosed())
    let kept = try server.client()
    for _ in 0..<3 {
      #expect(kept.ask("GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")?.field("Connection") == "keep-alive")
    }
  }

  @Test func `17 pipelined requests are answered in order (section 9.3.2)`() throws {
    let client = try server.client()
    let paths = (0..<100).map { $0 % 3 == 0 ? "/worker" : "/items/\($0)" }
    client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
    for (number, path) in paths.enumerated() {
      #expect(client.response()?.text == (path == "/worker" ? "worked" : "\(number)"))
    }
  }

  @Test func `17 bodies between pipelined requests belong to their own request`() throws {
    let client = try server.client()
    let bodies = ["one", "", "three, which is longer", "4"]
    client.send(
      bodies.map { body in
        "POST /echo-worker HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
      }.joined())
    for body in bodies { #expect(client.response()?.text == body) }
  }

  @Test func `17 a client that sends without reading is stopped by backpressure, and then served`() throws {
    let client = try server.client()
    client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    server.gate.awaitArrival()
    for _ in 0..<2_000 { client.send(Self.hello) }
    server.gate.open()
    #expect(client.response()?.text == "slow")
    for _ in 0..<2_000 { #expect(client.response()?.text == "hello") }
  }

  @Test func `18 after a framing error there is one answer, and the rest is dropped`() throws {
    let client = try server.client()
    client.send(Self.hello + "GET / HTTP/1.1\r\nBad Field: a\r\n\r\n" + Self.hello + Self.hello)
    #expect(client.response()?.status == 200)
    #expect(client.response()?.status == 400)
    #expect(client.isClosed())
  }

  @Test func `22 a client that ends its side after a request is answered, then the connection closes`() throws {
    for path in ["/hello", "/worker"] {
      let client = try server.client()
      client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
      client.endOutput()
      #expect(client.response()?.status == 200)
      #expect(client.isClosed())
    }
  }

  @Test func `22 pipelined requests are all answered though the client has ended its side`() throws {
    let client = try server.client()
    client.send("GET /worker HTTP/1.1\r\nHost: a\r\n\r\n" + Self.hello + "GET /worker HTTP/1.1\r\nHost: a\r\n\r\n")
    client.endOutput()
    #expect(client.response()?.text == "worked")
    #expect(client.response()?.text == "hello")
    #expect(client.response()?.text == "worked")
    #expect(client.isClosed())
  }

  @Test(
    "22 a request that the client cuts off is a 400",
    arguments: [
      "GET /hello HT", "GET /hello HTTP/1.1\r\nHost: a\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhel",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ])
  func cutOff(bytes: String) throws {
    let client = try server.client()
    client.send(bytes)
    client.endOutput()
    #expect(client.response()?.code == "incomplete_request")
    #expect(client.isClosed())
  }

  @Test func `22 a client that ends its side without a word is closed without a word`() throws {
    let client = try server.client()
    client.endOutput()
    #expect(client.isClosed())
  }

  @Test func `22 resets at any moment leave nothing behind`() throws {
    let moments = [
      "", "GET", "GET /hello HTTP/1.1\r\nHo", "GET /worker HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /big HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 50000\r\n\r\nhel",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
      "BAD\n\n",
    ]
    for _ in 0..<5 {
      for bytes in moments {
        let client = try server.client()
        client.send(bytes)
        client.reset()
      }
    }
    #expect(try server.ask(Self.hello)?.status == 200)
    #expect(server.settles { $0.connectionsOpen == 0 && $0.bytesInFlight == 0 })
  }

  @Test func `a byte at a time is a request like any other`() throws {
    let client = try server.client()
    client.sendByteByByte("GET /items/slow HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(client.response()?.text == "slow")
    client.sendByteByByte(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n"
    )
    #expect(client.response()?.text == "abc")
  }
}
