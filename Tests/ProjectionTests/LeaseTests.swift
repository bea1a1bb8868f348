import BSON
import Dispatch
import Logging
import MongoDB
import Store
import Testing

@testable import Projection

/// Two services on one database: whoever lost the right to project changes nothing.
@Suite struct ProjectionLeaseTests {
  let shop: Shop

  init() throws { shop = try Shop() }

  func lease(_ owner: String, milliseconds: Int = 60_000) throws -> Lease? {
    try shop.store.acquireLease(
      Projector.leaseName, owner: owner, milliseconds: milliseconds, deadline: .ofTest)
  }

  func pass(under lease: Lease) -> ProjectionPass {
    ProjectionPass(
      store: shop.store, projections: shop.store.projections.held(under: lease), resolver: .init(rules: .init()),
      money: MoneyPolicy(currency: "EUR"), deadline: .ofTest)
  }

  func dirty(_ user: String) -> DirtySet {
    var dirty = DirtySet()
    dirty.add(SubjectDay(subject: "user:" + user, day: 20_230_101))
    return dirty
  }

  func isLeaseLost(_ error: any Error) -> Bool { if case StoreError.leaseLost = error { true } else { false } }

  @Test func `a pass whose lease went to another writes nothing`() throws {
    let old = try #require(try lease("frozen", milliseconds: -1))
    try shop.event("e1", user: "U1")
    let new = try #require(try lease("successor"))
    let error = #expect(throws: StoreError.self) { try pass(under: old).run(dirty("U1")) }
    #expect(error.map(isLeaseLost) == true)
    #expect(try shop.customers().isEmpty)
    #expect(try pass(under: new).run(dirty("U1")).count == 1)
    #expect(try shop.customers().count == 1)
  }

  @Test func `a lease that was lost and taken again does not cover what was begun before`() throws {
    let first = try #require(try lease("frozen", milliseconds: -1))
    try shop.event("e1", user: "U1")
    let between = try #require(try lease("successor"))
    try shop.store.releaseLease(between, deadline: .ofTest)
    let second = try #require(try lease("frozen"))
    #expect(second.owner == first.owner && second.term > first.term)
    #expect(throws: StoreError.self) { try pass(under: first).run(dirty("U1")) }
    #expect(try pass(under: second).run(dirty("U1")).count == 1)
  }

  @Test func `what a rebuild made under a lost lease takes nobody's place`() throws {
    try shop.event("e1", user: "U1")
    let held = try #require(try lease("service"))
    _ = try pass(under: held).run(dirty("U1"))
    let before = try shop.customers()
    try shop.store.releaseLease(held, deadline: .ofTest)
    let rebuild = Rebuild(
      store: shop.store, resolver: .init(rules: .init()), money: MoneyPolicy(currency: "EUR"), lease: held)
    let error = #expect(throws: StoreError.self) { try rebuild.run() }
    #expect(error.map(isLeaseLost) == true)
    #expect(try shop.customers() == before)
  }

  @Test func `a rebuild that is told to end leaves what is served`() throws {
    try shop.event("e1", user: "U1")
    let held = try #require(try lease("service"))
    _ = try pass(under: held).run(dirty("U1"))
    let before = try shop.customers()
    try shop.event("e2", user: "U2")
    let rebuild = Rebuild(
      store: shop.store, resolver: .init(rules: .init()), money: MoneyPolicy(currency: "EUR"), lease: held)
    var stages: [String] = []
    #expect(throws: StoreError.self) {
      try rebuild.run { progress throws(StoreError) in
        stages.append(progress.stage)
        if progress.stage == "customers" { throw .leaseLost(name: held.name) }
      }
    }
    #expect(stages == ["rollups", "records", "decisions", "pins", "customers"])
    #expect(try shop.customers() == before)
    try rebuild.run()
    #expect(try shop.customers().count == before.count + 1)
  }

  @Test func `a pass that takes longer than the lease keeps it`() throws {
    var limits = Projector.Limits()
    (limits.leaseMs, limits.awaitMs) = (200, 50)
    let (reached, goOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let slow = Projector(store: shop.store, limits: limits, log: Logger(label: "test")) { _ in
      reached.signal()
      goOn.wait()
    }
    let other = Projector(store: shop.store, limits: limits, log: Logger(label: "test"))
    slow.start()
    try shop.event("e1", user: "U1")
    reached.wait()
    other.start()
    // Six leases long.
    let end = ContinuousClock.now + .milliseconds(1200)
    var wasActive = false
    while ContinuousClock.now < end { wasActive = wasActive || other.status.isActive }
    #expect(!wasActive)
    goOn.signal()
    slow.stop()
    let deadline = Deadline.ofTest
    while !other.status.isActive, !deadline.hasPassed {}
    #expect(other.status.isActive)
    other.stop()
  }
}
