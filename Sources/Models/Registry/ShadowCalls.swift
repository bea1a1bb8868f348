import BSON
import Dispatch
import Locks
import Logging
import Store

/// Asks shadow versions what live ones were just asked, on a queue of its own: no caller waits for a shadow, and none hears of it.
///
/// Sums are kept in memory and stored about once a second, and whenever somebody asks for the report.
final class ShadowCalls: Sendable {
  /// What a live version was asked and answered.
  struct Call: Sendable {
    let endpoint: String
    let shadow: String
    let live: LoadedVersion
    let instances: [BSONDocument]
    let predictions: [BSONDocument]
  }

  /// Predicts with a version by its id.
  typealias Ask =
    @Sendable (_ version: String, _ instances: [BSONDocument]) throws(ModelsError) -> (
      version: LoadedVersion, predictions: [BSONDocument]
    )

  private struct Key: Hashable {
    let endpoint: String
    let version: String
    let shadow: String
  }

  private struct Sums {
    var agreement = ShadowAgreement()
    var calls = 0
    var failed = 0
    var leftOut = 0

    mutating func add(_ other: Sums) {
      agreement.add(other.agreement)
      calls += other.calls
      failed += other.failed
      leftOut += other.leftOut
    }
  }

  private struct State {
    var waiting = 0
    var sums: [Key: Sums] = [:]
    var stored = ContinuousClock.now
  }

  private let store: Store
  private let limits: ModelLimits
  private let log: Logger
  private let clock: @Sendable () -> BSONDate
  private let queue = DispatchQueue(label: "customer360.models.shadow")
  private let state = Guarded(State())

  init(store: Store, limits: ModelLimits, log: Logger, clock: @escaping @Sendable () -> BSONDate) {
    self.store = store
    self.limits = limits
    self.log = log
    self.clock = clock
  }

  /// Takes a call; when too many wait it is only counted.
  func take(_ call: Call, _ ask: @escaping Ask) {
    let key = Key(endpoint: call.endpoint, version: call.live.id, shadow: call.shadow)
    let hasRoom = state.withLock { state in
      guard state.waiting < limits.shadowCallsWaitingMax else {
        state.sums[key, default: Sums()].leftOut += 1
        return false
      }
      state.waiting += 1
      return true
    }
    if hasRoom { queue.async { [self] in compare(call, key, ask) } }
  }

  /// Stores what was summed up until now. Blocks until the calls that wait have been asked.
  func flush() throws(StoreError) {
    let failure: StoreError? = queue.sync {
      do throws(StoreError) {
        try save()
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  private func compare(_ call: Call, _ key: Key, _ ask: Ask) {
    var agreement = ShadowAgreement()
    var hasFailed = false
    do throws(ModelsError) {
      let (version, predictions) = try ask(call.shadow, call.instances)
      for (live, shadow) in zip(call.predictions, predictions) { agreement.add(live, call.live, shadow, version) }
    } catch {
      hasFailed = true
      log.warning("a shadow version failed", metadata: ["version": "\(call.shadow)", "error": "\(error)"])
    }
    let isDue = state.withLock { state in
      state.waiting -= 1
      state.sums[key, default: Sums()].calls += 1
      if hasFailed { state.sums[key, default: Sums()].failed += 1 }
      state.sums[key, default: Sums()].agreement.add(agreement)
      return ContinuousClock.now - state.stored > .milliseconds(limits.pollMs)
    }
    guard isDue else { return }
    do throws(StoreError) {
      try save()
    } catch {
      log.warning("the agreement of a shadow version cannot be stored", metadata: ["error": "\(error)"])
    }
  }

  /// Runs on the queue. What cannot be stored is kept for the next time.
  private func save() throws(StoreError) {
    let sums = state.withLock { state in
      state.stored = .now
      defer { state.sums = [:] }
      return state.sums
    }
    var left = sums
    do throws(StoreError) {
      for (key, sum) in sums {
        try store.add(
          toShadowAgreement: "\(key.endpoint)/\(key.version)/\(key.shadow)", endpoint: key.endpoint,
          version: key.version, shadow: key.shadow,
          sums: sum.agreement.sums(calls: sum.calls, failed: sum.failed, leftOut: sum.leftOut), at: clock(),
          deadline: .after(milliseconds: limits.requestTimeoutMs))
        left[key] = nil
      }
    } catch {
      let kept = left
      state.withLock { state in for (key, sum) in kept { state.sums[key, default: Sums()].add(sum) } }
      throw error
    }
  }
}

extension ShadowAgreement {
  /// Adds what was counted elsewhere.
  mutating func add(_ other: ShadowAgreement) {
    instances += other.instances
    named += other.named
    sharesSum += other.sharesSum
    numbers += other.numbers
    differencesSum += other.differencesSum
  }
}
