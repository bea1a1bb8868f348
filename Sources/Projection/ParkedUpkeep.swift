import BSON
import MongoDB
import Store

/// Removes mail that has waited for its sender for too long, and counts what waits. Owned by the projector's thread.
struct ParkedUpkeep {
  private let store: Store
  private let lease: Lease
  /// For how long mail waits, in milliseconds; 0 for ever.
  private let waitMs: Int
  private var next = ContinuousClock.now

  /// What a look came to.
  struct Outcome {
    var removed = 0
    var waiting = 0
  }

  /// Messages that one look removes at the most, so that no change waits long.
  static let removalsMax = 2_000
  /// Between two looks, in milliseconds: the longest.
  static let lookMsMax = 10_000

  init(store: Store, lease: Lease, waitMs: Int) {
    self.store = store
    self.lease = lease
    self.waitMs = waitMs
  }

  /// Looks, if it is time. `time` is the moment up to which every change of a source has been applied: an address that came before a
  /// message's time was over has been seen by then. Nil when it is not time.
  mutating func run(appliedUpTo time: BSONDate, deadline: Deadline) throws(StoreError) -> Outcome? {
    guard ContinuousClock.now >= next else { return nil }
    var outcome = Outcome()
    if waitMs > 0 {
      let cut = BSONDate(millisecondsSince1970: time.millisecondsSince1970 - Int64(waitMs))
      let due = try store.parked.waiting(sinceBefore: cut, limit: Self.removalsMax, deadline: deadline)
      outcome.removed = try store.removeParked(due.map(\.id), at: WallClock.now(), under: lease, deadline: deadline)
    }
    outcome.waiting = try store.parked.count(deadline: deadline)
    let pauseMs = waitMs > 0 ? min(max(waitMs / 10, 100), Self.lookMsMax) : Self.lookMsMax
    if outcome.removed < Self.removalsMax { next = .now + .milliseconds(pauseMs) }
    return outcome
  }
}
