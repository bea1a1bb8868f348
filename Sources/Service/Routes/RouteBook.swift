import HTTPServer
import Logging
import Store

/// The routes of the service as they are declared: each with its access from the table and its query parameters by name.
struct RouteBook {
  /// The routes.
  private(set) var router = Router()
  /// Who may call each of them.
  private(set) var access: [ObjectIdentifier: RouteAccess] = [:]
  /// The query parameters that each of them takes.
  private(set) var queries: [ObjectIdentifier: [String]] = [:]
  private let gate: Gate
  private let metrics: RequestMetrics
  private let log: Logger

  init(gate: Gate, metrics: RequestMetrics, log: Logger) {
    self.gate = gate
    self.metrics = metrics
    self.log = log
  }

  /// What a route takes beside its method and path.
  struct Options {
    /// Query parameters; any other is a 400.
    var query: [String] = []
    /// Media types of the body.
    var mediaTypes: [MediaType] = [.json]
    /// Largest decoded body.
    var bodyBytesMax = 1_048_576
    /// Whether it only reads, whatever its method.
    var reads = false

    var http: RouteOptions { RouteOptions(bodyBytesMax: bodyBytesMax, mediaTypes: mediaTypes) }
  }

  /// Declares a route whose handler runs on a worker, for callers with access: among the writers, unless it only reads.
  mutating func on(
    _ method: HTTPMethod, _ pattern: String, _ options: Options = Options(),
    handler: @escaping @Sendable (Call) throws -> HTTPResponse
  ) {
    let door = door(method, pattern, options)
    let place = method == .get || options.reads ? HTTPRoute.Place.onWorkers : .onWriters
    router.on(method, pattern, run: place, options: options.http) { try door.pass($0, to: handler) }
    note(door.access, query: options.query)
  }

  /// Declares a route that `quick` answers on the connection's loop where memory suffices; what it leaves (nil) goes to `handler`, on
  /// a worker.
  mutating func onQuick(
    _ method: HTTPMethod, _ pattern: String, _ options: Options = Options(),
    quick: @escaping @Sendable (Call) throws -> HTTPResponse?,
    handler: @escaping @Sendable (Call) throws -> HTTPResponse
  ) {
    let door = door(method, pattern, options)
    router.onQuick(
      method, pattern, options: options.http, quick: { try door.passQuickly($0, to: quick) },
      handler: { try door.pass($0, to: handler) })
    note(door.access, query: options.query)
  }

  /// Declares a route that answers requests which wait at the same time by one call, where `takes` says so of each; `handler`
  /// answers one alone, and those for which `together` has no answer.
  mutating func onGathered(
    _ method: HTTPMethod, _ pattern: String, _ options: Options = Options(),
    takes: @escaping @Sendable (HTTPRequest) -> Bool,
    together: @escaping @Sendable ([Call]) throws -> [HTTPResponse?],
    handler: @escaping @Sendable (Call) throws -> HTTPResponse
  ) {
    let door = door(method, pattern, options)
    let gathered = GatheredHandler(takes: takes) { door.pass($0, to: together) }
    router.onGathered(method, pattern, options: options.http, together: gathered) { try door.pass($0, to: handler) }
    note(door.access, query: options.query)
  }

  private func door(_ method: HTTPMethod, _ pattern: String, _ options: Options) -> Door {
    let access = access(of: method, pattern)
    precondition(access != .everybody, "a route for everybody is declared as a probe")
    return Door(pattern: pattern, access: access, query: options.query, gate: gate, metrics: metrics, log: log)
  }

  /// Declares a probe: for everybody, whatever its query, from memory alone.
  mutating func probe(_ pattern: String, handler: @escaping @Sendable (HTTPRequest) throws(Problem) -> HTTPResponse) {
    let access = access(of: .get, pattern)
    precondition(access == .everybody, "a probe is for everybody")
    router.on(
      .get, pattern, run: .onLoop, options: RouteOptions(isPublic: true, ignoresQuery: true), handler: handler)
    note(access, query: [])
  }

  private func access(of method: HTTPMethod, _ pattern: String) -> RouteAccess {
    guard let access = RouteAccess.table["\(method.rawValue) \(pattern)"] else {
      preconditionFailure("no access is written down for \(method.rawValue) \(pattern)")
    }
    return access
  }

  private mutating func note(_ granted: RouteAccess, query: [String]) {
    guard let route = router.routes.last else { return }
    access[ObjectIdentifier(route)] = granted
    queries[ObjectIdentifier(route)] = query
  }
}
