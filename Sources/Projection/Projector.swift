import BSON
import Identity
import Locks
import Logging
import MongoDB
import Store

/// Keeps the customer documents current: follows the sources from a stored token on a thread of its own.
///
/// Of all services on one database only the holder of the lease projects. The token is stored after the pass that it covers,
/// so that a pass which did not finish is run again from its first change.
public final class Projector: Sendable {
  /// Named limits of a projector.
  public struct Limits: Sendable {
    /// Changes that one pass takes in at the most.
    public var changesPerPassMax = 4000
    /// How long a pass collects changes once it has one, in milliseconds.
    public var collectMs = 40
    /// How long the feed waits for a first change, in milliseconds.
    public var awaitMs = 500
    /// For how long the lease is held without being renewed, in milliseconds.
    public var leaseMs = 10_000
    /// Time for one pass, in milliseconds.
    public var passTimeoutMs = 120_000
    /// Passes whose changes are read while all customers are computed. Beyond them the position stands still and the server must keep its log.
    public var missedPassesMax = 500
    /// For how long mail of unknown senders waits for them to be named, in milliseconds; 0 for ever.
    public var parkedMs = 30 * 86_400_000

    /// The defaults.
    public init() {}
  }

  static let leaseName = "projector"
  static let reader = "projector"

  private let store: Store
  /// The rules that were given instead of the stored ones.
  private let givenRules: IdentityRules?
  private let limits: Limits
  private let rates: [String: Double]
  private let currency: String?
  private let log: Logger
  private let onChange: @Sendable ([String]) -> Void
  private let state = Guarded(ProjectionStatus())
  private let worker: LeasedWorker

  /// - Parameters:
  ///   - rules: Used instead of the stored ones, for tests.
  ///   - currency: The currency of money features; by default that of the first order.
  ///   - rates: Units of that currency for one unit of another.
  ///   - onChange: Called on the projector's thread with the ids of customers that were written or removed.
  public init(
    store: Store, rules: IdentityRules? = nil, currency: String? = nil, rates: [String: Double] = [:],
    limits: Limits = Limits(), log: Logger, onChange: @escaping @Sendable ([String]) -> Void = { _ in }
  ) {
    self.store = store
    givenRules = rules
    self.currency = currency
    self.rates = rates
    self.limits = limits
    self.log = log
    self.onChange = onChange
    worker = LeasedWorker(Self.leaseName, store: store, limits: .init(leaseMs: limits.leaseMs))
  }

  /// What the projector has done so far.
  public var status: ProjectionStatus { state.withLock { $0 } }

  /// On a database without sources, notes the present as the place to begin; to be called before any source can arrive.
  ///
  /// Without it the first start computes what is there as a whole, which delays what arrives meanwhile.
  public func prime() throws(StoreError) {
    var position = FeedPosition(of: Self.reader, in: store)
    guard try position.isUnset else { return }
    let feed = try store.changes(after: nil)
    // Asked after the feed was opened: what comes later comes by the feed.
    if try store.hasNoSources(deadline: .after(milliseconds: 5000)) { try position.keep(feed) }
  }

  /// Starts following the sources, on a thread of its own.
  public func start() {
    worker.start { [self] (turn) throws(StoreError) in
      try follow(turn)
    } noting: { [self] remark in
      note(remark)
    }
  }

  /// Ends after the pass that is under way and gives the lease back.
  public func stop() { worker.stop() }
}

// MARK: - The projector's thread

extension Projector {
  private func note(_ remark: LeasedWorker.Remark) {
    switch remark {
    case .began: state.withLock { $0.isActive = true }
    case .ended: state.withLock { $0.isActive = false }
    case .lostLease: log.info("another service keeps the customers current")
    case .failed(let error, let failures):
      state.withLock { $0.passesFailed += 1 }
      log.warning("projection interrupted", metadata: ["error": "\(error)", "failures": "\(failures)"])
    }
  }

  /// Works changes off until the lease goes to another, the projector is stopped, or an error ends it.
  private func follow(_ turn: LeasedWorker.Turn) throws(StoreError) {
    var resolver = try storedResolver()
    var position = FeedPosition(of: Self.reader, in: store)
    let feed = try openFeed(&position, &resolver, turn)
    var parked = ParkedUpkeep(store: store, lease: turn.lease, waitMs: limits.parkedMs)
    while !turn.isOver {
      guard let first = try feed.next(maxAwaitMilliseconds: limits.awaitMs) else {
        state.withLock { ($0.isCaughtUp, $0.waitingSince) = (true, nil) }
        try see(to: &parked, appliedUpTo: WallClock.now())
        try position.keepWhenIdle(feed)
        continue
      }
      // What comes next in the feed is younger than this one.
      let age = max(0, WallClock.now().millisecondsSince1970 - feed.changeTime.millisecondsSince1970)
      state.withLock { ($0.isCaughtUp, $0.waitingSince) = (false, .now - .milliseconds(age)) }
      try work([try collect(first, from: feed)], &resolver, feed, turn)
      try see(to: &parked, appliedUpTo: feed.changeTime)
      try position.keep(feed)
      turn.succeeded()
    }
  }

  /// Of what came within the last moments of `time` some may still be on its way here.
  private func see(to parked: inout ParkedUpkeep, appliedUpTo time: BSONDate) throws(StoreError) {
    let settled = BSONDate(millisecondsSince1970: time.millisecondsSince1970 - 2_000)
    let outcome = try parked.run(appliedUpTo: settled, deadline: .after(milliseconds: limits.passTimeoutMs))
    guard let outcome else { return }
    state.withLock {
      $0.parkedInteractions = outcome.waiting
      $0.parkedExpired += outcome.removed
    }
  }

  private func storedResolver() throws(StoreError) -> Resolver {
    if let givenRules { return Resolver(rules: givenRules) }
    return Resolver(rules: try store.currentIdentityRules(deadline: .after(milliseconds: 5000)))
  }

  private func openFeed(
    _ position: inout FeedPosition, _ resolver: inout Resolver, _ turn: LeasedWorker.Turn
  ) throws(StoreError) -> ChangeFeed {
    try prime()
    let resumed = try position.resume { (token) throws(StoreError) in
      try store.changes(after: token)
    } onHistoryLost: {
      log.error("the stored position is older than the server's log; rebuilding all customers")
    }
    if let resumed { return resumed }
    // Changes from here on come by the feed; what lies before is computed as a whole.
    let feed = try store.changes(after: nil)
    try work(try rebuildAll(resolver, feed, turn), &resolver, feed, turn)
    try position.keep(feed)
    return feed
  }

  /// Changes that one pass takes.
  private typealias Batch = (dirty: DirtySet, count: Int)

  /// Works batches off, and what came while a rebuild among them ran.
  private func work(
    _ batches: [Batch], _ resolver: inout Resolver, _ feed: ChangeFeed, _ turn: LeasedWorker.Turn
  ) throws(StoreError) {
    var waiting = batches[...]
    while let batch = waiting.popFirst() {
      if batch.dirty.rulesChanged {
        // All customers are computed from sources that hold every change that was read so far.
        resolver = try storedResolver()
        waiting = try rebuildAll(resolver, feed, turn)[...]
        state.withLock { $0.changesApplied += batch.count }
      } else {
        try apply(batch, resolver, under: turn.lease)
      }
    }
  }

  /// Computes all customers. Returns what came meanwhile: it is read as it comes, since what a rebuild writes would push a position that
  /// stands still out of the server's log.
  private func rebuildAll(
    _ resolver: Resolver, _ feed: ChangeFeed, _ turn: LeasedWorker.Turn
  ) throws(StoreError) -> [Batch] {
    state.withLock { $0.isRebuilding = true }
    defer { state.withLock { $0.isRebuilding = false } }
    var missed: [Batch] = []
    let rebuild = Rebuild(store: store, resolver: resolver, money: try moneyPolicy(), lease: turn.lease)
    try rebuild.run { [self] _ throws(StoreError) in
      guard !turn.isOver else { throw .leaseLost(name: turn.lease.name) }
      try read(feed, into: &missed)
    }
    return missed.filter { $0.count > 0 }
  }

  /// Reads what there is, at most one pass of it.
  private func read(_ feed: ChangeFeed, into batches: inout [Batch]) throws(StoreError) {
    for _ in 0..<limits.changesPerPassMax {
      if batches.last?.count ?? limits.changesPerPassMax >= limits.changesPerPassMax {
        guard batches.count < limits.missedPassesMax else { return }
        batches.append((DirtySet(), 0))
      }
      guard let change = try feed.next(maxAwaitMilliseconds: 1) else { return }
      batches[batches.count - 1].dirty.add(change)
      batches[batches.count - 1].count += 1
    }
  }

  private func collect(_ first: SourceChange, from feed: ChangeFeed) throws(StoreError) -> Batch {
    var dirty = DirtySet()
    dirty.add(first)
    var count = 1
    let end = ContinuousClock.now + .milliseconds(limits.collectMs)
    while count < limits.changesPerPassMax, ContinuousClock.now < end,
      let change = try feed.next(maxAwaitMilliseconds: 1)
    {
      dirty.add(change)
      count += 1
    }
    return (dirty, count)
  }

  private func apply(_ batch: Batch, _ resolver: Resolver, under lease: Lease) throws(StoreError) {
    let pass = ProjectionPass(
      store: store, projections: store.projections.held(under: lease), resolver: resolver, money: try moneyPolicy(),
      deadline: .after(milliseconds: limits.passTimeoutMs))
    let start = ContinuousClock.now
    let (changed, poison) = try pass.runAround(batch.dirty, log: log)
    let took = ContinuousClock.now - start
    try store.deadLetters.put(poison, at: WallClock.now(), deadline: .after(milliseconds: 5000))
    let freshness = batch.dirty.oldestReceipt.map { WallClock.now().millisecondsSince1970 - $0.millisecondsSince1970 }
    state.withLock {
      $0.changesApplied += batch.count
      $0.customersWritten += changed.count
      $0.deadLetters += poison.count
      $0.latestPass = took
      if let freshness { $0.freshnessMs = max(0, Int(freshness)) }
    }
    if !changed.isEmpty { onChange(changed) }
  }

  private func moneyPolicy() throws(StoreError) -> MoneyPolicy {
    try MoneyPolicy.decided(in: store, configured: currency, rates: rates, deadline: .after(milliseconds: 5000))
  }
}
