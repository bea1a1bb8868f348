import BSON
import Locks
import MongoDB
import MongoTesting
import Testing

@testable import Store

@Suite struct LeasedWorkerTests {
  private let store: Store

  init() throws { store = Store(try TestDatabase.fresh()) }

  private func worker(_ retryMs: ClosedRange<Int> = 1...2) -> LeasedWorker {
    LeasedWorker("work", store: store, limits: .init(leaseMs: 2_000, standbyMs: 10, retryMs: retryMs))
  }

  private func wait(_ isReached: () -> Bool) -> Bool {
    let deadline = Deadline.ofTest
    while !isReached() {
      if deadline.hasPassed { return false }
      // Another thread has to get there.
      WorkerThread("wait").pause(milliseconds: 2)
    }
    return true
  }

  @Test func `of two workers one works, and the other when that one stops`() throws {
    let active = Guarded<(first: Bool, second: Bool, both: Bool)>((false, false, false))
    func start(
      _ worker: LeasedWorker, _ mine: WritableKeyPath<(first: Bool, second: Bool, both: Bool), Bool> & Sendable
    ) {
      worker.start { turn in
        active.withLock { state in
          state[keyPath: mine] = true
          state.both = state.both || (state.first && state.second)
        }
        while !turn.isOver { turn.pause(milliseconds: 5) }
        active.withLock { $0[keyPath: mine] = false }
      }
    }
    let (one, other) = (worker(), worker())
    start(one, \.first)
    #expect(wait { active.withLock { $0.first } })
    start(other, \.second)
    WorkerThread("wait").pause(milliseconds: 100)
    #expect(active.withLock { $0.second } == false)
    one.stop()
    #expect(wait { active.withLock { $0.second } })
    other.stop()
    #expect(active.withLock { $0.both } == false)
  }

  @Test func `work that fails is tried again, and its failures are counted until it succeeds`() throws {
    let counts = Guarded<[Int]>([])
    let calls = Guarded(0)
    let worker = worker()
    worker.start { (turn) throws(StoreError) in
      let call = calls.withLock { calls in
        calls += 1
        return calls
      }
      if call == 3 { #expect(turn.succeeded() == 2) }
      if call < 5 { throw .database(.deadlineExceeded) }
      while !turn.isOver { turn.pause(milliseconds: 5) }
    } noting: { remark in
      if case .failed(_, let failures) = remark { counts.withLock { $0.append(failures) } }
    }
    #expect(wait { calls.withLock { $0 } == 5 })
    worker.stop()
    #expect(counts.withLock { $0 } == [1, 2, 1, 2])
  }

  @Test func `the lease ends a turn as soon as it is another's`() throws {
    let turns = Guarded<[Int]>([])
    let worker = LeasedWorker("work", store: store, limits: .init(leaseMs: 200, standbyMs: 10, retryMs: 1...2))
    worker.start { turn in
      turns.withLock { $0.append(turn.lease.term) }
      while !turn.isOver { turn.pause(milliseconds: 5) }
    }
    #expect(wait { turns.withLock { $0.count } == 1 })
    try store.requestLease("work", for: "another", deadline: .ofTest)
    #expect(wait { turns.withLock { $0.count } == 2 })
    worker.stop()
    let terms = turns.withLock { $0 }
    #expect(terms[1] > terms[0])
  }

  @Test(.timeLimit(.minutes(1)))
  func `stopping waits for no pause, and stopping what never started ends at once`() throws {
    let failing = worker(60_000...60_000)
    let hasFailed = Guarded(false)
    failing.start { (_) throws(StoreError) in
      throw .database(.deadlineExceeded)
    } noting: { remark in
      if case .failed = remark { hasFailed.withLock { $0 = true } }
    }
    #expect(wait { hasFailed.withLock { $0 } })
    let start = ContinuousClock.now
    failing.stop()
    #expect(ContinuousClock.now - start < .seconds(20))
    failing.stop()
    worker().stop()
  }

  @Test func `a position is resumed from where it was kept, and unset before`() throws {
    try store.prepare(deadline: .ofTest)
    var position = FeedPosition(of: "reader", in: store)
    #expect(try position.isUnset)
    let open = { [store] (token: BSONDocument) throws(StoreError) in try store.customerRecordChanges(after: token) }
    #expect(try position.resume(open, onHistoryLost: { Issue.record("nothing is stored") }) == nil)
    let feed = try store.customerRecordChanges(after: nil)
    try position.keep(feed)
    #expect(try !position.isUnset)
    let record = BSONDocument { $0.append("sourceId", "1") }
    _ = try store.customerRecords.upsert(
      [VersionedItem(id: "shop:1", content: record, updatedAt: nil)], deadline: .ofTest)
    let resumed = try #require(try position.resume(open, onHistoryLost: { Issue.record("the history is there") }))
    guard case .customerRecord(let id) = try resumed.next(maxAwaitMilliseconds: 5_000) else {
      Issue.record("the change does not come")
      return
    }
    #expect(id == "shop:1")
  }
}
