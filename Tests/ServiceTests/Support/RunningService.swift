import BSON
import Glibc
import HTTPServer
import Logging
import Models
import MongoDB
import MongoTesting
import Projection
import Store
import Synchronization

@testable import Service

/// A service over a real database of its own, on a port of its own, with its projector and its models.
final class RunningService: Sendable {
  let service: Service
  let store: Store
  let projector: Projector
  let models: ModelService
  let port: Int

  /// What a test's output should show.
  private static let warnings: Logger = {
    var log = Logger(label: "service", factory: { StreamLogHandler.standardError(label: $0) })
    log.logLevel = .warning
    return log
  }()

  /// A client without a key.
  var client: TestClient { TestClient(port: port) }

  func client(_ key: String) -> TestClient { TestClient(port: port, key: key) }

  init(
    _ database: MongoDatabase, host: String = "127.0.0.1", limits: HTTPLimits = HTTPLimits(),
    intake: IntakeLimits = IntakeLimits(), pushTokens: ServiceConfiguration.PushTokens? = nil,
    log: Logger = RunningService.warnings,
    accessLog: @escaping @Sendable ([UInt8]) -> Void = { _ in }
  ) throws {
    let store = Store(database)
    let models = ModelService(store: store, log: log, clock: WallClock.now)
    let projector = Projector(store: store, log: log)
    var http = HTTPServerConfiguration(listen: .tcp(host: host, port: 0), limits: limits)
    http.loops = 1
    service = try Service(
      configuration: ServiceConfiguration(http: http, intake: intake, pushTokens: pushTokens, accessLog: accessLog),
      store: store,
      models: models,
      projection: { projector.status }, log: log)
    self.store = store
    self.models = models
    self.projector = projector
    port = try service.start {
      models.start()
      projector.start()
    }
  }

  /// Waits until the service says that it is ready.
  func waitUntilReady() throws { try wait(for: "readiness") { client.get("/readyz").status == 200 } }

  func stop() {
    service.drain(timeoutMs: 2_000)
    projector.stop()
    models.stop()
  }

  /// A key with these scopes, stored.
  func addKey(_ scopes: Set<KeyScope>) throws -> String {
    var generator = SystemRandomNumberGenerator()
    let key = APIKeyText(using: &generator)
    try store.add(key.stored(name: "test", scopes: scopes, createdAt: WallClock.now()), deadline: .ofTest)
    return key.text
  }
}

struct NeverHappened: Error {
  let what: String
}

/// Looks again and again until something holds; it is expected within seconds.
func wait(for what: String, seconds: Int = 20, until holds: () throws -> Bool) throws {
  let end = ContinuousClock.now + .seconds(seconds)
  while ContinuousClock.now < end {
    if try holds() { return }
    usleep(20_000)
  }
  throw NeverHappened(what: what)
}
