import HTTPServer
import Locks
import Projection

/// Slows intake when the customers fall too far behind their sources, so that what was acknowledged is shown in bounded time
/// and the server's log always reaches back to the projector's place.
///
/// Beyond the bound, items are let in at four fifths of the rate at which the projector works them off: it catches up.
/// Refused requests are told when to come back; nothing is dropped. A rebuild, which is as long as the data are large, and a
/// projector in another process slow nobody.
final class IntakeThrottle: Sendable {
  /// Items a second that are let in whatever the projector does: a sender always gets on.
  static let itemsPerSecondMin = 1_000.0
  /// The share of the projector's rate that is let in.
  static let share = 0.8
  /// The longest that a client is told to wait, in seconds.
  static let retryAfterSecondsMax = 10

  fileprivate struct State {
    /// Items that may come now; below zero, how many were let in ahead.
    var balance = 0.0
    var filledAt: ContinuousClock.Instant?
    var rate = 0.0
    var sampledAt: ContinuousClock.Instant?
    var sampledChanges = 0
  }

  private let state = Guarded(State())
  private let lagMsMax: Int
  private let projection: @Sendable () -> ProjectionStatus?

  /// A throttle; a bound of 0 slows nobody.
  init(lagMsMax: Int, projection: @escaping @Sendable () -> ProjectionStatus?) {
    self.lagMsMax = lagMsMax
    self.projection = projection
  }

  /// Lets a batch in or says when to come again. Memory only.
  func admit(at now: ContinuousClock.Instant = .now) throws(Problem) {
    guard lagMsMax > 0, let status = projection() else { return }
    let lagMs = status.lagMs(at: now)
    let isSlowed = lagMs > lagMsMax && !status.isRebuilding
    let waitSeconds = state.withLock { state -> Double? in
      state.sample(status.changesApplied, at: now)
      guard isSlowed else {
        (state.balance, state.filledAt) = (0, nil)
        return nil
      }
      let rate = max(Self.itemsPerSecondMin, state.rate * Self.share)
      let elapsed = state.filledAt.map { (now - $0) / .seconds(1) } ?? 0
      // Nothing is saved up beyond a second: the bound has been crossed.
      state.balance = min(rate, state.balance + rate * elapsed)
      state.filledAt = now
      return state.balance >= 0 ? nil : -state.balance / rate
    }
    guard let waitSeconds else { return }
    let retryAfter = min(Self.retryAfterSecondsMax, max(1, Int(waitSeconds.rounded(.up))))
    throw Problem(
      .tooManyRequests, "projection_behind",
      detail:
        "The customers are \(lagMs / 1000) s behind, \(Int(lagMs) * 100 / lagMsMax) % of what is allowed. Send more slowly.",
      fields: ["Retry-After": String(retryAfter)])
  }

  /// Notes what was let in.
  func took(items: Int) { state.withLock { if $0.filledAt != nil { $0.balance -= Double(items) } } }
}

extension IntakeThrottle.State {
  /// Learns the projector's rate, a sample a second.
  fileprivate mutating func sample(_ changes: Int, at now: ContinuousClock.Instant) {
    guard let last = sampledAt else {
      (sampledAt, sampledChanges) = (now, changes)
      return
    }
    let elapsed = (now - last) / .seconds(1)
    guard elapsed >= 1 else { return }
    let measured = Double(max(0, changes - sampledChanges)) / elapsed
    rate = rate == 0 ? measured : (rate + measured) / 2
    (sampledAt, sampledChanges) = (now, changes)
  }
}
