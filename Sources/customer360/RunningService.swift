import BSON
import Connectors
import HTTPServer
import Identity
import Locks
import Logging
import Models
import MongoDB
import Projection
import Service
import Store

/// All parts of a service, put together: database, projector, models, HTTP.
final class RunningService: Sendable {
  let store: Store
  let projector: Projector?
  /// Runs where the projector runs.
  private let matcher: MatchFollower?
  let models: ModelService
  private let pulls: PullSupervisor?
  private let access: DatabaseAccess
  private let service: Service
  private let http: HTTPServerConfiguration
  private let log: Logger
  private let port = Guarded(0)
  /// What runs beside the HTTP face: not before the database was reached, and not after the stop.
  private enum Work { case notStarted, running, over }
  private let work = Guarded(Work.notStarted)

  /// Opens the database (starting the private one) and makes the parts. Nothing listens yet.
  init(database: DatabaseOptions, serving: ServingOptions, defaultLogLevel: String = "info") throws {
    JSONLogHandler.bootstrap(level: try serving.level(default: defaultLogLevel))
    log = Logger(label: "customer360")
    http = try serving.httpConfiguration()
    let money = try serving.money()
    let intake = try serving.intake.limits()
    let pushTokens = try serving.pushTokens.settings()
    let projects = try serving.projects()
    let declared = try serving.pullFile()
    // All that may be said wrongly has been read: only now a server is started.
    access = try database.open(log: log)
    let store = Store(access.database)
    self.store = store
    try Self.refuseOpenDoor(http, store: store, log: log)
    var limits = ModelLimits()
    limits.money = MoneyRates(currency: money.currency, rates: money.rates)
    let models = ModelService(
      store: store, limits: limits, log: Logger(label: "models"), clock: { WallClock.now() })
    self.models = models
    let projectionLog = Logger(label: "projection")
    var projection = Projector.Limits()
    projection.parkedMs = intake.parkedInteractionSeconds * 1000
    projector =
      projects
      ? Projector(
        store: store, currency: money.currency, rates: money.rates, limits: projection, log: projectionLog,
        onChange: { ids in
          do {
            try models.customersChanged(ids)
          } catch {
            // The models check what they wrote against the customers by themselves; nothing is lost.
            projectionLog.warning(
              "memberships not updated", metadata: ["error": "\(error)", "customers": "\(ids.count)"])
          }
        }) : nil
    let projector = self.projector
    let matcher = projector == nil ? nil : MatchFollower(store: store, log: Logger(label: "matching"))
    self.matcher = matcher
    let pulls = declared.map { file in
      PullSupervisor(
        file, store: store, log: Logger(label: "pull"),
        isHeld: {
          // As requests are slowed, so are sources.
          guard intake.projectionLagMsMax > 0, let status = projector?.status else { return false }
          return status.lagMs() > intake.projectionLagMsMax && !status.isRebuilding
        })
    }
    self.pulls = pulls
    service = try Service(
      configuration: ServiceConfiguration(
        http: http, intake: intake, currency: money.currency, rates: money.rates,
        pushTokens: pushTokens, accessLog: { writeError($0) }), store: store,
      models: models,
      projection: { projector?.status }, matching: { matcher?.status },
      pulls: { pulls?.activity ?? [] }, log: Logger(label: "http"))
  }

  /// Listens. Models and projector start when the database has been reached.
  func start() throws {
    if access.isPrivate {
      // Our own server answers already: indexes and the projector's place are there before the first request.
      try store.prepare(deadline: .after(milliseconds: 60_000))
      try projector?.prime()
    }
    let bound = try service.start(onceReady: { [self] in
      work.withLock { work in
        guard work == .notStarted else { return }
        // All only begin work on threads of their own.
        projector?.start()
        matcher?.start()
        models.start()
        pulls?.start()
        work = .running
      }
    })
    port.withLock { $0 = bound }
    log.notice(
      "started",
      metadata: [
        "version": "\(ServiceVersion.current)", "url": "\(url)",
        "mongodb": "\(access.isPrivate ? "private" : "external")",
      ])
  }

  /// Where the service is reached.
  var url: String {
    guard case .tcp(let host, _) = http.listen else { return "http://127.0.0.1:\(port.withLock { $0 })" }
    let name = host.contains(":") ? "[\(host)]" : host
    return "\(http.tls == nil ? "http" : "https")://\(name):\(port.withLock { $0 })"
  }

  /// Reads the certificates again; the old ones stay in use when the new ones are bad.
  func reloadCertificates() {
    do {
      try service.reloadCertificates()
      log.notice("certificates read again")
    } catch {
      log.error("certificates not changed", metadata: ["error": "\(error)"])
    }
  }

  /// Whether models are loaded and the projector, if any, has taken up its work here or stands back for another.
  var isReady: Bool { models.isLoaded && projector.map { $0.status.isActive } ?? true }

  /// Answers what has come, ends, and stops the private MongoDB.
  func stop() {
    let wasRunning = work.withLock { work in
      defer { work = .over }
      return work == .running
    }
    log.notice("draining")
    if wasRunning { pulls?.stop() }
    let isClean = service.drain()
    // What never started has no end to wait for.
    if wasRunning {
      projector?.stop()
      matcher?.stop()
      models.stop()
    }
    access.close()
    log.notice("stopped", metadata: ["clean": "\(isClean)"])
  }

  /// Without a single key, only this machine may reach the service.
  private static func refuseOpenDoor(_ http: HTTPServerConfiguration, store: Store, log: Logger) throws {
    guard case .tcp(let host, _) = http.listen, host != "::1", !host.hasPrefix("127.") else { return }
    do {
      if try store.apiKeys(deadline: .after(milliseconds: 3000)).isEmpty {
        throw Failure(
          "refusing to listen on \(host) without keys: create one with 'customer360 keys create --scope admin', "
            + "or listen on 127.0.0.1")
      }
    } catch let error as StoreError {
      // Whether there are keys cannot be known yet; until then the service lets nobody in.
      log.warning("keys not readable yet", metadata: ["error": "\(error)"])
    }
  }
}

/// Why a command cannot do its work: one line for whoever typed it.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
