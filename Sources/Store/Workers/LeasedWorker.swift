import Dispatch
import Glibc
import Locks
import Synchronization

/// A thread that works while it holds a lease: of all services on one database one does this work, and another takes it over
/// when that one ends, freezes or loses its connection.
public final class LeasedWorker: Sendable {
  /// Named limits of a worker.
  public struct Limits: Sendable {
    /// For how long the lease is held without being renewed, in milliseconds.
    public var leaseMs: Int
    /// How long the worker waits before it asks again for a lease that another holds, in milliseconds.
    public var standbyMs: Int
    /// The first and the longest pause after a failure, in milliseconds; each is twice the one before.
    public var retryMs: ClosedRange<Int>

    /// All limits, by default those of a worker that is missed at once.
    public init(leaseMs: Int = 10_000, standbyMs: Int = 300, retryMs: ClosedRange<Int> = 200...5_000) {
      (self.leaseMs, self.standbyMs, self.retryMs) = (leaseMs, standbyMs, retryMs)
    }
  }

  /// The time from getting the lease to giving it back.
  public struct Turn {
    /// What the work is done under.
    public let lease: Lease
    private let watch: LeaseWatch
    private let worker: LeasedWorker

    fileprivate init(_ lease: Lease, _ watch: LeaseWatch, _ worker: LeasedWorker) {
      (self.lease, self.watch, self.worker) = (lease, watch, worker)
    }

    /// Whether the work should come to an end: the worker is stopped, or the lease goes to another.
    public var isOver: Bool { worker.thread.isStopping || watch.hasEnded }

    /// Says that a piece of work was done, after which a failure is a first one again; returns how many there had been.
    @discardableResult public func succeeded() -> Int { worker.failuresInARow.exchange(0, ordering: .relaxed) }

    /// Counts a failure that does not end the turn, and says how many there were in a row.
    @discardableResult public func failed() -> Int { worker.countFailure() }

    /// Waits as long as is due after the failures so far, but not beyond being asked to stop.
    public func pauseAfterFailure() { worker.pauseAfterFailure() }

    /// Waits, but not beyond being asked to stop.
    public func pause(milliseconds: Int) { worker.thread.pause(milliseconds: milliseconds) }
  }

  /// What happens to a worker beside its work.
  public enum Remark: Sendable {
    /// It got the lease.
    case began
    /// It gave the lease back.
    case ended
    /// Another has the lease; what was under way is that one's.
    case lostLease
    /// The work ended by an error, so many times in a row.
    case failed(StoreError, inARow: Int)
  }

  private let name: String
  private let store: Store
  private let limits: Limits
  private let owner = "\(getpid())/\(UInt64.random(in: .min ... .max))"
  private let thread: WorkerThread
  private let failuresInARow = Atomic(0)

  /// - Parameter name: That of the lease.
  public init(_ name: String, store: Store, limits: Limits = Limits()) {
    (self.name, self.store, self.limits) = (name, store, limits)
    thread = WorkerThread("customer360." + name)
  }

  /// Asks for the lease, and calls `work` when it has got it: again and again, until it is stopped. Both closures run on the
  /// worker's thread.
  public func start(
    _ work: @escaping @Sendable (Turn) throws(StoreError) -> Void,
    noting note: @escaping @Sendable (Remark) -> Void = { _ in }
  ) {
    thread.start { [self] in
      while !thread.isStopping {
        do throws(StoreError) {
          try takeTurn(work, note)
          thread.pause(milliseconds: limits.standbyMs)
        } catch .leaseLost {
          note(.lostLease)
          thread.pause(milliseconds: limits.standbyMs)
        } catch {
          note(.failed(error, inARow: countFailure()))
          pauseAfterFailure()
        }
      }
    }
  }

  /// Asks the work to come to an end.
  public func askToStop() { thread.askToStop() }

  /// Asks the work to come to an end, and waits until it has and the lease is given back.
  public func stop() { thread.stop() }

  private func takeTurn(
    _ work: (Turn) throws(StoreError) -> Void, _ note: (Remark) -> Void
  ) throws(StoreError) {
    guard
      let lease = try store.acquireLease(
        name, owner: owner, milliseconds: limits.leaseMs, deadline: .after(milliseconds: 5_000))
    else { return }
    note(.began)
    defer {
      note(.ended)
      // If this fails the lease ends by itself.
      try? store.releaseLease(lease, deadline: .after(milliseconds: 1_000))
    }
    try store.keeping(lease, milliseconds: limits.leaseMs) { (watch) throws(StoreError) in
      try work(Turn(lease, watch, self))
    }
  }

  private func countFailure() -> Int { failuresInARow.add(1, ordering: .relaxed).newValue }

  /// With chance in its upper half, so that many workers that fail by one cause do not come back together.
  private func pauseAfterFailure() {
    let failures = failuresInARow.load(ordering: .relaxed)
    let bound = min(limits.retryMs.lowerBound << min(max(failures - 1, 0), 20), limits.retryMs.upperBound)
    thread.pause(milliseconds: bound / 2 + Int.random(in: 0...max(bound / 2, 1)))
  }
}
