import BSON
import Ingestion
import Locks
import Logging
import MongoDB
import MongoTesting
import Store
import Testing

@testable import Connectors

@Suite(.serialized) struct FrozenWorkerTests {
  private let bench: Bench
  init() throws { bench = try Bench() }

  /// A source of one order whose total grows: each reading brings the next total. A reader can be held between reading and storing.
  private final class Shop: Sendable {
    let total = Guarded(0)
    let isFrozen = Guarded(false)
    let frozen = Guarded(0)
  }

  private struct ShopPull: Pull {
    let type = "files"
    let kind = IngestKind.orders
    let shop: Shop
    /// Whether this reader stops where a frozen process would.
    let freezes: Bool

    func run(_ ledger: inout PullLedger, progress: (Int) -> Void) throws(PullError) {
      while ledger.mayContinue {
        let total = shop.total.withLock { total in
          total += 1
          return total
        }
        let order = Array(
          #"{"orderId":"o","userId":"u","orderDate":"2024-03-01","orderTotal":\#(total)}"#.utf8)
        let items = try decoded([order], BatchDecoder(), receivedAt: ledger.now)
        if freezes, shop.isFrozen.withLock({ $0 }) {
          shop.frozen.withLock { $0 = total }
          while shop.isFrozen.withLock({ $0 }) { WorkerThread("wait").pause(milliseconds: 5) }
        }
        try ledger.take(kind, items, items: { items in order }, position: BSONDocument { $0.append("total", total) })
        ledger.wait(milliseconds: 10)
      }
    }
  }

  private func supervisor(_ shop: Shop, freezes: Bool) -> PullSupervisor {
    var limits = PullSupervisor.Limits()
    limits.leaseMs = 400
    limits.standbyMs = 50
    let entry = PullFile.Entry(name: "shop", everySeconds: 1, pull: ShopPull(shop: shop, freezes: freezes))
    return PullSupervisor(PullFile([entry]), store: bench.store, limits: limits, log: Logger(label: "test"))
  }

  private func until(_ what: () throws -> Bool) throws {
    for _ in 0..<1_000 {
      if try what() { return }
      WorkerThread("wait").pause(milliseconds: 10)
    }
    Issue.record("it did not happen within 10 s")
  }

  @Test func `a worker that was frozen while another took over writes nothing old, and reads on later`() throws {
    let shop = Shop()
    let (one, two) = (supervisor(shop, freezes: true), supervisor(shop, freezes: false))
    func position() throws -> Int {
      try bench.store.pullSource("shop", deadline: bench.deadline)?.position.int("total") ?? 0
    }
    func stored() throws -> Int {
      try bench.store.orders.find(id: "o", deadline: bench.deadline)?["orderTotal"]?.doubleValue.map { Int($0) } ?? 0
    }
    one.start()
    try until { try position() > 3 }
    shop.isFrozen.withLock { $0 = true }
    try until { shop.frozen.withLock { $0 } > 0 }
    let late = shop.frozen.withLock { $0 }
    two.start()
    // The lease of the frozen one is renewed by a queue of its own, which a frozen process would not have.
    try bench.store.requestLease("pull/shop", for: "test", deadline: bench.deadline)
    try until { try position() > late }
    // The other ends with all that it read stored, so that only the frozen one could change anything.
    two.stop()
    let (before, total) = (try position(), try stored())
    #expect(before > late && total == before)
    let successor = try #require(
      try bench.store.acquireLease("pull/shop", owner: "test", milliseconds: 60_000, deadline: bench.deadline))
    shop.isFrozen.withLock { $0 = false }
    try until { one.activity.first?.state == .standby }
    #expect(try position() == before && stored() == total)
    #expect(one.activity.first?.failures == 0)
    try bench.store.releaseLease(successor, deadline: bench.deadline)
    try until { try position() > before }
    one.stop()
    #expect(try stored() == position())
  }
}
