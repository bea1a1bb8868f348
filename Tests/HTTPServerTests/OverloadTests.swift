import Logging
import Synchronization
import Testing

@testable import HTTPServer

/// Requirement 20 of HTTPServer.md and the table of limits: at a limit there is an answer, not a stall (RFC 9110
/// sections 15.5.14 and 15.6.4; RFC 6585 section 5).
@Suite struct OverloadTests {
  private static let hello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

  @Test func `20 connections up to the limit are served, one more gets 503, Retry-After and the end`() throws {
    let server = try TestServer(limits: { $0.connectionsMax = 3 })
    var clients = try (0..<3).map { _ in try server.client() }
    for client in clients { #expect(client.ask(Self.hello)?.status == 200) }
    let over = try server.client()
    let response = over.response()
    #expect(response?.status == 503)
    #expect(response?.code == "too_many_connections")
    #expect(response?.field("Retry-After") == "1")
    #expect(response?.field("Connection") == "close")
    #expect(over.isClosed())
    clients.removeLast()
    #expect(server.settles { $0.connectionsOpen == 2 })
    #expect(try server.ask(Self.hello)?.status == 200)
    #expect(server.server.counters.connectionsRefused == 1)
  }

  @Test func `20 so do connections from one address; 0 means no limit`() throws {
    let server = try TestServer(limits: { $0.connectionsPerAddressMax = 2 })
    let clients = try (0..<2).map { _ in try server.client() }
    for client in clients { #expect(client.ask(Self.hello)?.status == 200) }
    #expect(try server.client().response()?.status == 503)
    let free = try TestServer(limits: { $0.connectionsPerAddressMax = 0 })
    let many = try (0..<20).map { _ in try free.client() }
    for client in many { #expect(client.ask(Self.hello)?.status == 200) }
  }

  @Test func `a full queue is answered 503 with Retry-After at once, and the connection goes on`() throws {
    let server = try TestServer(limits: {
      $0.workersMax = 1
      $0.workerQueueMax = 1
    })
    let running = try server.client()
    running.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    server.gate.awaitArrival()
    let queued = try server.client()
    queued.send("GET /worker HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(server.settles { $0.workerQueueDepth == 1 })
    let over = try server.client()
    let response = over.ask("GET /worker HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(response?.status == 503)
    #expect(response?.code == "overloaded")
    #expect(response?.field("Retry-After") == "1")
    #expect(over.ask(Self.hello)?.status == 200)
    server.gate.open()
    #expect(running.response()?.text == "slow")
    #expect(queued.response()?.text == "worked")
    #expect(server.server.counters.overloads == 1)
  }

  @Test func `writes that wait leave workers and a queue to the others`() throws {
    let server = try Self.serverOfWrites {
      $0.workersMax = 4
      $0.writersMax = 2
      $0.workerQueueMax = 3
    }
    let clients = try (0..<5).map { _ in try server.client() }
    for client in clients { client.send(Self.write) }
    // Two run, three are held, and a sixth is one too many.
    server.gate.awaitArrival()
    server.gate.awaitArrival()
    #expect(server.settles { $0.workerQueueDepth == 3 })
    #expect(try server.ask(Self.write)?.code == "overloaded")
    for _ in 0..<20 { #expect(try server.ask("GET /worker HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "worked") }
    #expect(server.server.counters.workerQueueDepth == 3)
    server.gate.open()
    for client in clients { #expect(client.response()?.text == "written") }
    for _ in 0..<10 { #expect(try server.ask(Self.write)?.text == "written") }
  }

  @Test("writers never are all the workers, and a single worker writes too", arguments: [(1, 24), (2, 24), (2, 0)])
  func share(workers: Int, writers: Int) throws {
    let server = try Self.serverOfWrites {
      $0.workersMax = workers
      $0.writersMax = writers
    }
    let clients = try (0..<3).map { _ in try server.client() }
    for client in clients { client.send(Self.write) }
    server.gate.awaitArrival()
    #expect(server.settles { $0.workerQueueDepth == 2 })
    if workers > 1 { #expect(try server.ask("GET /worker HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "worked") }
    server.gate.open()
    for client in clients { #expect(client.response()?.text == "written") }
  }

  private static let write = "POST /write HTTP/1.1\r\nHost: a\r\n\r\n"

  /// A server with a route among the writers whose handler waits at the gate.
  private static func serverOfWrites(limits: (inout HTTPLimits) -> Void) throws -> TestServer {
    try TestServer(
      routes: { router, gate in
        router.on(.post, "/write", run: .onWriters, options: .init(isPublic: true)) { _ in
          gate.wait()
          return .text("written")
        }
      }, limits: limits)
  }

  @Test func `bodies in flight up to the limit are held, one byte more is 503`() throws {
    let server = try TestServer(limits: { $0.bytesInFlightMax = 10_000 })
    func head(_ length: Int) -> String {
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: \(length)\r\n\r\n"
    }
    #expect(try server.ask(head(10_000) + String(repeating: "x", count: 10_000))?.status == 200)
    let holder = try server.client()
    holder.send(head(10_000) + String(repeating: "x", count: 9_000))
    #expect(server.settles { $0.bytesInFlight == 9_000 })
    #expect(try server.ask(head(1_000) + String(repeating: "x", count: 1_000))?.status == 200)
    let over = try server.client()
    let response = over.ask(head(1_001) + String(repeating: "x", count: 1_001))
    #expect(response?.status == 503)
    #expect(response?.field("Retry-After") == "1")
    #expect(response?.field("Connection") == "close")
    holder.send(String(repeating: "x", count: 1_000))
    #expect(holder.response()?.status == 200)
    #expect(server.settles { $0.bytesInFlight == 0 })
  }

  @Test func `answers that nobody takes count too: beyond the limit there are small ones only`() throws {
    let server = try TestServer(limits: { $0.bytesInFlightMax = 9_000_000 })
    let lazy = try server.client()
    lazy.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(server.settles { $0.bytesInFlight > 1_000_000 })
    let other = try server.client()
    let response = other.ask("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(response?.status == 503)
    #expect(response?.code == "overloaded")
    #expect(other.ask(Self.hello)?.status == 200)
    #expect(lazy.response()?.body.count == 8_000_000)
    #expect(server.settles { $0.bytesInFlight == 0 })
    #expect(other.ask("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")?.body.count == 8_000_000)
  }

  @Test func `answers between a worker and the loop count too, and only as long as they are there`() {
    var limits = HTTPLimits()
    limits.bytesInFlightMax = 200_000
    let core = ServerCore(
      configuration: .init(limits: limits), router: Router(), hooks: HTTPHooks(),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, tls: nil)
    func made(_ size: Int) -> WorkerResult {
      EventLoop.finished(.json([UInt8](repeating: 32, count: size)), RequestStorage(), core, began: 0)
    }
    func status(_ result: WorkerResult) -> Int {
      guard case .answer(let response, _, _, _, _) = result else { return 0 }
      return response.status.rawValue
    }
    var waiting = [made(100_000), made(100_000), made(100_000), made(65_536)]
    #expect(waiting.map(status) == [200, 200, 503, 200])
    #expect(core.bytesInFlight.load(ordering: .relaxed) == 200_000)
    waiting.removeFirst()
    #expect(core.bytesInFlight.load(ordering: .relaxed) == 100_000)
    #expect(status(made(100_000)) == 200)
    waiting = []
    #expect(core.bytesInFlight.load(ordering: .relaxed) == 0)
  }

  @Test func `a refused body at the limit of what is read on is read on, one byte more closes`() throws {
    let server = try TestServer(limits: { $0.discardBytesMax = 50 })
    func ask(_ length: Int) throws -> TestResponse? {
      try server.ask("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n")
    }
    #expect(try ask(50)?.field("Connection") == nil)
    #expect(try ask(51)?.field("Connection") == "close")
  }

  @Test func `every limit can be set by its name, and its name ends in a unit`() {
    #expect(Set(HTTPLimits.all.map(\.name)).count == Mirror(reflecting: HTTPLimits()).children.count)
    var limits = HTTPLimits()
    for limit in HTTPLimits.all {
      limits[keyPath: limit.keyPath] = 7
      #expect(Mirror(reflecting: limits).children.first { $0.label == limit.name }?.value as? Int == 7)
    }
    let units = ["BytesMax", "BytesMin", "Max", "Ms", "PerSMin", "RetryAfterS", "retryAfterS", "GraceBytes"]
    #expect(HTTPLimits.all.allSatisfy { limit in units.contains { limit.name.hasSuffix($0) } })
  }

  @Test func `the defaults are those of the contract`() {
    let limits = HTTPLimits()
    #expect(limits.requestLineBytesMax == 8_192 && limits.headBytesMax == 32_768 && limits.headerFieldsMax == 100)
    #expect(limits.bodyBytesMax == 8 << 20 && limits.chunkLineBytesMax == 256 && limits.inputBufferBytesMax == 64 << 10)
    #expect(limits.chunkExtensionsBytesMax == 4_096 && limits.trailersBytesMax == 4_096)
    #expect(limits.connectionsMax <= 12_000 && limits.connectionsPerAddressMax == 1_000)
    #expect(limits.headTimeoutMs == 10_000 && limits.bodyTimeoutMs == 30_000 && limits.bodyRateBytesPerSMin == 1_024)
    #expect(limits.idleTimeoutMs == 60_000 && limits.writeTimeoutMs == 30_000 && limits.handlerTimeoutMs == 8_000)
    #expect(limits.bytesInFlightMax == 256 << 20)
    #expect(limits.writersMax < limits.workersMax)
  }
}
