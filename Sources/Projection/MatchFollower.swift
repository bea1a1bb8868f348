import BSON
import Identity
import Locks
import Logging
import MongoDB
import RecordLinkage
import Store

/// Matches customer records as they come: follows them from a stored token on a thread of its own, so that no pass of the projector waits
/// for a score.
///
/// Of all services on one database only the holder of the lease matches. What comes faster than it can be scored, as a first load does,
/// only gets its keys and is counted as unscored: a scan scores it with everything else, a hundred times faster.
public final class MatchFollower: Sendable {
  /// Named limits of the follower.
  public struct Limits: Sendable {
    /// Records that one pass takes in at the most.
    public var recordsPerPassMax = 500
    /// How long a pass collects changes once it has one, in milliseconds.
    public var collectMs = 5
    /// How long the feed waits for a first change, in milliseconds.
    public var awaitMs = 500
    /// For how long the lease is held without being renewed, in milliseconds.
    public var leaseMs = 10_000
    /// Time for one pass, in milliseconds.
    public var passTimeoutMs = 60_000
    /// How far scoring may fall behind before records only get their keys, in milliseconds.
    public var lagMsMax = 60_000
    /// How long a pass waits for the customers of new records to be there, in milliseconds.
    public var settleMs = 2_000
    /// Records whose changes are read while every record is given its keys.
    public var missedRecordsMax = 1_000_000
    /// Time to give every record its keys, in milliseconds.
    public var indexTimeoutMs = 3_600_000

    /// The defaults.
    public init() {}
  }

  static let leaseName = "matcher"
  static let reader = "matcher"
  /// Where the number of unscored records is kept.
  public static let setting = "matching"

  private let store: Store
  private let limits: Limits
  private let log: Logger
  private let state = Guarded(MatchStatus())
  private let worker: LeasedWorker

  /// A follower of a database's records.
  public init(store: Store, limits: Limits = Limits(), log: Logger) {
    self.store = store
    self.limits = limits
    self.log = log
    worker = LeasedWorker(Self.leaseName, store: store, limits: .init(leaseMs: limits.leaseMs))
  }

  /// What it has done so far.
  public var status: MatchStatus { state.withLock { $0 } }

  /// Starts following, on a thread of its own.
  public func start() {
    worker.start { [self] (turn) throws(StoreError) in
      try follow(turn)
    } noting: { [self] remark in
      note(remark)
    }
  }

  /// Ends after the record that is under way and gives the lease back.
  public func stop() { worker.stop() }
}

// MARK: - The follower's thread

extension MatchFollower {
  private var short: Deadline { .after(milliseconds: 5000) }

  private func note(_ remark: LeasedWorker.Remark) {
    switch remark {
    case .began: state.withLock { $0.isActive = true }
    case .ended: state.withLock { $0.isActive = false }
    case .lostLease: log.info("another service matches")
    case .failed(let error, let failures):
      log.warning("matching interrupted", metadata: ["error": "\(error)", "failures": "\(failures)"])
    }
  }

  /// Works changes off until the lease goes to another, the follower is stopped, or an error ends it.
  private func follow(_ turn: LeasedWorker.Turn) throws(StoreError) {
    var position = FeedPosition(of: Self.reader, in: store)
    var version: LinkageVersion?
    let feed = try openFeed(&position, &version, turn)
    while !turn.isOver {
      guard let first = try feed.next(maxAwaitMilliseconds: limits.awaitMs) else {
        try position.keepWhenIdle(feed)
        continue
      }
      let lagMs = WallClock.now().millisecondsSince1970 - feed.changeTime.millisecondsSince1970
      let ids = try collect(first, from: feed)
      version = try LinkageVersion.serving(in: store, known: version, deadline: short)
      try apply(ids, version, isBehind: lagMs > Int64(limits.lagMsMax), turn)
      try position.keep(feed)
      turn.succeeded()
    }
  }

  private func openFeed(
    _ position: inout FeedPosition, _ version: inout LinkageVersion?, _ turn: LeasedWorker.Turn
  ) throws(StoreError) -> ChangeFeed {
    let resumed = try position.resume { (token) throws(StoreError) in
      try store.customerRecordChanges(after: token)
    } onHistoryLost: {
      log.error("the stored position is older than the server's log; all records get their keys again")
    }
    if let resumed {
      try store.matchIndex.prepare(deadline: .after(milliseconds: limits.indexTimeoutMs))
      return resumed
    }
    // Changes from here on come by the feed; what lies before gets its keys as a whole.
    let feed = try store.customerRecordChanges(after: nil)
    state.withLock { $0.isIndexing = true }
    defer { state.withLock { $0.isIndexing = false } }
    let missed = try indexAll(feed, turn)
    version = try LinkageVersion.serving(in: store, known: nil, deadline: short)
    for ids in missed.chunked(limits.recordsPerPassMax) {
      try apply(ids, version, isBehind: missed.count > limits.recordsPerPassMax, turn)
    }
    try position.keep(feed)
    return feed
  }

  /// Gives every record its keys. Returns those that came meanwhile: they are read as they come, since a position that stands still may fall
  /// out of the server's log.
  private func indexAll(_ feed: ChangeFeed, _ turn: LeasedWorker.Turn) throws(StoreError) -> [String] {
    let deadline = Deadline.after(milliseconds: limits.indexTimeoutMs)
    var missed: Set<ByteString> = []
    // Those that were unscored are among those that are counted now.
    try store.setSetting(Self.setting, BSONDocument { $0.append("unscoredRecords", 0) }, deadline: short)
    try store.matchIndex.remake(deadline: deadline) { add throws(StoreError) in
      var persons: [PersonRecord] = []
      func flush() throws(StoreError) {
        try add(ScoredMatch.entries(of: persons))
        state.withLock { $0.recordsIndexed += persons.count }
        try countUnscored(persons.count)
        persons.removeAll(keepingCapacity: true)
        while missed.count < limits.missedRecordsMax, let change = try feed.next(maxAwaitMilliseconds: 1) {
          if case .customerRecord(let id) = change { missed.insert(ByteString(id)) }
        }
        guard !turn.isOver else { throw .leaseLost(name: Self.leaseName) }
      }
      try store.customerRecords.forEach(deadline: deadline) { record in
        if let person = PersonRecord(stored: record) { persons.append(person) }
        if persons.count == 1000 { try flush() }
      }
      if !persons.isEmpty { try flush() }
    }
    return missed.sorted().map(\.string)
  }

  private func collect(_ first: SourceChange, from feed: ChangeFeed) throws(StoreError) -> [String] {
    var ids: Set<ByteString> = []
    func add(_ change: SourceChange) { if case .customerRecord(let id) = change { ids.insert(ByteString(id)) } }
    add(first)
    let end = ContinuousClock.now + .milliseconds(limits.collectMs)
    while ids.count < limits.recordsPerPassMax, ContinuousClock.now < end,
      let change = try feed.next(maxAwaitMilliseconds: 1)
    {
      add(change)
    }
    return ids.sorted().map(\.string)
  }

  private func apply(
    _ ids: [String], _ version: LinkageVersion?, isBehind: Bool, _ turn: LeasedWorker.Turn
  ) throws(StoreError) {
    guard !ids.isEmpty else { return }
    let deadline = Deadline.after(milliseconds: limits.passTimeoutMs)
    let persons = try ScoredMatch.index(ids, in: store, deadline: deadline)
    state.withLock { $0.recordsIndexed += persons.count }
    guard let version, !isBehind else {
      try countUnscored(persons.count)
      return
    }
    try settle(persons.map { "record:" + $0.id }, turn, deadline: deadline)
    let match = ScoredMatch(
      store: store, rules: try store.currentIdentityRules(deadline: deadline).scoredMatching, version: version,
      run: try store.setting("duplicate_scan", deadline: deadline)?.int("run") ?? 0, now: WallClock.now(),
      deadline: deadline)
    var poison: [DeadLetter] = []
    for person in persons {
      let start = ContinuousClock.now
      do throws(StoreError) {
        let outcome = try match.match(person)
        let took = ContinuousClock.now - start
        state.withLock {
          $0.recordsMatched += 1
          $0.pairsCompared += outcome.compared
          $0.pairsQueued += outcome.queued
          $0.merges += outcome.merged
          $0.latest = took
        }
      } catch {
        // What fails for good must not hold up the others.
        guard let code = error.poisonCode else { throw error }
        log.error("a record cannot be matched; it is kept as a dead letter", metadata: ["error": "\(error)"])
        poison.append(.matching(recordId: person.id, code: code))
      }
    }
    try store.deadLetters.put(poison, at: WallClock.now(), deadline: short)
    if !poison.isEmpty { state.withLock { $0.deadLetters += poison.count } }
  }

  /// Waits until the projector has given the records their customers; goes on without after a while.
  private func settle(_ keys: [String], _ turn: LeasedWorker.Turn, deadline: Deadline) throws(StoreError) {
    let end = ContinuousClock.now + .milliseconds(limits.settleMs)
    while !turn.isOver, ContinuousClock.now < end,
      try store.projections.assignments(of: keys, deadline: deadline).count < keys.count
    {
      turn.pause(milliseconds: 10)
    }
  }

  private func countUnscored(_ count: Int) throws(StoreError) {
    guard count > 0 else { return }
    let before = try store.setting(Self.setting, deadline: short)?.int("unscoredRecords") ?? 0
    try store.setSetting(
      Self.setting, BSONDocument { $0.append("unscoredRecords", before + count) }, deadline: short)
  }
}

/// What a follower has done since it was made.
public struct MatchStatus: Sendable {
  /// Whether this process matches.
  public internal(set) var isActive = false
  /// Whether every record is being given its keys.
  public internal(set) var isIndexing = false
  /// Records that got their keys.
  public internal(set) var recordsIndexed = 0
  /// Records that were scored against those that share a key.
  public internal(set) var recordsMatched = 0
  /// Pairs that were scored.
  public internal(set) var pairsCompared = 0
  /// Pairs that went into the review queue.
  public internal(set) var pairsQueued = 0
  /// Merges that the rules allowed.
  public internal(set) var merges = 0
  /// Records that could not be matched and were put aside.
  public internal(set) var deadLetters = 0
  /// What matching the latest record took.
  public internal(set) var latest = Duration.zero
}
