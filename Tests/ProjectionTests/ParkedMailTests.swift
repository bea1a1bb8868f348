import BSON
import Identity
import Logging
import MongoDB
import Store
import Testing

@testable import Projection

/// Mail of senders whom no source names.
@Suite struct ParkedMailTests {
  private func parked(_ shop: Shop) throws -> [String] {
    try shop.store.parked.list(limit: 100, deadline: .ofTest).map(\.id).sorted()
  }

  private func contacts(_ shop: Shop, of key: String) throws -> Int? {
    try shop.customer(of: key)?.document("contacts")?.int("count")
  }

  @Test func `who only wrote mail is no customer, and what they wrote waits`() throws {
    let shop = try Shop()
    try shop.projecting {
      try shop.email("m1", from: "new@example.com")
      try shop.email("m2", from: "new@example.com", day: 20_230_102)
      try shop.email("m3", from: "other@example.com")
    }
    #expect(try shop.customer(of: "email:new@example.com") == nil)
    #expect(try parked(shop) == ["m1", "m2", "m3"])
    // The same message again is known and waits no less.
    let since = try shop.store.parked.list(limit: 100, deadline: .ofTest)
    try shop.projecting { try shop.email("m1", from: "new@example.com") }
    #expect(try shop.store.parked.list(limit: 100, deadline: .ofTest) == since)
  }

  @Test(arguments: ["record", "event", "order", "merge"])
  func `mail is attached once when the address is named`(by source: String) throws {
    let shop = try Shop()
    try shop.projecting {
      try shop.email("m1", from: "new@example.com")
      try shop.email("m2", from: "stranger@example.com")
    }
    #expect(try parked(shop) == ["m1", "m2"])
    try shop.projecting {
      switch source {
      case "record": try shop.record("crm", "1", ["userId": "U1", "email": "New@Example.com"])
      case "event": try event(shop, subject: "email:new@example.com")
      case "order": try order(shop, subject: "email:new@example.com")
      default:
        try shop.event("e1", user: "U1")
        try merge(shop, "user:U1", "email:new@example.com")
      }
    }
    #expect(try parked(shop) == ["m2"])
    #expect(try contacts(shop, of: "email:new@example.com") == 1)
    let before = try shop.customers()
    try shop.projecting { try shop.email("m1", from: "new@example.com") }
    #expect(try contacts(shop, of: "email:new@example.com") == 1)
    try shop.rebuild()
    #expect(try shop.customers().filter { before[$0.key] != nil } == before)
    #expect(try parked(shop) == ["m2"])
  }

  @Test func `an interaction that names somebody, and mail of our own, make a customer as ever`() throws {
    let shop = try Shop()
    try shop.projecting {
      try interaction(shop, "i1", ["channel": "email", "from": "a@example.com", "userId": "U1"], subject: "user:U1")
      try interaction(shop, "i2", ["channel": "chat", "from": "b@example.com"], subject: "email:b@example.com")
      try interaction(
        shop, "i3", ["channel": "email", "direction": "outbound", "to": "c@example.com"], subject: "email:c@example.com"
      )
    }
    for key in ["user:U1", "email:b@example.com", "email:c@example.com"] {
      #expect(try shop.customer(of: key) != nil, "\(key)")
    }
    #expect(try parked(shop).isEmpty)
  }

  @Test func `mail waits again, from then on, when the last record that named its sender is deleted`() throws {
    let shop = try Shop()
    try shop.projecting {
      try shop.record("crm", "1", ["userId": "U1", "email": "ada@example.com"])
      try shop.email("m1", from: "ada@example.com")
    }
    #expect(try parked(shop).isEmpty)
    let before = WallClock.now()
    try shop.projecting { _ = try shop.store.customerRecords.delete(id: "crm/1", deadline: .ofTest) }
    let waiting = try #require(try shop.store.parked.list(limit: 10, deadline: .ofTest).first)
    #expect(waiting.id == "m1" && waiting.since >= before)
  }

  @Test func `a rebuild parks the same mail since the same time, and corrects what is noted wrongly`() throws {
    let shop = try Shop()
    try shop.projecting {
      try shop.record("crm", "1", ["userId": "U1", "email": "ada@example.com"])
      try shop.email("m1", from: "ada@example.com")
      for number in 2...9 { try shop.email("m\(number)", from: "n\(number % 3)@example.com", day: 20_230_100 + number) }
    }
    let customers = try shop.customers()
    let waiting = try shop.store.parked.list(limit: 100, deadline: .ofTest)
    #expect(waiting.count == 8)
    try shop.rebuild()
    #expect(try shop.customers() == customers)
    #expect(try shop.store.parked.list(limit: 100, deadline: .ofTest) == waiting)
    // As if a pass had been cut off: one too many, one missing.
    let wrong = ParkedInteraction(id: "m1", subject: "email:ada@example.com", since: WallClock.now())
    try shop.store.projections.park([wrong], deadline: .ofTest)
    #expect(try parked(shop).contains("m1"))
    try shop.rebuild()
    #expect(try shop.store.parked.list(limit: 100, deadline: .ofTest) == waiting)
  }

  @Test func `mail that has waited for too long is removed with its versions, and nothing is left of it`() throws {
    let shop = try Shop()
    var limits = Projector.Limits()
    limits.awaitMs = 50
    limits.parkedMs = 1_000
    let projector = Projector(store: shop.store, limits: limits, log: Logger(label: "test"))
    projector.start()
    defer { projector.stop() }
    try shop.email("m1", from: "new@example.com")
    try shop.email("m1", from: "new@example.com", score: 0.5)
    try shop.record("crm", "1", ["userId": "U1", "email": "ada@example.com"])
    try shop.email("m2", from: "ada@example.com")
    try until("the mail to be gone") { try shop.store.interactions.find(id: "m1", deadline: .ofTest) == nil }
    try until("the sums to follow") { try parked(shop).isEmpty && rollups(shop, of: "email:new@example.com") == 0 }
    try until("Ada's message") { try contacts(shop, of: "user:U1") == 1 }
    #expect(try shop.store.interactions.find(id: "m2", deadline: .ofTest) != nil)
    #expect(try versions(shop) == 0)
    try until("the count") { projector.status.parkedExpired == 1 && projector.status.parkedInteractions == 0 }
    // Sent again it is new, and waits anew.
    try shop.email("m1", from: "new@example.com")
    try until("the message to wait again") { try parked(shop) == ["m1"] }
  }

  @Test func `an address that came before the time was over keeps its mail, however late the projector sees it`() throws
  {
    let shop = try Shop()
    try shop.projecting { try shop.email("m1", from: "new@example.com") }
    // Nobody projects while the time runs out, and the address comes meanwhile.
    try shop.record("crm", "1", ["userId": "U1", "email": "new@example.com"])
    var limits = Projector.Limits()
    limits.awaitMs = 50
    limits.parkedMs = 1
    let projector = Projector(store: shop.store, limits: limits, log: Logger(label: "test"))
    projector.start()
    defer { projector.stop() }
    try until("the attachment") { try contacts(shop, of: "user:U1") == 1 }
    #expect(try shop.store.interactions.find(id: "m1", deadline: .ofTest) != nil)
  }

  @Test func `what is attached, changed or held by another is not removed`() throws {
    let shop = try Shop()
    try shop.projecting {
      try shop.email("m1", from: "new@example.com")
      try shop.email("m2", from: "new@example.com")
      try shop.email("m3", from: "new@example.com")
    }
    // Another version names another sender, and no pass has seen it yet.
    try interaction(shop, "m2", ["channel": "email", "from": "z@example.com"], subject: "email:z@example.com")
    let removed = try shop.store.removeParked(["m1", "m2", "unknown"], at: WallClock.now(), deadline: .ofTest)
    #expect(removed == 1)
    #expect(try shop.store.interactions.find(id: "m1", deadline: .ofTest) == nil)
    #expect(try shop.store.interactions.find(id: "m2", deadline: .ofTest) != nil)
    let lease = try #require(
      try shop.store.acquireLease("test", owner: "me", milliseconds: 60_000, deadline: .ofTest))
    try shop.store.releaseLease(lease, deadline: .ofTest)
    #expect(throws: StoreError.self) {
      try shop.store.removeParked(["m3"], at: WallClock.now(), under: lease, deadline: .ofTest)
    }
    #expect(try shop.store.interactions.find(id: "m3", deadline: .ofTest) != nil)
    try shop.projecting {}
    #expect(try parked(shop) == ["m2", "m3"])
  }
}

extension ParkedMailTests {
  private func until(_ what: String, _ holds: () throws -> Bool) throws {
    let deadline = Deadline.ofTest
    while try !holds() { try #require(!deadline.hasPassed, "\(what) did not come") }
  }

  private func rollups(_ shop: Shop, of subject: String) throws -> Int {
    var count = 0
    try shop.store.projections.forEachRollup(ofSubjects: [subject], deadline: .ofTest) { _ in count += 1 }
    return count
  }

  private func versions(_ shop: Shop) throws -> Int {
    try shop.store.database.collection("source_versions").count(
      BSONDocument { $0.append("collection", "interactions") }, deadline: .ofTest)
  }

  private func interaction(
    _ shop: Shop, _ id: String, _ fields: KeyValuePairs<String, String>, subject: String
  ) throws {
    let content = BSONDocument { writer in
      writer.append("day", Int32(20_230_101))
      writer.append("subject", subject)
      writer.append("interactionId", id)
      for (name, value) in fields { writer.append(name, value) }
      writer.append("at", UTCDay.start(of: 20_230_101))
    }
    _ = try shop.store.interactions.upsert(
      [VersionedItem(id: id, content: content, updatedAt: nil)], deadline: .ofTest)
  }

  private func event(_ shop: Shop, subject: String) throws {
    let document = BSONDocument { writer in
      writer.append("_id", "e1")
      writer.append("eventId", "e1")
      writer.append("eventName", "view_item")
      writer.append("eventTimestamp", UTCDay.start(of: 20_230_101))
      writer.append("day", Int32(20_230_101))
      writer.append("subject", subject)
      writer.append("sessionId", "s1")
      writer.append("engagementTimeMsec", 100)
    }
    _ = try shop.store.events.insert([document], deadline: .ofTest)
  }

  private func order(_ shop: Shop, subject: String) throws {
    let content = BSONDocument { writer in
      writer.append("orderId", "o1")
      writer.append("type", "purchase")
      writer.append("orderDate", UTCDay.start(of: 20_230_101))
      writer.append("orderTotal", 5.0)
      writer.append("subject", subject)
      writer.append("day", Int32(20_230_101))
    }
    _ = try shop.store.orders.upsert([VersionedItem(id: "o1", content: content, updatedAt: nil)], deadline: .ofTest)
  }

  private func merge(_ shop: Shop, _ a: String, _ b: String) throws {
    let pair = IdentityDecision.Pair(try #require(Identifier(key: a)), try #require(Identifier(key: b)))
    let act = IdentityDecision.Act(actor: "ann", reason: "seen", at: BSONDate(millisecondsSince1970: 1))
    try shop.store.decisions.add(
      IdentityDecision(id: "d1", kind: .merge, pairs: [pair], customerIds: [], made: act), deadline: .ofTest)
  }
}
