import BSON
import Dispatch
import Locks
import Logging
import MongoDB
import Store
import Synchronization

/// Watches the database on a queue of its own, so that probes answer from memory.
final class HealthMonitor: Sendable {
  /// What is known of the database.
  struct State: Sendable {
    /// Whether the last ping reached a primary.
    var isAvailable = false
    /// Whether one has been tried.
    var isKnown = false
    /// Whether everything that must be there before the first request is.
    var hasStarted = false
  }

  /// Between two pings, in milliseconds.
  static let intervalMs = 500
  /// For one ping, in milliseconds.
  static let pingTimeoutMs = 1000

  private let state = Guarded(State())
  private let ping: @Sendable (Deadline) throws(StoreError) -> Void
  private let log: Logger
  private let queue = DispatchQueue(label: "customer360.health")
  private let isStopped = Atomic(false)

  /// `ping` throws unless a primary answers.
  init(log: Logger, ping: @escaping @Sendable (Deadline) throws(StoreError) -> Void) {
    self.log = log
    self.ping = ping
  }

  /// Begins to watch.
  func start() { schedule() }

  /// Ends after the ping under way.
  func stop() { isStopped.store(true, ordering: .releasing) }

  /// What is known now.
  var current: State { state.withLock { $0 } }

  /// Says that everything needed before the first request is there.
  func markStarted() { state.withLock { $0.hasStarted = true } }

  private func schedule() {
    queue.asyncAfter(deadline: .now() + .milliseconds(Self.intervalMs)) { [weak self] in
      guard let self, !isStopped.load(ordering: .acquiring) else { return }
      check()
      schedule()
    }
  }

  /// Pings once and notes the outcome.
  func check() {
    var failure: StoreError?
    do throws(StoreError) {
      try ping(.after(milliseconds: Self.pingTimeoutMs))
    } catch .database(.unavailable(.poolExhausted)) {
      // Requests use every connection: that says nothing of the database.
      return
    } catch {
      failure = error
    }
    let isAvailable = failure == nil
    let isNews = state.withLock { state in
      defer { (state.isAvailable, state.isKnown) = (isAvailable, true) }
      return !state.isKnown || state.isAvailable != isAvailable
    }
    guard isNews else { return }
    if let failure {
      log.warning("database unavailable", metadata: ["error": "\(failure)"])
    } else {
      log.info("database available")
    }
  }
}
