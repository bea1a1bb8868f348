import BSON
import HTTPServer
import Ingestion
import Logging
import Models
import MongoDB
import Projection
import Store

/// The HTTP face of customer360: `start`, then `drain`.
///
/// It answers from the first moment: until the database has been reached once, probes say so and other routes answer 503.
/// Models and projector belong to the caller, who starts them when `start` calls back and stops them after `drain`.
public final class Service: Sendable {
  private let server: HTTPServer
  private let health: HealthMonitor
  private let upkeep: Upkeep
  let routes: RouteBook
  private let hooks: HTTPHooks
  private let pushTokens: PushTokenVerifier?

  /// - Parameters:
  ///   - projection: What the projector of this process says of itself; nil when it runs none.
  ///   - matching: The same of the follower that matches records.
  ///   - pulls: What the workers of pull sources in this process are at.
  public init(
    configuration: ServiceConfiguration, store: Store, models: ModelService,
    projection: @escaping @Sendable () -> ProjectionStatus? = { nil },
    matching: @escaping @Sendable () -> MatchStatus? = { nil },
    pulls: @escaping @Sendable () -> [PullActivity] = { [] }, log: Logger
  ) throws(ServiceError) {
    let page: DocumentationPage
    do throws(YAMLError) {
      page = try DocumentationPage(openAPI: OpenAPIDocument.text)
    } catch {
      throw .unreadableDescription(line: error.line, reason: error.reason)
    }
    let server = HTTPServer(configuration: configuration.http, logger: log)
    let keys = KeyRing(store)
    let health = HealthMonitor(log: log) { deadline throws(StoreError) in try store.pingPrimary(deadline: deadline) }
    let isOpen = configuration.isLoopbackOnly
    let pushTokens = configuration.pushTokens.map {
      PushTokenVerifier(policy: $0.policy, read: $0.read, clock: WallClock.now, log: log)
    }
    let gate = Gate(
      authenticator: Authenticator(ring: keys, isOpenWithoutKeys: isOpen, pushTokens: pushTokens),
      limiter: RateLimiter(requestsPerSecond: configuration.intake.requestsPerKeyPerSMax),
      requestTimeoutMs: configuration.requestTimeoutMs)
    let requests = RequestMetrics()
    let metrics = ServiceMetrics(
      requests: requests, ingest: IngestMetrics(), health: health, server: server, store: store, models: models,
      projection: projection, matching: matching, pulls: pulls, clock: WallClock.now)
    let parts = ServiceParts(
      store: store, models: models, configuration: configuration, health: health, metrics: metrics, page: page)
    let routes = parts.routes(in: RouteBook(gate: gate, metrics: requests, log: log))
    self.server = server
    self.pushTokens = pushTokens
    self.health = health
    self.routes = routes
    upkeep = Upkeep(
      store: store, keys: keys, health: health, keyRefreshMs: configuration.keyRefreshMs, isOpenWithoutKeys: isOpen,
      log: log)
    hooks = Self.hooks(gate: gate, access: routes.access, requests: requests, accessLog: configuration.accessLog, log)
  }

  /// Listens and returns the port. `onceReady` is called on a thread of the service when the database has been reached and its
  /// indexes are there.
  @discardableResult
  public func start(onceReady: @escaping @Sendable () -> Void = {}) throws(HTTPServerError) -> Int {
    let port = try server.start(routes.router, hooks: hooks)
    health.start()
    pushTokens?.start()
    upkeep.start(onceReady: onceReady)
    return port
  }

  /// Stops accepting, answers what has come, and ends. Returns whether every accepted request was answered.
  @discardableResult
  public func drain(timeoutMs: Int? = nil) -> Bool {
    let isClean = server.drain(timeoutMs: timeoutMs)
    upkeep.stop()
    health.stop()
    return isClean
  }

  /// Reads the certificates' files again. New connections get the new ones; when they cannot be read the old ones stay.
  public func reloadCertificates() throws(HTTPServerError) { try server.reloadCertificates() }

  private static func hooks(
    gate: Gate, access: [ObjectIdentifier: RouteAccess], requests: RequestMetrics,
    accessLog: @escaping @Sendable ([UInt8]) -> Void, _ log: Logger
  ) -> HTTPHooks {
    let probes = RouteAccess.table.filter { $0.value == .everybody }.map { String($0.key.dropFirst("GET ".count)) }
    let lines = AccessLog(write: accessLog, level: log.logLevel, probes: Set(probes))
    return HTTPHooks(
      authenticate: { try gate.credential(of: $0) },
      authorize: { request in
        // Every route that is not public stands in the book.
        guard let route = request.route, let granted = access[ObjectIdentifier(route)] else { throw Problem.wrongKey }
        try gate.authorize(request, granted)
      },
      observe: { observations in
        requests.record(observations)
        lines.append(observations)
      })
  }
}

/// Why a service cannot be made.
public enum ServiceError: Error, Sendable {
  /// The description that is compiled in cannot be read: the line, from 1, and why.
  case unreadableDescription(line: Int, reason: String)
}
