import Dispatch
import Locks
import Testing

@testable import HTTPServer

/// Requirement 31 of HTTPServer.md: TLS on the same loop (RFC 9112 section 9.7, 9.8; RFC 7301).
@Suite struct TLSTests {
  private let folder: TestFolder
  private let server: TestServer

  init() throws {
    folder = try TestFolder()
    try folder.makeCertificate("one", authority: nil)
    server = try TestServer(tls: folder.files("one"))
  }

  private static let hello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

  @Test("31 requests over TLS 1.2 and 1.3", arguments: [(0x0303, "TLSv1.2"), (0x0304, "TLSv1.3")])
  func versions(version: Int, name: String) throws {
    let client = try server.tlsClient(.init(authority: folder.certificate("one"), versionMax: version))
    #expect(client.version == name)
    for _ in 0..<3 { #expect(client.ask(Self.hello)?.text == "hello") }
    #expect(client.ask("GET /worker HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "worked")
  }

  @Test func `31 TLS 1.1 and HTTP/2 alone are refused, http/1.1 is agreed on`() throws {
    #expect(throws: RawClient.ClientError.self) { _ = try server.tlsClient(.init(versionMax: 0x0302)) }
    #expect(throws: RawClient.ClientError.self) { _ = try server.tlsClient(.init(alpn: "h2")) }
    #expect(try server.tlsClient(.init(alpn: "http/1.1")).agreedProtocol == "http/1.1")
    #expect(try server.tlsClient(.init()).agreedProtocol == "")
  }

  @Test func `31 the end of a connection is said with close_notify`() throws {
    let asked = try server.tlsClient()
    #expect(asked.ask("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?.status == 200)
    #expect(asked.isClosed())
    #expect(!asked.sawReset)
    let wrong = try server.tlsClient()
    #expect(wrong.ask("BAD\r\n\r\n")?.status == 400)
    #expect(wrong.isClosed())
    #expect(!wrong.sawReset)
  }

  @Test func `31 an idle connection ends with close_notify too`() throws {
    let server = try TestServer(tls: folder.files("one"), limits: { $0.idleTimeoutMs = 150 })
    let client = try server.tlsClient()
    #expect(client.isClosed())
    #expect(!client.sawReset)
  }

  @Test func `31 a handshake has the time of a head`() throws {
    let server = try TestServer(tls: folder.files("one"), limits: { $0.headTimeoutMs = 400 })
    let silent = try server.client()
    let start = milliseconds()
    #expect(silent.isClosed())
    #expect((300...2_000).contains(milliseconds() - start))
    let plain = try server.client()
    plain.send(Self.hello)
    _ = plain.readToEnd()
    #expect(plain.sawEnd)
  }

  @Test func `31 a request right behind the handshake is answered, whatever was read with it`() throws {
    let missing = Guarded(0)
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<100 {
        let answer = (try? server.tlsClient())?.ask(Self.hello)
        if answer?.text != "hello" { missing.withLock { $0 += 1 } }
      }
    }
    #expect(missing.withLock { $0 } == 0)
  }

  @Test func `31 large answers and bodies pass in both directions`() throws {
    let client = try server.tlsClient()
    client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(client.response()?.body.count == 8_000_000)
    let body = SeededRandom.bytes(3_000_000, seed: 9)
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: \(body.count)\r\n\r\n")
    client.send(body)
    #expect(client.response()?.body == body)
  }

  @Test func `31 framing is refused over TLS as without it`() throws {
    for (bytes, status) in [
      ("GET / HTTP/1.1\n\n", 400), ("GET / HTTP/2.0\r\n\r\n", 505),
      ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400),
      ("GET /\(String(repeating: "a", count: 9_000))", 414),
      ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n", 400),
    ] {
      let client = try server.tlsClient()
      let response = client.ask(bytes)
      #expect(response?.status == status)
      #expect(response?.field("Connection") == "close")
      #expect(client.isClosed())
    }
  }

  @Test func `31 pipelined requests, and bytes one by one`() throws {
    let client = try server.tlsClient()
    client.send(String(repeating: Self.hello, count: 200))
    for _ in 0..<200 { #expect(client.response()?.text == "hello") }
    client.sendByteByByte(Self.hello)
    #expect(client.response()?.text == "hello")
  }

  @Test func `31 records that fill OpenSSL's buffer to the last byte, or nearly, are all answered`() throws {
    let arrived = DispatchSemaphore(value: 0), held = DispatchSemaphore(value: 0)
    let server = try TestServer(
      tls: folder.files("one"),
      routes: { router, _ in
        router.on(.get, "/held", options: .init(isPublic: true)) { _ in
          arrived.signal()
          held.wait()
          return .text("held")
        }
      })
    // A record has 22 bytes around its text, and the buffer some 16,700: they come while nothing is read.
    for padding in 0..<128 {
      let client = try server.tlsClient()
      client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
      arrived.wait()
      for _ in 0..<270 { client.send(Self.hello) }
      let most = 16_800 - 270 * (Self.hello.utf8.count + 22) - 22
      let line = "GET /hello HTTP/1.1\r\nHost: a\r\nX: "
      client.send(line + String(repeating: "x", count: most - padding - line.utf8.count - 4) + "\r\n\r\n")
      client.send(Self.hello)
      held.signal()
      #expect(client.response()?.text == "held")
      for _ in 0..<272 { #expect(client.response()?.text == "hello") }
    }
  }

  @Test func `20 over TLS, too, a connection over the limit is told so, for some at a time`() throws {
    let server = try TestServer(tls: folder.files("one"), limits: { $0.connectionsMax = 2 })
    var clients = try (0..<2).map { _ in try server.tlsClient() }
    for client in clients { #expect(client.ask(Self.hello)?.status == 200) }
    for _ in 0..<3 {
      let over = try server.tlsClient()
      let response = over.response()
      #expect(response?.status == 503 && response?.code == "too_many_connections")
      #expect(response?.field("Retry-After") == "1" && response?.field("Connection") == "close")
      #expect(over.isClosed() && !over.sawReset)
    }
    // Who never ends the handshake keeps nobody's place but that of others who are refused.
    let silent = try (0..<40).map { _ in try server.client() }
    #expect(silent.suffix(8).allSatisfy { $0.isClosed(within: 1_000) })
    clients.removeLast()
    #expect(server.settles { $0.connectionsOpen == 1 })
    #expect(try server.tlsClient().ask(Self.hello)?.status == 200)
    withExtendedLifetime((clients, silent)) {}
  }

  @Test func `a reload serves the new certificate to new connections and keeps the old ones`() throws {
    let before = try server.tlsClient()
    #expect(before.peerName == "one")
    try folder.makeCertificate("two", authority: nil, as: "one")
    try server.server.reloadCertificates()
    #expect(try server.tlsClient().peerName == "two")
    #expect(before.ask(Self.hello)?.text == "hello")
  }

  @Test func `a reload of something unusable changes nothing`() throws {
    try folder.write("rubbish", to: "one.pem")
    #expect(throws: HTTPServerError.self) { try server.server.reloadCertificates() }
    #expect(try server.tlsClient().peerName == "one")
  }

  @Test func `a client certificate is required where its authority is named, and its name reaches the handler`() throws
  {
    try folder.makeCertificate("authority", authority: nil)
    try folder.makeCertificate("robot", authority: "authority")
    try folder.makeCertificate("stranger", authority: nil)
    var files = folder.files("one")
    files.clientAuthorityFile = folder.certificate("authority")
    let server = try TestServer(
      tls: files,
      routes: { router, _ in
        router.on(.get, "/whoami", run: .onLoop, options: .init(isPublic: true)) {
          .text($0.clientCertificateName ?? "-")
        }
      })
    let robot = try server.tlsClient(.init(certificate: folder.certificate("robot"), key: folder.key("robot")))
    #expect(robot.ask("GET /whoami HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "robot")
    for name in ["stranger", nil] {
      // TLS 1.3 tells the client only after its own handshake is over.
      let client = try? server.tlsClient(
        .init(certificate: name.map(folder.certificate), key: name.map(folder.key)))
      #expect(client?.ask("GET /whoami HTTP/1.1\r\nHost: a\r\n\r\n") == nil)
    }
  }

  @Test func `a server does not start with a key that does not fit`() throws {
    try folder.makeCertificate("other", authority: nil)
    var files = folder.files("one")
    files.privateKeyFile = folder.key("other")
    #expect(throws: HTTPServerError.self) { _ = try TestServer(tls: files) }
    files.certificateFile = "/nonexistent"
    #expect(throws: HTTPServerError.self) { _ = try TestServer(tls: files) }
  }
}
