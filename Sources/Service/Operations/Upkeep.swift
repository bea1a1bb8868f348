import Dispatch
import Logging
import MongoDB
import Store
import Synchronization

/// What must be there before the first request (indexes, keys), tried until it is, and the keys looked at again and again:
/// on a queue of its own.
final class Upkeep: Sendable {
  private let store: Store
  private let keys: KeyRing
  private let health: HealthMonitor
  private let log: Logger
  private let keyRefreshMs: Int
  private let isOpenWithoutKeys: Bool
  private let queue = DispatchQueue(label: "customer360.upkeep")
  private let isStopped = Atomic(false)

  /// Time for the indexes, in milliseconds: a large collection takes long to index.
  static let prepareTimeoutMs = 600_000
  /// Time for one load of the keys, in milliseconds.
  static let keysTimeoutMs = 2_000
  /// The first and the longest pause before another try, in milliseconds.
  static let retryMs = 100...5_000

  init(
    store: Store, keys: KeyRing, health: HealthMonitor, keyRefreshMs: Int, isOpenWithoutKeys: Bool, log: Logger
  ) {
    self.store = store
    self.keys = keys
    self.health = health
    self.keyRefreshMs = keyRefreshMs
    self.isOpenWithoutKeys = isOpenWithoutKeys
    self.log = log
  }

  /// Begins. `onceReady` is called when everything is there for the first time, on the queue.
  func start(onceReady: @escaping @Sendable () -> Void) {
    queue.async { [self] in prepare(pauseMs: Self.retryMs.lowerBound, onceReady) }
  }

  /// Ends after what is under way.
  func stop() { isStopped.store(true, ordering: .releasing) }

  private func after(_ milliseconds: Int, _ body: @escaping @Sendable () -> Void) {
    queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [self] in
      if !isStopped.load(ordering: .acquiring) { body() }
    }
  }

  private func prepare(pauseMs: Int, _ onceReady: @escaping @Sendable () -> Void) {
    do throws(StoreError) {
      // Keys first: they are what requests wait for.
      try keys.load(deadline: .after(milliseconds: Self.keysTimeoutMs))
      try store.prepare(deadline: .after(milliseconds: Self.prepareTimeoutMs))
      health.check()
      health.markStarted()
      sayWhoMayCall()
      onceReady()
      after(keyRefreshMs) { [self] in refreshKeys() }
    } catch {
      log.warning("not ready yet", metadata: ["error": "\(error)", "retry_ms": "\(pauseMs)"])
      // Replicas that lost the same database do not come back in step.
      let jittered = pauseMs / 2 + Int.random(in: 0...pauseMs / 2)
      let next = min(pauseMs * 2, Self.retryMs.upperBound)
      after(jittered) { [self] in prepare(pauseMs: next, onceReady) }
    }
  }

  private func refreshKeys() {
    do throws(StoreError) {
      try keys.load(deadline: .after(milliseconds: Self.keysTimeoutMs))
    } catch {
      // The keys of before go on; the monitor says that the database is away.
    }
    after(keyRefreshMs) { [self] in refreshKeys() }
  }

  private func sayWhoMayCall() {
    switch keys.snapshot {
    case .empty where isOpenWithoutKeys:
      log.warning("no API key exists: open to everybody on this machine")
    case .empty: log.error("no API key exists: every request is refused until one is made")
    case .keys(let keys): log.info("API keys loaded", metadata: ["count": "\(keys.count)"])
    case .unknown: break
    }
  }
}
