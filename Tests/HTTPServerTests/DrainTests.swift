import CSockets
import Dispatch
import Locks
import Testing

@testable import HTTPServer

/// Requirement 21 of HTTPServer.md: an end that cuts nobody off (RFC 9112 section 9.6).
@Suite struct DrainTests {
  private static let hello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

  @Test func `21 draining ends requests in flight, tells connections to close, and refuses new ones`() throws {
    let server = try TestServer()
    let busy = try server.client()
    busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    server.gate.awaitArrival()
    let idle = try server.client()
    #expect(idle.ask(Self.hello)?.status == 200)
    let drained = DispatchSemaphore(value: 0)
    DispatchQueue.global().async {
      #expect(server.server.drain(timeoutMs: 5_000))
      drained.signal()
    }
    #expect(settles { server.server.isDraining })
    #expect(idle.isClosed())
    #expect(!idle.sawReset)
    #expect(throws: RawClient.ClientError.self) { _ = try server.client() }
    server.gate.open()
    let response = busy.response()
    #expect(response?.text == "slow")
    #expect(response?.field("Connection") == "close")
    #expect(busy.isClosed())
    #expect(drained.wait(timeout: .now() + 5) == .success)
  }

  @Test func `21 a request that is on its way when draining begins is answered`() throws {
    let server = try TestServer(limits: { $0.drainIdleTimeoutMs = 500 })
    let partial = try server.client()
    partial.send("GET /probe HT")
    let idle = try server.client()
    #expect(idle.ask(Self.hello)?.status == 200)
    #expect(server.settles { $0.connectionsOpen == 2 })
    let drained = DispatchSemaphore(value: 0)
    DispatchQueue.global().async {
      #expect(server.server.drain(timeoutMs: 5_000))
      drained.signal()
    }
    #expect(settles { server.server.isDraining })
    partial.send("TP/1.1\r\nHost: a\r\n\r\n")
    let response = partial.response()
    #expect(response?.text == "draining")
    #expect(response?.field("Connection") == "close")
    #expect(idle.ask(Self.hello)?.field("Connection") == "close")
    #expect(drained.wait(timeout: .now() + 5) == .success)
  }

  @Test func `21 draining ends at its deadline though a handler hangs`() throws {
    let server = try TestServer()
    let busy = try server.client()
    busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    server.gate.awaitArrival()
    let start = milliseconds()
    #expect(!server.server.drain(timeoutMs: 200))
    #expect((150...2_000).contains(milliseconds() - start))
    #expect(busy.isClosed())
  }

  @Test func `21 no request is lost when the server drains under load`() throws {
    let server = try TestServer()
    let group = DispatchGroup()
    let lost = Guarded(0)
    let answered = Guarded(0)
    for number in 0..<4 {
      DispatchQueue.global().async(group: group) {
        guard let client = try? server.client() else { return }
        while true {
          let response = client.ask("GET \(number % 2 == 0 ? "/worker" : "/hello") HTTP/1.1\r\nHost: a\r\n\r\n")
          guard let response else {
            lost.withLock { $0 += 1 }
            return
          }
          answered.withLock { $0 += 1 }
          if response.field("Connection") == "close" { return }
        }
      }
    }
    #expect(settles { answered.withLock { $0 } > 200 })
    #expect(server.server.drain(timeoutMs: 5_000))
    group.wait()
    #expect(lost.withLock { $0 } == 0)
  }

  @Test func `connections that the kernel let in before draining are answered`() throws {
    let server = try TestServer(loops: 1, limits: { $0.drainIdleTimeoutMs = 1_000 })
    let clients = try (0..<50).map { _ in try server.client() }
    let drained = DispatchSemaphore(value: 0)
    DispatchQueue.global().async {
      server.server.drain(timeoutMs: 5_000)
      drained.signal()
    }
    for client in clients { #expect(client.ask(Self.hello)?.status == 200) }
    #expect(drained.wait(timeout: .now() + 6) == .success)
  }

  @Test func `stop ends at once`() throws {
    let server = try TestServer()
    let client = try server.client()
    #expect(client.ask(Self.hello)?.status == 200)
    server.server.stop()
    #expect(client.isClosed())
    #expect(throws: RawClient.ClientError.self) { _ = try server.client() }
  }

  @Test func `a listening socket may be inherited, and only a listening one`() throws {
    let listener = unsafe "127.0.0.1".withCString { unsafe c360_listen($0, 0, 16) }
    let port = Int(c360_local_port(listener))
    let server = try TestServer(listen: .inherited(descriptor: listener))
    #expect(server.port == port)
    #expect(try server.ask(Self.hello)?.status == 200)
    let client = try server.client()
    #expect(throws: HTTPServerError.notAListeningSocket(client.descriptor)) {
      _ = try TestServer(listen: .inherited(descriptor: client.descriptor))
    }
  }

  @Test func `a second server takes over the port while the first drains, and no connection is refused`() throws {
    let first = try TestServer()
    let second = try TestServer(listen: .tcp(host: "127.0.0.1", port: first.port))
    #expect(second.port == first.port)
    #expect(first.server.drain(timeoutMs: 3_000))
    for _ in 0..<50 { #expect(try RawClient(port: second.port).ask(Self.hello)?.status == 200) }
  }

  @Test func `a server does not start twice, nor on an address that is none`() throws {
    let server = try TestServer()
    #expect(throws: HTTPServerError.alreadyStarted) { try server.server.start(Router()) }
    #expect(throws: HTTPServerError.cannotListen(host: "nowhere", port: 0, errno: 22)) {
      _ = try TestServer(listen: .tcp(host: "nowhere", port: 0))
    }
  }

  private func settles(_ isSettled: () -> Bool) -> Bool {
    let deadline = milliseconds() + 3_000
    while milliseconds() < deadline {
      if isSettled() { return true }
      _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(2))
    }
    return false
  }
}
