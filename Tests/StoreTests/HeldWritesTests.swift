import BSON
import MongoDB
import MongoTesting
import Testing

@testable import Store

@Suite struct HeldWritesTests {
  private let store: Store

  init() throws {
    store = Store(try TestDatabase.fresh())
    try store.prepare(deadline: .ofTest)
  }

  private func lease(_ owner: String) throws -> Lease {
    try #require(try store.acquireLease("pull/shop", owner: owner, milliseconds: 60_000, deadline: .ofTest))
  }

  private func handOver(_ lease: Lease, to owner: String) throws -> Lease {
    try store.releaseLease(lease, deadline: .ofTest)
    return try self.lease(owner)
  }

  private func order(_ id: String, total: Int) -> VersionedItem {
    VersionedItem(id: id, content: BSONDocument { $0.append("orderTotal", total) }, updatedAt: nil)
  }

  private func source(at place: Int) -> PullSource {
    PullSource(
      name: "shop", type: "files", kind: "orders", position: BSONDocument { $0.append("place", place) })
  }

  private func total(_ id: String) throws -> Int? {
    try store.orders.find(id: id, deadline: .ofTest)?.int("orderTotal")
  }

  private func place() throws -> Int? { try store.pullSource("shop", deadline: .ofTest)?.position.int("place") }

  @Test func `the holder of a lease writes as anybody does, and to a source that is not there yet`() throws {
    let held = store.held(under: try lease("one"))
    let first = [order("a", total: 1), order("b", total: 1), order("b", total: 2)]
    #expect(try held.orders.upsert(first, deadline: .ofTest) == [.accepted, .accepted, .accepted])
    let second = [order("a", total: 3), order("b", total: 2), order("c", total: 1)]
    #expect(try held.orders.upsert(second, deadline: .ofTest) == [.accepted, .duplicate, .accepted])
    #expect(try total("a") == 3 && total("b") == 2 && total("c") == 1)
    for place in [1, 2] {
      try held.setPullSource(source(at: place), at: WallClock.now(), deadline: .ofTest)
      #expect(try self.place() == place)
    }
  }

  @Test func `whoever lost the lease replaces nothing and moves no position`() throws {
    let first = try lease("one")
    let late = store.held(under: first)
    _ = try late.orders.upsert([order("a", total: 1)], deadline: .ofTest)
    let held = store.held(under: try handOver(first, to: "two"))
    _ = try held.orders.upsert([order("a", total: 2)], deadline: .ofTest)
    try held.setPullSource(source(at: 9), at: WallClock.now(), deadline: .ofTest)
    for expectingNew in [false, true] {
      #expect {
        try late.orders.upsert([order("a", total: 1)], expectingNew: expectingNew, deadline: .ofTest)
      } throws: {
        isLeaseLost($0)
      }
    }
    #expect {
      try late.setPullSource(source(at: 3), at: WallClock.now(), deadline: .ofTest)
    } throws: {
      isLeaseLost($0)
    }
    #expect(try total("a") == 2 && place() == 9)
    // What is only added is as good from one who was late, and so is what is there already.
    #expect(try late.orders.upsert([order("b", total: 1)], deadline: .ofTest) == [.accepted])
    #expect(try late.orders.upsert([order("a", total: 2)], deadline: .ofTest) == [.duplicate])
  }

  @Test func `a lease that was lost and taken again is another`() throws {
    let first = try lease("one")
    let late = store.held(under: first)
    let again = try handOver(try handOver(first, to: "two"), to: "one")
    #expect(again.owner == first.owner && again.term > first.term)
    #expect {
      try late.setPullSource(source(at: 1), at: WallClock.now(), deadline: .ofTest)
    } throws: {
      isLeaseLost($0)
    }
    #expect(try place() == nil)
    try store.held(under: again).setPullSource(source(at: 2), at: WallClock.now(), deadline: .ofTest)
    #expect(try place() == 2)
  }

  private func isLeaseLost(_ error: any Error) -> Bool {
    if case .leaseLost = error as? StoreError { true } else { false }
  }
}
