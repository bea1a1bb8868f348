import BSON
import Identity
import Logging
import MongoDB
import MongoTesting
import Store
import Testing

@testable import Projection

/// A database of its own with prepared collections, and short ways to fill it.
struct Shop {
  let store: Store

  init() throws {
    store = Store(try TestDatabase.fresh())
    try store.prepare(deadline: .ofTest)
    // Everything comes by the feed: a rebuild that overlaps with writes would leave some of them to the passes after it.
    try Projector(store: store, log: Logger(label: "test")).prime()
  }

  func record(_ source: String, _ id: String, at: Int64 = 1, _ fields: KeyValuePairs<String, String>) throws {
    let content = BSONDocument { writer in
      writer.append("source", source)
      writer.append("sourceId", id)
      for (key, value) in fields { writer.append(key, value) }
      writer.append("updatedAt", BSONDate(millisecondsSince1970: at))
    }
    let item = VersionedItem(id: "\(source)/\(id)", content: content, updatedAt: BSONDate(millisecondsSince1970: at))
    _ = try store.customerRecords.upsert([item], deadline: .ofTest)
  }

  @discardableResult
  func event(
    _ id: String, user: String? = nil, anonymous: String? = nil, day: Int = 20_230_101, session: String = "s1"
  ) throws -> Acknowledgement {
    let document = BSONDocument { writer in
      writer.append("_id", id)
      writer.append("eventId", id)
      writer.append("eventName", "view_item")
      writer.append("eventTimestamp", UTCDay.start(of: day))
      writer.append("day", Int32(day))
      if let user {
        writer.append("subject", "user:\(user)")
      } else if let anonymous {
        writer.append("subject", "anonymous:\(anonymous)")
      }
      if let user { writer.append("userId", user) }
      if let anonymous { writer.append("anonymousId", anonymous) }
      writer.append("sessionId", session)
      writer.append("productId", "P1")
      writer.append("engagementTimeMsec", 100)
    }
    return try store.events.insert([document], deadline: .ofTest)[0]
  }

  func order(_ id: String, user: String, total: Double, type: String = "purchase", day: Int = 20_230_101) throws {
    let content = BSONDocument { writer in
      writer.append("orderId", id)
      writer.append("type", type)
      writer.append("orderDate", UTCDay.start(of: day))
      writer.append("orderTotal", total)
      writer.append("currency", "EUR")
      writer.append("userId", user)
      writer.append("subject", "user:\(user)")
      writer.append("day", Int32(day))
    }
    _ = try store.orders.upsert([VersionedItem(id: id, content: content, updatedAt: nil)], deadline: .ofTest)
  }

  func email(_ id: String, from address: String, score: Double? = nil, day: Int = 20_230_101) throws {
    let content = BSONDocument { writer in
      writer.append("day", Int32(day))
      writer.append("subject", "email:\(address)")
      writer.append("interactionId", id)
      writer.append("channel", "email")
      writer.append("at", UTCDay.start(of: day))
      writer.append("from", address)
      if let score { writer.append("sentiment", document: { $0.append("score", score) }) }
    }
    _ = try store.interactions.upsert([VersionedItem(id: id, content: content, updatedAt: nil)], deadline: .ofTest)
  }

  /// Every customer by id.
  func customers() throws -> [String: BSONDocument] {
    var all: [String: BSONDocument] = [:]
    try store.projections.forEachCustomer(deadline: .ofTest) { all[$0.string("_id") ?? ""] = $0 }
    return all
  }

  func customer(of key: String) throws -> BSONDocument? {
    guard let id = try store.projections.customerId(of: key, deadline: .ofTest) else { return nil }
    return try store.projections.customer(id, deadline: .ofTest)
  }

  /// Runs `body` beside a projector and returns when that has caught up with everything `body` wrote.
  func projecting(_ body: () throws -> Void) throws {
    var limits = Projector.Limits()
    limits.awaitMs = 50
    let projector = Projector(store: store, limits: limits, log: Logger(label: "test"))
    projector.start()
    defer { projector.stop() }
    try body()
    // A record of its own marks the end: changes come in order.
    let mark = "mark\(UInt64.random(in: .min ... .max))"
    try event(mark, user: mark)
    let deadline = Deadline.ofTest
    while try store.projections.customerId(of: "user:\(mark)", deadline: .ofTest) == nil {
      try #require(!deadline.hasPassed, "the projector did not catch up")
    }
  }

  func rebuild() throws { try Rebuild.run(store: store, progress: { _ in }) }
}

extension Deadline {
  static var ofTest: Deadline { .after(milliseconds: 30_000) }
}

@Suite struct ProjectionPassTests {
  @Test func `after a rebuild of what nobody projected before, a projector goes on from there`() throws {
    let shop = try Shop()
    try shop.event("first", user: "U1")
    try shop.store.database.collection("change_tokens").drop(deadline: .ofTest)
    try shop.rebuild()
    #expect(try !FeedPosition(of: Projector.reader, in: shop.store).isUnset)
    // Told only by another rebuild, which there is not: a projector computes what changed, and nothing did here.
    try shop.store.database.collection("customers").write(
      [.delete(filter: BSONDocument(), multi: true)], deadline: .ofTest)
    try shop.projecting { try shop.event("second", user: "U2") }
    // U2 and the mark.
    #expect(try shop.store.projections.customerCount(deadline: .ofTest) == 2)
  }

  @Test func `what comes while all customers are computed for the first time is in them afterwards`() throws {
    let shop = try Shop()
    let users = (0..<200).map { "U\($0)" }
    for user in users { try shop.event("first-\(user)", user: user) }
    try shop.store.database.collection("change_tokens").drop(deadline: .ofTest)
    // Without a position it begins with all customers; these come while it does.
    try shop.projecting {
      for user in users.reversed() { try shop.event("second-\(user)", user: user, session: "s2") }
    }
    for user in users {
      let customer = try #require(try shop.customer(of: "user:\(user)"))
      #expect(customer.document("features")?.int("session_count") == 2)
    }
  }

  @Test func `an event and an order show in the customer document`() throws {
    let shop = try Shop()
    try shop.projecting {
      try shop.record("web", "1", ["firstName": "Ann", "email": "ann@example.com", "userId": "U1"])
      try shop.event("e1", user: "U1")
      try shop.event("e2", user: "U1", session: "s2")
      try shop.order("o1", user: "U1", total: 50)
      try shop.order("o2", user: "U1", total: 20, type: "return")
    }
    let customer = try #require(try shop.customer(of: "email:ann@example.com"))
    let features = try #require(customer.document("features"))
    #expect(features.int("session_count") == 2)
    #expect(features.int("total_time_spend_by_user_in_msec") == 200)
    #expect(features.int("no_of_orders") == 1)
    #expect(features.double("average_order_value") == 30)
    #expect(customer.string("firstName") == "Ann")
  }

  @Test func `a duplicate event changes no byte`() throws {
    let shop = try Shop()
    try shop.projecting { try shop.event("e1", user: "U1") }
    let before = try shop.customer(of: "user:U1")
    try shop.projecting {
      let again = try shop.event("e1", user: "U1")
      #expect(again == .duplicate)
    }
    #expect(try shop.customer(of: "user:U1") == before)
  }

  @Test func `an order that changes its day leaves nothing behind`() throws {
    let shop = try Shop()
    try shop.projecting {
      try shop.order("o1", user: "U1", total: 50, day: 20_230_101)
      try shop.order("o1", user: "U1", total: 70, day: 20_230_105)
    }
    let features = try #require(try shop.customer(of: "user:U1")?.document("features"))
    #expect(features.int("no_of_orders") == 1)
    #expect(features.double("average_order_value") == 70)
  }

  @Test func `records that get one e-mail address become one customer, and the old id still leads to it`() throws {
    let shop = try Shop()
    try shop.projecting {
      try shop.record("web", "1", ["firstName": "Ann", "userId": "U1"])
      try shop.record("crm", "1", ["firstName": "Ann", "loyaltyId": "L1", "email": "ann@example.com"])
      try shop.event("e1", user: "U1")
    }
    let retired = IdentifierAssignment.customerId(anchoredAt: "loyalty:L1")
    #expect(try shop.store.projections.customer(retired, deadline: .ofTest) != nil)
    try shop.projecting {
      try shop.record("web", "1", at: 2, ["firstName": "Ann", "userId": "U1", "email": "ann@example.com"])
    }
    let customer = try #require(try shop.customer(of: "loyalty:L1"))
    #expect(customer.string("_id") == IdentifierAssignment.customerId(anchoredAt: "user:U1"))
    #expect(try shop.store.projections.customer(retired, deadline: .ofTest) == nil)
    #expect(
      try shop.store.currentCustomerId(for: retired, deadline: .ofTest) == customer.string("_id"))
  }

  @Test func `records that part become two customers again`() throws {
    let shop = try Shop()
    try shop.projecting {
      try shop.record("web", "1", ["firstName": "Ann", "userId": "U1", "email": "ann@example.com"])
      try shop.record("crm", "1", ["firstName": "Ann", "loyaltyId": "L1", "email": "ann@example.com"])
    }
    #expect(try shop.customer(of: "loyalty:L1") == shop.customer(of: "user:U1"))
    try shop.projecting {
      try shop.record("crm", "1", at: 2, ["firstName": "Ann", "loyaltyId": "L1", "email": "other@example.com"])
    }
    #expect(try shop.customer(of: "loyalty:L1") != shop.customer(of: "user:U1"))
    #expect(try shop.customer(of: "loyalty:L1")?.string("email") == "other@example.com")
  }

  @Test func `an anonymous history joins the customer as soon as an event links it`() throws {
    let shop = try Shop()
    try shop.projecting {
      try shop.event("e1", anonymous: "A1")
      try shop.event("e2", anonymous: "A1", session: "s2")
    }
    try shop.projecting { try shop.event("e3", user: "U1", anonymous: "A1", session: "s2") }
    let features = try #require(try shop.customer(of: "user:U1")?.document("features"))
    #expect(features.int("session_count") == 2)
    #expect(try shop.customer(of: "anonymous:A1") == shop.customer(of: "user:U1"))
    try shop.projecting { try shop.event("e4", user: "U2", anonymous: "A1", session: "s3") }
    #expect(try shop.customer(of: "anonymous:A1") != shop.customer(of: "user:U1"))
    #expect(try shop.customer(of: "user:U1")?.document("features")?.int("session_count") == 1)
  }

  @Test func `interactions join by address, add up, and a rebuild gives the same bytes`() throws {
    let shop = try Shop()
    try shop.record("crm", "1", ["userId": "U1", "email": "ada@example.com"])
    try shop.order("O1", user: "U1", total: 5)
    try shop.email("m1", from: "ada@example.com", score: 0.5, day: 20_230_102)
    try shop.email("m2", from: "ada@example.com", score: -0.25, day: 20_230_103)
    try shop.email("m3", from: "stranger@example.com")
    try shop.rebuild()
    let customers = try shop.customers()
    // The stranger is nobody yet.
    #expect(customers.count == 1)
    let ada = try #require(customers.values.first { $0.document("orders")?.int("purchases") == 1 })
    let contacts = try #require(ada.document("contacts"))
    #expect(
      contacts.int("count") == 2 && contacts.double("lastScore") == -0.25 && contacts.double("meanScore") == 0.125)
    #expect(contacts.double("scoreTrend") == -0.75)
    #expect(contacts.date("lastContactAt") == UTCDay.start(of: 20_230_103))
    try shop.email("m1", from: "ada@example.com", score: 1, day: 20_230_104)
    try shop.rebuild()
    let again = try shop.customers()
    #expect(again.values.contains { $0.document("contacts")?.double("lastScore") == 1 })
    try shop.rebuild()
    #expect(try shop.customers() == again)
  }

  @Test func `a rebuild gives the same bytes, ids included`() throws {
    let shop = try Shop()
    try shop.projecting { try fill(shop) }
    let before = try shop.customers()
    #expect(before.count > 10)
    try shop.rebuild()
    #expect(try shop.customers() == before)
    // Again from nothing at all.
    try shop.store.projections.drop(deadline: .ofTest)
    try shop.rebuild()
    #expect(try shop.customers() == before)
  }

  @Test func `the order of arrival changes no byte`() throws {
    let first = try Shop()
    let second = try Shop()
    try first.projecting { try fill(first) }
    try second.projecting { try fill(second, backwards: true) }
    let isReal: (String, BSONDocument) -> Bool = { _, customer in
      customer.array("subjects")?.contains { $0.stringValue?.hasPrefix("user:mark") == true } != true
    }
    let (one, other) = (try first.customers().filter(isReal), try second.customers().filter(isReal))
    #expect(one == other)
  }

  private func fill(_ shop: Shop, backwards: Bool = false) throws {
    let names = ["Ann", "Boris", "Carla", "Dmitri", "Esther", "Farid", "Greta"]
    var steps: [() throws -> Void] = []
    for n in 0..<30 {
      steps.append {
        try shop.record(
          "web", "\(n)", at: Int64(n),
          [
            "firstName": names[n % 7], "userId": "U\(n)", "email": "e\(n % 20)@example.com",
            "phone": "+1212555\(1000 + n % 11)",
          ])
      }
      steps.append {
        try shop.event(
          "e\(n)", user: "U\(n % 25)", anonymous: "A\(n % 9)", day: 20_230_101 + n % 5, session: "s\(n % 4)")
      }
      steps.append { try shop.order("o\(n)", user: "U\(n % 25)", total: Double(n) * 1.1, day: 20_230_101 + n % 3) }
    }
    for step in backwards ? steps.reversed() : steps { try step() }
  }
}
