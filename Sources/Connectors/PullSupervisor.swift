import BSON
import Ingestion
import Locks
import Logging
import Store

/// Runs pull sources beside the service, each on a thread of its own: again and again, after a failure with growing pauses. Of all
/// services on one database only the holder of a source's lease reads it.
///
/// What a source refuses becomes a dead letter. Every piece is stored before the position moves, so that a worker that ends anywhere,
/// or loses its lease to another, loses and doubles nothing. One that was frozen while its lease went to another puts neither an older
/// position nor an older version over that one's: what it replaces is held against the lease.
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

  /// - Parameter isHeld: asked between pieces; while it is true no piece is read, as when the customers fall behind.
  public init(
    _ file: PullFile, store: Store, limits: Limits = Limits(), log: Logger,
    isHeld: @escaping @Sendable () -> Bool = { false }
  ) {
    workers = file.entries.map { entry in
      var log = log
      log[metadataKey: "source"] = "\(entry.name)"
      return Worker(entry, store: store, limits: limits, log: log, isHeld: isHeld)
    }
  }

  /// Starts all workers.
  public func start() {
    for worker in workers { worker.start() }
  }

  /// What the workers are at, in the order of the file.
  public var activity: [PullActivity] { workers.map(\.activity) }

  /// Asks all workers to end, and waits until they have: each after the piece that is under way.
  public func stop() {
    for worker in workers { worker.thread.askToStop() }
    for worker in workers { worker.thread.stop() }
  }
}

/// One source's worker.
private final class Worker: Sendable {
  let thread: LeasedWorker
  private let entry: PullFile.Entry
  private let store: Store
  private let limits: PullSupervisor.Limits
  private let log: Logger
  private let isHeld: @Sendable () -> Bool
  private let state: Guarded<PullActivity>

  private static let timeoutMs = 5_000

  init(
    _ entry: PullFile.Entry, store: Store, limits: PullSupervisor.Limits, log: Logger,
    isHeld: @escaping @Sendable () -> Bool
  ) {
    self.entry = entry
    self.store = store
    self.limits = limits
    self.log = log
    self.isHeld = isHeld
    state = Guarded(PullActivity(name: entry.name, type: entry.pull.type))
    thread = LeasedWorker(
      "pull/\(entry.name)", store: store,
      limits: .init(leaseMs: limits.leaseMs, standbyMs: limits.standbyMs, retryMs: limits.retryMs))
  }

  var activity: PullActivity { state.withLock { $0 } }

  func start() {
    thread.start { [self] (turn) throws(StoreError) in
      defer { state.withLock { ($0.state, $0.lag) = (.standby, nil) } }
      try follow(turn)
    } noting: { [log] remark in
      switch remark {
      case .began, .ended: break
      case .lostLease:
        log.warning("another process reads the source by now: what this one had under way is left to that one")
      case .failed(let error, _): log.warning("the lease cannot be had", metadata: ["error": "\(error)"])
      }
    }
  }

  /// Reads the source again and again until the lease is lost or the worker is stopped.
  private func follow(_ turn: LeasedWorker.Turn) throws(StoreError) {
    while !turn.isOver {
      if isHeld() {
        enter(.held)
        turn.pause(milliseconds: limits.retryMs.lowerBound)
        continue
      }
      do throws(PullError) {
        enter(.reading)
        try readOnce(turn)
        enter(.waiting)
        if turn.succeeded() > 0 { log.notice("the source answers again") }
        turn.pause(milliseconds: entry.everySeconds * 1_000)
      } catch .ingest(.store(.leaseLost(let name))) {
        throw .leaseLost(name: name)
      } catch {
        let failures = turn.failed()
        state.withLock {
          $0.state = .failing
          $0.failures += 1
        }
        log.warning("the source could not be read", metadata: ["error": "\(error.message)", "failures": "\(failures)"])
        turn.pauseAfterFailure()
      }
    }
  }

  private func enter(_ new: PullActivity.State) { state.withLock { $0.state = new } }

  private func readOnce(_ turn: LeasedWorker.Turn) throws(PullError) {
    var known: PullSource?
    let store = self.store.held(under: turn.lease)
    var ledger = try PullLedger(
      name: entry.name, type: entry.pull.type, kind: entry.pull.kind.rawValue, store: store,
      ingestor: Ingestor(store: store), clock: WallClock.now,
      refused: { [self] items throws(PullError) in try keep(items) },
      follows: true,
      isStopping: { [self] in turn.isOver || isHeld() },
      pause: { milliseconds in turn.pause(milliseconds: milliseconds) },
      observe: { [self] source in
        let before = known ?? source
        state.withLock { $0.add(from: before, to: source) }
        known = source
      })
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
