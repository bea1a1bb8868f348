/// The routes of a server, collected before it starts.
public struct Router: Sendable {
  /// Every route in the order of its declaration.
  public private(set) var routes: [HTTPRoute] = []
  private var patterns: [PathPattern] = []

  /// No routes.
  public init() {}

  /// Declares a route whose handler gets the whole request.
  ///
  /// Patterns: `/customers/{id}`, `/customers:batchGet`, `/models/{name}:train`,
  /// `/models/{name}/versions/{version}:predict`. A literal segment wins over `{name}:verb`, that over `{name}`. Two routes
  /// of one method on one pattern stop the program at its start.
  public mutating func on(
    _ method: HTTPMethod, _ pattern: String, run place: HTTPRoute.Place = .onWorkers,
    options: RouteOptions = RouteOptions(), handler: @escaping HTTPRoute.Handler
  ) {
    add(method, pattern, place, options, .handle(handler))
  }

  /// Declares a route that takes the body piece by piece. `open` runs on a worker once the head is accepted; the body is
  /// read only as fast as the consumer takes it.
  public mutating func onStream(
    _ method: HTTPMethod, _ pattern: String, options: RouteOptions = RouteOptions(), open: @escaping HTTPRoute.Opener
  ) {
    add(method, pattern, .onWorkers, options, .consume(open))
  }

  /// Declares a route whose requests may be answered several at once, on a worker; `handler` answers one alone.
  public mutating func onGathered(
    _ method: HTTPMethod, _ pattern: String, options: RouteOptions = RouteOptions(), together: GatheredHandler,
    handler: @escaping HTTPRoute.Handler
  ) {
    add(method, pattern, .onWorkers, options, .handle(handler), Gathering(together))
  }

  /// Declares a route that `quick` answers on the loop where it can; `handler` answers the rest on a worker.
  public mutating func onQuick(
    _ method: HTTPMethod, _ pattern: String, options: RouteOptions = RouteOptions(),
    quick: @escaping HTTPRoute.QuickHandler, handler: @escaping HTTPRoute.Handler
  ) {
    add(method, pattern, .onWorkers, options, .handle(handler), quick: quick)
  }

  private mutating func add(
    _ method: HTTPMethod, _ pattern: String, _ place: HTTPRoute.Place, _ options: RouteOptions,
    _ action: HTTPRoute.Action, _ gathering: Gathering? = nil, quick: HTTPRoute.QuickHandler? = nil
  ) {
    precondition(method != .head && method != .connect, "HEAD is answered by the route of GET")
    let parsed = PathPattern(pattern)
    precondition(
      !zip(routes, patterns).contains { $0.method == method && $1.segments == parsed.segments },
      "a route is declared twice: \(method.rawValue) \(pattern)")
    routes.append(
      HTTPRoute(
        method: method, pattern: parsed, place: place, options: options, action: action, gathering: gathering,
        quick: quick))
    patterns.append(parsed)
  }

  func compiled() -> RouteTable { RouteTable(zip(routes, patterns).map { ($0, $1.segments) }) }
}
