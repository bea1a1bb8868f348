import BSON
import Dispatch
import Glibc
import Ingestion
import Locks
import Logging
import Store
import Synchronization

/// Runs pull sources beside the service, each on a queue of its own: again and again, after a failure with growing pauses. Of all
/// services on one database only the holder of a source's lease reads it.
///
/// What a source refuses becomes a dead letter. Every piece is stored before the position moves, so that a worker that ends anywhere,
/// or loses its lease to another, loses and doubles nothing.
public final class PullSupervisor: Sendable {
  /// Named limits of the workers.
  public struct Limits: Sendable {
    /// For how long a lease is held without being renewed, in milliseconds.
    public var leaseMs = 15_000
    /// The first and the longest pause after a failure, in milliseconds.
    public var retryMs = 500...60_000
    /// How long a worker waits before it asks again for a lease that another holds, in milliseconds.
    public var standbyMs = 2_000

    /// The defaults.
    public init() {}
  }

  private let workers: [Worker]
  private let store: Store
  private let limits: Limits
  private let renewal = DispatchQueue(label: "customer360.pull-leases")
  private let isStopped = Atomic(false)

  /// - Parameter isHeld: asked between pieces; while it is true no piece is read, as when the customers fall behind.
  public init(
    _ file: PullFile, store: Store, limits: Limits = Limits(), log: Logger,
    isHeld: @escaping @Sendable () -> Bool = { false }
  ) {
    self.store = store
    self.limits = limits
    let owner = "\(getpid())/\(UInt64.random(in: .min ... .max))"
    workers = file.entries.map { entry in
      var log = log
      log[metadataKey: "source"] = "\(entry.name)"
      return Worker(entry, store: store, limits: limits, owner: owner, log: log, isHeld: isHeld)
    }
  }

  /// Starts all workers.
  public func start() {
    for worker in workers { worker.start() }
    renewal.async { [self] in renew() }
  }

  /// Asks all workers to end, and waits until they have: each after the piece that is under way.
  public func stop() {
    isStopped.store(true, ordering: .releasing)
    for worker in workers { worker.askToStop() }
    for worker in workers { worker.waitForEnd() }
  }

  private func renew() {
    for worker in workers { worker.renewLease() }
    renewal.asyncAfter(deadline: .now() + .milliseconds(limits.leaseMs / 4)) { [self] in
      if !isStopped.load(ordering: .acquiring) { renew() }
    }
  }
}

/// One source's worker.
private final class Worker: Sendable {
  private let entry: PullFile.Entry
  private let store: Store
  private let limits: PullSupervisor.Limits
  private let owner: String
  private let log: Logger
  private let isHeld: @Sendable () -> Bool
  private let mustStop = Atomic(false)
  private let stopping = DispatchSemaphore(value: 0)
  private let finished = DispatchSemaphore(value: 0)
  /// The lease while it is held; nil as soon as it could not be renewed.
  private let lease = Guarded<Lease?>(nil)

  private static let timeoutMs = 5_000

  init(
    _ entry: PullFile.Entry, store: Store, limits: PullSupervisor.Limits, owner: String, log: Logger,
    isHeld: @escaping @Sendable () -> Bool
  ) {
    self.entry = entry
    self.store = store
    self.limits = limits
    self.owner = owner
    self.log = log
    self.isHeld = isHeld
  }

  func start() {
    DispatchQueue(label: "customer360.pull.\(entry.name)").async { [self] in
      run()
      finished.signal()
    }
  }

  func askToStop() {
    mustStop.store(true, ordering: .releasing)
    stopping.signal()
  }

  func waitForEnd() { finished.wait() }

  /// On the supervisor's queue: a worker may wait for its source for longer than a lease lasts.
  func renewLease() {
    guard let held = lease.withLock({ $0 }) else { return }
    let renewed = try? store.acquireLease(
      held.name, owner: owner, milliseconds: limits.leaseMs, deadline: .after(milliseconds: Self.timeoutMs))
    if renewed == nil { lease.withLock { $0 = nil } }
  }

  private var isStopping: Bool { mustStop.load(ordering: .acquiring) }

  private func pause(milliseconds: Int) {
    if stopping.wait(timeout: .now() + .milliseconds(milliseconds)) == .success { stopping.signal() }
  }

  private func run() {
    var failures = 0
    while !isStopping {
      let held = try? store.acquireLease(
        "pull/\(entry.name)", owner: owner, milliseconds: limits.leaseMs, deadline: .after(milliseconds: Self.timeoutMs)
      )
      guard let held else {
        pause(milliseconds: limits.standbyMs)
        continue
      }
      lease.withLock { $0 = held }
      follow(&failures)
      lease.withLock { $0 = nil }
      // If this fails the lease ends by itself.
      try? store.releaseLease(held, deadline: .after(milliseconds: Self.timeoutMs))
    }
  }

  /// Reads the source again and again until the lease is lost or the worker is stopped.
  private func follow(_ failures: inout Int) {
    while !isStopping, lease.withLock({ $0 }) != nil {
      if isHeld() {
        pause(milliseconds: limits.retryMs.lowerBound)
        continue
      }
      do throws(PullError) {
        try readOnce()
        if failures > 0 { log.notice("the source answers again") }
        failures = 0
        pause(milliseconds: entry.everySeconds * 1_000)
      } catch {
        failures += 1
        log.warning("the source could not be read", metadata: ["error": "\(error.message)", "failures": "\(failures)"])
        let bound = min(limits.retryMs.lowerBound << min(failures - 1, 10), limits.retryMs.upperBound)
        pause(milliseconds: bound / 2 + Int.random(in: 0...bound / 2))
      }
    }
  }

  private func readOnce() throws(PullError) {
    var ledger = try PullLedger(
      name: entry.name, type: entry.pull.type, kind: entry.pull.kind.rawValue, store: store,
      ingestor: Ingestor(store: store), clock: WallClock.now,
      refused: { [self] items throws(PullError) in try keep(items) },
      follows: true,
      isStopping: { [self] in isStopping || lease.withLock { $0 } == nil || isHeld() },
      pause: { [self] milliseconds in pause(milliseconds: milliseconds) })
    let remark = ledger.source.remark
    do throws(PullError) {
      try entry.pull.run(&ledger, progress: { _ in })
    } catch {
      try? ledger.fail(error)
      throw error
    }
    if let now = ledger.source.remark, now != remark { log.warning("\(now)") }
  }

  /// Items that are refused are kept as dead letters, before the position moves.
  private func keep(_ items: [PullLedger.Refusal]) throws(PullError) {
    let letters = items.map { item in
      DeadLetter(
        origin: .pull, kind: entry.pull.kind.rawValue,
        itemId: "\(entry.name)/\(item.id ?? Digest.hexadecimal(Digest.sha256(item.item).prefix(16)))", code: item.code,
        field: item.field, content: item.item, context: BSONDocument { $0.append("source", entry.name) })
    }
    do throws(StoreError) {
      try store.deadLetters.put(letters, at: WallClock.now(), deadline: .after(milliseconds: Self.timeoutMs))
    } catch {
      throw .ingest(.store(error))
    }
  }
}
