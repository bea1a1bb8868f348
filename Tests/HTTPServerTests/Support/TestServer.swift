import Dispatch
import Locks
import Logging

@testable import HTTPServer

/// A server on a port of its own, stopped with its value, with routes that show what arrived.
final class TestServer: Sendable {
  let server: HTTPServer
  let port: Int
  let log: ObservationLog
  let gate: Gate

  init(
    tls: HTTPServerConfiguration.TLS? = nil, cors: HTTPServerConfiguration.CORS? = nil, loops: Int = 2,
    listen: HTTPServerConfiguration.Listen = .tcp(host: "127.0.0.1", port: 0), hooks: HTTPHooks = HTTPHooks(),
    routes: (inout Router, Gate) -> Void = { _, _ in }, limits change: (inout HTTPLimits) -> Void = { _ in }
  ) throws {
    var limits = HTTPLimits()
    limits.workersMax = 4
    limits.lingerTimeoutMs = 500
    limits.drainIdleTimeoutMs = 200
    change(&limits)
    server = HTTPServer(
      configuration: .init(listen: listen, tls: tls, cors: cors, limits: limits, loops: loops),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let log = ObservationLog()
    let gate = Gate()
    var router = Router()
    Self.addRoutes(to: &router, gate: gate)
    routes(&router, gate)
    var hooks = hooks
    hooks.observe = { log.append($0) }
    port = try server.start(router, hooks: hooks)
    self.log = log
    self.gate = gate
  }

  deinit {
    gate.open()
    server.stop()
  }

  func client() throws -> RawClient { try RawClient(port: port) }

  func tlsClient(_ options: TLSTestSession.Options = .init()) throws -> RawClient {
    try RawClient(port: port, tls: options)
  }

  /// The answer to one request on a connection of its own.
  func ask(_ text: String, toHead: Bool = false) throws -> TestResponse? {
    let client = try client()
    return client.ask(text, toHead: toHead)
  }

  private static func addRoutes(to router: inout Router, gate: Gate) {
    let open = RouteOptions(isPublic: true)
    router.on(.get, "/", run: .onLoop, options: open) { _ in .text("root") }
    router.on(.get, "/hello", run: .onLoop, options: open) { _ in .text("hello") }
    router.on(.get, "/worker", options: open) { _ in .text("worked") }
    router.on(.get, "/probe", run: .onLoop, options: .init(isPublic: true, ignoresQuery: true)) { request in
      .text(request.isServerDraining ? "draining" : "ready")
    }
    router.on(.get, "/items/{id}", run: .onLoop, options: open) { .text($0.parameter("id")) }
    router.on(.delete, "/items/{id}", run: .onLoop, options: open) { _ in .noContent }
    router.on(.post, "/items/{id}:copy", run: .onLoop, options: open) { .text("copy of \($0.parameter("id"))") }
    router.on(.get, "/query", run: .onLoop, options: open) { request in
      .text(request.query.items.map { "\($0.name)=\($0.value)" }.joined(separator: "|"))
    }
    router.on(.get, "/header/{name}", run: .onLoop, options: open) { request in
      .text(request.allHeaders(request.parameter("name")).joined(separator: "|"))
    }
    router.on(.get, "/authority", run: .onLoop, options: open) { .text($0.authority) }
    for (path, place) in [("/echo", HTTPRoute.Place.onLoop), ("/echo-worker", .onWorkers)] {
      router.on(
        .post, path, run: place, options: .init(mediaTypes: [.json, .plainText, .ndjson], isPublic: true)
      ) { request in
        HTTPResponse(contentType: .plainText, body: .bytes(request.body))
      }
    }
    router.on(.put, "/small", run: .onLoop, options: .init(bodyBytesMax: 100, isPublic: true)) {
      .text("\($0.body.count)")
    }
    router.on(.get, "/secret", run: .onLoop) { .text("\($0.principal as? String ?? "nobody")") }
    router.on(.post, "/secret", run: .onLoop) { _ in .text("done") }
    router.on(.get, "/slow", options: open) { _ in
      gate.wait()
      return .text("slow")
    }
    router.on(.get, "/big", run: .onLoop, options: .init(isPublic: true, compresses: false)) { _ in
      HTTPResponse(contentType: .plainText, body: .bytes([UInt8](repeating: 120, count: 8_000_000)))
    }
  }
}

/// Holds handlers back until it is opened.
final class Gate: Sendable {
  private let waiting = DispatchSemaphore(value: 0)
  private let arrived = DispatchSemaphore(value: 0)

  func wait() {
    arrived.signal()
    waiting.wait()
    // Once open it stays open.
    waiting.signal()
  }

  func open() { waiting.signal() }

  /// Waits until a handler has come to the gate.
  func awaitArrival() { arrived.wait() }
}

/// What the observer was told.
final class ObservationLog: Sendable {
  private let list = Guarded<[HTTPObservation]>([])

  func append(_ observations: [HTTPObservation]) { list.withLock { $0 += observations } }

  var all: [HTTPObservation] { list.withLock { $0 } }

  /// The first observation, which may come a moment after the answer.
  func first(where isWanted: (HTTPObservation) -> Bool) -> HTTPObservation? {
    let deadline = milliseconds() + 2_000
    while milliseconds() < deadline {
      if let found = all.first(where: isWanted) { return found }
      _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(2))
    }
    return nil
  }
}

extension TestServer {
  /// Whether the counters come to say so within a moment.
  func settles(within timeoutMs: Int = 3_000, _ isSettled: (HTTPCounters) -> Bool) -> Bool {
    let deadline = milliseconds() + timeoutMs
    while milliseconds() < deadline {
      if isSettled(server.counters) { return true }
      _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(2))
    }
    return false
  }
}
