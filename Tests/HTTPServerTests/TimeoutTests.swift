import Testing

@testable import HTTPServer

/// Requirement 19 of HTTPServer.md and the handler's limit: slow clients and slow handlers get a defined end (RFC 9112 section 9.5).
/// Small times are injected.
@Suite struct TimeoutTests {
  private static func server(_ change: (inout HTTPLimits) -> Void) throws -> TestServer {
    try TestServer(limits: change)
  }

  @Test func `19 a head has a total time, however often a byte comes`() throws {
    let server = try Self.server { $0.headTimeoutMs = 300 }
    let client = try server.client()
    let start = milliseconds()
    client.send("GET /hello HTTP/1.1\r\n")
    var response: TestResponse?
    while response == nil, milliseconds() - start < 3_000 {
      client.send("X: a\r\n")
      response = client.response(within: 50)
    }
    #expect(response?.status == 408)
    #expect(response?.code == "request_timeout")
    #expect(response?.field("Connection") == "close")
    #expect((250...1_500).contains(milliseconds() - start))
    #expect(client.isClosed())
  }

  @Test func `19 a body has a total time`() throws {
    let server = try Self.server {
      $0.bodyTimeoutMs = 300
      $0.bodyRateBytesPerSMin = 0
    }
    let client = try server.client()
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n")
    var response: TestResponse?
    let start = milliseconds()
    while response == nil, milliseconds() - start < 3_000 {
      client.send("xxxx")
      response = client.response(within: 50)
    }
    #expect(response?.status == 408)
    #expect(client.isClosed())
  }

  @Test func `19 a body that comes too slowly ends before its time is over, one at the rate does not`() throws {
    let server = try Self.server {
      $0.bodyRateWindowMs = 200
      $0.bodyRateBytesPerSMin = 1_000
    }
    let head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 3000\r\n\r\n"
    let slow = try server.client()
    slow.send(head + String(repeating: "x", count: 150))
    #expect(slow.response()?.status == 408)
    let steady = try server.client()
    steady.send(head)
    for _ in 0..<15 {
      steady.send(String(repeating: "x", count: 200))
      _ = steady.isSilent(for: 40)
    }
    #expect(steady.response()?.status == 200)
  }

  @Test func `19 an idle connection is closed without a word, before and after a request`() throws {
    let server = try Self.server { $0.idleTimeoutMs = 150 }
    let fresh = try server.client()
    let used = try server.client()
    #expect(used.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")?.status == 200)
    #expect(fresh.isClosed())
    #expect(used.isClosed())
    #expect(!used.sawReset)
  }

  @Test func `19 empty lines alone do not make a connection busy`() throws {
    let server = try Self.server { $0.idleTimeoutMs = 150 }
    let client = try server.client()
    client.send("\r\n\r\n")
    #expect(client.isClosed())
  }

  @Test func `19 a client that never reads is reset, and its answer's memory given back`() throws {
    let server = try Self.server { $0.writeTimeoutMs = 300 }
    let client = try server.client()
    client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(server.settles { $0.bytesInFlight > 1_000_000 })
    #expect(server.settles { $0.bytesInFlight == 0 && $0.connectionsOpen == 0 && $0.timeouts == 1 })
  }

  @Test func `a client that reads slowly but steadily gets everything`() throws {
    let server = try Self.server { $0.writeTimeoutMs = 400 }
    let client = try server.client()
    client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
    _ = client.isSilent(for: 200)
    #expect(client.response()?.body.count == 8_000_000)
    #expect(client.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "hello")
  }

  @Test func `a handler that takes too long is answered 503, and the connection goes on`() throws {
    let server = try Self.server { $0.handlerTimeoutMs = 150 }
    let client = try server.client()
    let response = client.ask("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(response?.status == 503)
    #expect(response?.code == "handler_timeout")
    #expect(response?.field("Retry-After") == "1")
    #expect(client.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "hello")
    // Its late result belongs to nobody.
    server.gate.open()
    #expect(client.isSilent(for: 50))
    #expect(client.ask("GET /worker HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "worked")
  }

  @Test func `a request that waited too long for a worker is not begun`() throws {
    let server = try Self.server {
      $0.handlerTimeoutMs = 100
      $0.workersMax = 1
    }
    let first = try server.client()
    first.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    server.gate.awaitArrival()
    let second = try server.client()
    #expect(second.ask("GET /worker HTTP/1.1\r\nHost: a\r\n\r\n")?.code == "handler_timeout")
    // The connections may belong to different loops, so the first one's answer is waited for, not assumed.
    #expect(first.response()?.code == "handler_timeout")
    server.gate.open()
    #expect(server.log.all.allSatisfy { $0.status == 503 })
  }

  @Test func `after the last answer what the client still sends is read for a while, not for ever`() throws {
    let server = try Self.server { $0.lingerTimeoutMs = 200 }
    let client = try server.client()
    client.send("BAD\r\n\r\n")
    #expect(client.response()?.status == 400)
    // Our side is over at once; the descriptor goes after the time, though this client never closes.
    #expect(server.settles { $0.connectionsOpen == 0 })
  }

  @Test func `a client that goes on sending after the end is cut off after some bytes`() throws {
    let server = try Self.server {
      $0.lingerTimeoutMs = 60_000
      $0.lingerBytesMax = 200_000
    }
    let client = try server.client()
    client.send("BAD\r\n\r\n")
    #expect(client.response()?.status == 400)
    for _ in 0..<100 { client.send([UInt8](repeating: 120, count: 10_000)) }
    #expect(server.settles { $0.connectionsOpen == 0 })
  }

  @Test func `stalled clients of every kind do not delay a healthy one`() throws {
    let server = try TestServer()
    let stalls = [
      "", "GET /hel", "GET /hello HTTP/1.1\r\nHost: a\r\nX: ", "GET /big HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /echo-worker HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\nx",
    ]
    let stalled = try (0..<300).map { number in
      let client = try server.client()
      client.send(stalls[number % 60 == 3 ? 3 : number % 5 == 3 ? 2 : number % 5])
      return client
    }
    let healthy = try server.client()
    var times: [Int] = []
    for number in 0..<50 {
      let start = milliseconds()
      #expect(healthy.ask("GET \(number % 2 == 0 ? "/hello" : "/worker") HTTP/1.1\r\nHost: a\r\n\r\n")?.status == 200)
      times.append(milliseconds() - start)
    }
    // The machine itself may pause now and then: nine of ten.
    #expect(times.sorted()[times.count * 9 / 10] < 100)
    withExtendedLifetime(stalled) {}
  }
}
