import Locks
import Testing

@testable import HTTPServer

/// Requests that wait at the same time are answered by one call, each with its own answer.
@Suite struct GatheringTests {
  private static func request(_ id: Int, fields: String = "") -> String {
    "GET /gathered/\(id)\(fields) HTTP/1.1\r\nHost: a\r\n\r\n"
  }

  /// A server whose first call waits at the gate; `sizes` says how many requests each call had.
  private static func server(
    sizes: Guarded<[Int]>, limits change: (inout HTTPLimits) -> Void = { _ in }
  ) throws -> TestServer {
    try TestServer(
      loops: 1,
      routes: { router, gate in
        router.onGathered(
          .get, "/gathered/{id}", options: RouteOptions(isPublic: true),
          together: GatheredHandler(takes: { $0.query.isEmpty }) { requests in
            let isFirst = sizes.withLock { sizes in
              sizes.append(requests.count)
              return sizes.count == 1
            }
            if isFirst { gate.wait() }
            return requests.map { request in
              switch request.parameter("id") {
              case "404": .failure(Problem.notFound("Nobody."))
              case "7": nil
              case let id: .success(.text("together \(id)"))
              }
            }
          }
        ) { .text("alone \($0.parameter("id"))") }
      }, limits: change)
  }

  @Test func `what waits while a call is under way is the next call, and each gets its own answer`() throws {
    let sizes = Guarded<[Int]>([])
    let server = try Self.server(sizes: sizes)
    let first = try server.client()
    first.send(Self.request(0))
    server.gate.awaitArrival()
    // Within the patience of the first call nothing else begins; after it a second call takes what waits.
    let clients = try (1...20).map { _ in try server.client() }
    for (index, client) in clients.enumerated() { client.send(Self.request(index == 10 ? 404 : index)) }
    for (index, client) in clients.enumerated() {
      let response = try #require(client.response())
      switch index {
      case 7: #expect(response.text == "alone 7")
      case 10: #expect(response.status == 404 && response.code == "not_found")
      default: #expect(response.text == "together \(index)")
      }
    }
    server.gate.open()
    #expect(first.response()?.text == "together 0")
    let all = sizes.withLock { $0 }
    #expect(all.reduce(0, +) == 21)
    #expect(all.allSatisfy { $0 <= GatheredHandler.requestsPerCallMax })
  }

  @Test func `pipelined requests of one connection keep their order`() throws {
    let server = try Self.server(sizes: Guarded<[Int]>([0]))
    let client = try server.client()
    client.send((20..<60).map { Self.request($0) }.joined())
    for id in 20..<60 { #expect(client.response()?.text == "together \(id)") }
  }

  @Test func `a request that the gathered handler does not take goes to the ordinary one`() throws {
    let server = try Self.server(sizes: Guarded<[Int]>([0]))
    #expect(try server.ask(Self.request(3, fields: "?all=1"))?.text == "alone 3")
    let head = try server.ask("HEAD /gathered/3 HTTP/1.1\r\nHost: a\r\n\r\n", toHead: true)
    #expect(head?.field("Content-Length") == "10")
  }

  @Test func `more than may wait are answered 503 at once`() throws {
    let server = try Self.server(sizes: Guarded<[Int]>([])) {
      $0.workersMax = 1
      $0.workerQueueMax = 2
    }
    let first = try server.client()
    first.send(Self.request(0))
    server.gate.awaitArrival()
    let waiting = try (1...2).map { _ in try server.client() }
    for client in waiting { client.send(Self.request(1)) }
    // The loop takes what came first first: once this is answered the two wait.
    #expect(try server.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")?.status == 200)
    let over = try server.client().ask(Self.request(2))
    #expect(over?.status == 503 && over?.code == "overloaded")
    server.gate.open()
    #expect(first.response()?.text == "together 0")
    for client in waiting { #expect(client.response()?.text == "together 1") }
  }

  @Test func `a client that leaves while its request waits takes nothing of the others with it`() throws {
    let server = try Self.server(sizes: Guarded<[Int]>([])) { $0.workersMax = 1 }
    let first = try server.client()
    first.send(Self.request(0))
    server.gate.awaitArrival()
    do {
      let leaving = try server.client()
      leaving.send(Self.request(1))
    }
    let staying = try server.client()
    staying.send(Self.request(2))
    server.gate.open()
    #expect(first.response()?.text == "together 0")
    #expect(staying.response()?.text == "together 2")
    #expect(server.settles { $0.connectionsOpen == 2 })
  }
}
