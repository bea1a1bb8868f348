import BSON
import Identity
import MongoDB
import MongoTesting
import Store
import Testing

@testable import Projection

/// Merges and their undoing, against the real database: bytes and totals.
@Suite struct MergeTests {
  private func decide(
    _ shop: Shop, _ id: String, _ kind: IdentityDecision.Kind, _ a: String, _ b: String
  ) throws {
    let pair = IdentityDecision.Pair(try #require(Identifier(key: a)), try #require(Identifier(key: b)))
    let act = IdentityDecision.Act(actor: "ann", reason: "seen", at: BSONDate(millisecondsSince1970: 1))
    try shop.store.decisions.add(
      IdentityDecision(id: id, kind: kind, pairs: [pair], customerIds: [], made: act), deadline: .ofTest)
  }

  private func undo(_ shop: Shop, _ id: String, _ kind: IdentityDecision.Kind = .merge) throws {
    let act = IdentityDecision.Act(actor: "bob", reason: "wrong", at: BSONDate(millisecondsSince1970: 2))
    #expect(try shop.store.decisions.undo(id, kind, by: act, deadline: .ofTest) != nil)
  }

  /// Customers apart from those that mark the end of a run.
  private func customers(_ shop: Shop) throws -> [String: BSONDocument] {
    try shop.customers().filter { _, customer in
      customer.array("subjects")?.contains { $0.stringValue?.hasPrefix("user:mark") == true } != true
    }
  }

  /// What the sources say of the same: events, purchases, and money as purchases less returns.
  private func totalsOfSources(_ shop: Shop) throws -> [Double] {
    let database = shop.store.database
    let events = try database.collection("events").find(BSONDocument(), deadline: .ofTest).filter {
      $0.string("userId")?.hasPrefix("mark") != true
    }
    let orders = try database.collection("orders").find(BSONDocument(), deadline: .ofTest)
    let money = orders.reduce(0.0) { sum, order in
      sum + (order.string("type") == "purchase" ? 1 : -1) * ((order.double("orderTotal") ?? 0) * 10_000).rounded()
    }
    return [Double(events.count), Double(orders.count { $0.string("type") == "purchase" }), money]
  }

  /// Events, orders and money over all customers.
  private func totals(_ customers: [String: BSONDocument]) -> [Double] {
    customers.values.reduce(into: [0, 0, 0]) { sums, customer in
      sums[0] += Double(customer.document("activity")?.int("events") ?? 0)
      sums[1] += Double(customer.document("orders")?.int("purchases") ?? 0)
      sums[2] += ((customer.document("orders")?.double("netTotal") ?? 0) * 10_000).rounded()
    }
  }

  @Test func `a merge makes one customer, both ids lead to it, and undoing it gives back the same bytes`() throws {
    let shop = try Shop()
    try shop.projecting {
      try shop.record("web", "1", ["firstName": "Ann", "userId": "U1"])
      try shop.record("crm", "1", ["firstName": "Anna", "loyaltyId": "L1", "email": "anna@example.com"])
      try shop.order("o1", user: "U1", total: 50)
      try shop.event("e1", user: "U1")
    }
    let before = try customers(shop)
    try shop.projecting { try decide(shop, "m1", .merge, "user:U1", "loyalty:L1") }
    let merged = try #require(try shop.customer(of: "loyalty:L1"))
    #expect(merged.string("email") == "anna@example.com")
    #expect(merged.document("orders")?.int("purchases") == 1)
    for key in ["user:U1", "loyalty:L1"] {
      let id = IdentifierAssignment.customerId(anchoredAt: key)
      #expect(try shop.store.currentCustomerId(for: id, deadline: .ofTest) == merged.string("_id"))
    }
    #expect(totals(try customers(shop)) == totals(before))
    try shop.projecting { try undo(shop, "m1") }
    #expect(try customers(shop) == before)
    #expect(try shop.store.projections.edges(ownedBy: ["decision:m1"], deadline: .ofTest).isEmpty)
  }

  @Test func `an edge that a person denied is not made again by a rule, nor by a rebuild`() throws {
    let shop = try Shop()
    try shop.projecting {
      try shop.record("web", "1", ["firstName": "Ann", "email": "ann@example.com"])
      try shop.record("crm", "1", ["firstName": "Ann", "email": "ann@example.com"])
    }
    #expect(try shop.customer(of: "record:web/1") == shop.customer(of: "record:crm/1"))
    try shop.projecting { try decide(shop, "d1", .deny, "record:web/1", "record:crm/1") }
    #expect(try shop.customer(of: "record:web/1") != shop.customer(of: "record:crm/1"))
    try shop.projecting {
      for source in ["web", "crm"] {
        try shop.record(source, "1", at: 2, ["firstName": "Ann", "email": "ann@example.com", "phone": "+12125550101"])
      }
    }
    #expect(try shop.customer(of: "record:web/1") != shop.customer(of: "record:crm/1"))
    let before = try shop.customers()
    try shop.rebuild()
    #expect(try shop.customers() == before)
    try shop.projecting { try undo(shop, "d1", .deny) }
    #expect(try shop.customer(of: "record:web/1") == shop.customer(of: "record:crm/1"))
  }

  @Test func `an id leads on when the identifier that it was made of is gone, also after a rebuild`() throws {
    let shop = try Shop()
    try shop.projecting { try shop.record("web", "1", ["firstName": "Ann", "userId": "U1"]) }
    let first = IdentifierAssignment.customerId(anchoredAt: "user:U1")
    #expect(try shop.customer(of: "record:web/1")?.string("_id") == first)
    try shop.projecting { try shop.record("web", "1", at: 2, ["firstName": "Ann", "loyaltyId": "L1"]) }
    let second = IdentifierAssignment.customerId(anchoredAt: "loyalty:L1")
    #expect(try shop.store.currentCustomerId(for: first, deadline: .ofTest) == second)
    try shop.projecting { try shop.record("web", "1", at: 3, ["firstName": "Ann", "userId": "U2"]) }
    let third = IdentifierAssignment.customerId(anchoredAt: "user:U2")
    for id in [first, second] {
      #expect(try shop.store.currentCustomerId(for: id, deadline: .ofTest) == third)
    }
    try shop.rebuild()
    for id in [first, second] {
      #expect(try shop.store.currentCustomerId(for: id, deadline: .ofTest) == third)
    }
    #expect(try shop.store.currentCustomerId(for: "c_nobody", deadline: .ofTest) == nil)
  }

  @Test(arguments: [1, 2, 3, 4])
  func `on random graphs merges conserve totals, and undone in any order give the same bytes`(seed: UInt64) throws {
    var generator = Seeded(state: seed)
    let shop = try Shop()
    try shop.projecting { try fill(shop, &generator) }
    let before = try customers(shop)
    #expect(totals(before).allSatisfy { $0 > 0 })
    #expect(try totals(before) == totalsOfSources(shop))
    var open: [String] = []
    for number in 0..<6 {
      let (a, b) = (Int(generator.next() % 12), Int(generator.next() % 12))
      let step = try customers(shop)
      try shop.projecting {
        try decide(shop, "m\(number)", .merge, "user:U\(a)", "record:web/\(b)")
        open.append("m\(number)")
      }
      #expect(try totals(customers(shop)) == totalsOfSources(shop))
      // Taken back at once, it gives the bytes of the step before; then it is made anew.
      try shop.projecting { try undo(shop, "m\(number)") }
      #expect(try customers(shop) == step)
      try shop.projecting { try decide(shop, "n\(number)", .merge, "user:U\(a)", "record:web/\(b)") }
      open[number] = "n\(number)"
    }
    let merged = try customers(shop)
    try shop.rebuild()
    #expect(try customers(shop) == merged)
    for id in open.shuffled(using: &generator) {
      try shop.projecting { try undo(shop, id) }
      #expect(try totals(customers(shop)) == totalsOfSources(shop))
    }
    #expect(try customers(shop) == before)
    try shop.rebuild()
    #expect(try customers(shop) == before)
  }

  @Test func `decisions before or after the sources give the same customers`() throws {
    let (first, second) = (try Shop(), try Shop())
    var one = Seeded(state: 9)
    try first.projecting {
      try fill(first, &one)
      for number in 0..<5 { try decide(first, "m\(number)", .merge, "user:U\(number)", "record:web/\(number + 3)") }
      try decide(first, "d", .deny, "record:web/1", "record:web/2")
    }
    var other = Seeded(state: 9)
    try second.projecting {
      try decide(second, "d", .deny, "record:web/1", "record:web/2")
      for number in (0..<5).reversed() {
        try decide(second, "m\(number)", .merge, "user:U\(number)", "record:web/\(number + 3)")
      }
    }
    try second.projecting { try fill(second, &other) }
    #expect(try customers(first) == customers(second))
  }

  @Test func `new rules are followed by a rebuild of all customers`() throws {
    let shop = try Shop()
    let rules = try IdentityRules(
      try JSONDecoding.document(
        from: Array(#"{"rules":[{"name":"user_id","all":["userId"],"agreement":"none"}]}"#.utf8).span))
    try shop.projecting {
      try shop.record("web", "1", ["firstName": "Ann", "email": "ann@example.com"])
      try shop.record("crm", "1", ["firstName": "Ann", "email": "ann@example.com"])
    }
    #expect(try shop.customer(of: "record:web/1") == shop.customer(of: "record:crm/1"))
    try shop.projecting {
      let isFirst = try shop.store.identityRules.add(1, rules.document, deadline: .ofTest)
      #expect(isFirst)
      let isSecond = try shop.store.identityRules.add(1, rules.document, deadline: .ofTest)
      #expect(!isSecond)
    }
    #expect(try shop.customer(of: "record:web/1") != shop.customer(of: "record:crm/1"))
    let before = try shop.customers()
    try shop.rebuild()
    #expect(try shop.customers() == before)
  }

  private func fill(_ shop: Shop, _ generator: inout Seeded) throws {
    for number in 0..<12 {
      try shop.record(
        "web", "\(number)", at: Int64(number),
        [
          "firstName": ["Ann", "Boris", "Carla"][Int(generator.next() % 3)], "userId": "U\(number)",
          "email": "e\(generator.next() % 9)@example.com", "phone": "+121255510\(10 + generator.next() % 4)",
        ])
      try shop.event("e\(number)", user: "U\(number)", anonymous: "A\(generator.next() % 5)", session: "s\(number)")
      try shop.order("o\(number)", user: "U\(number)", total: Double(generator.next() % 10_000) / 100)
    }
  }
}

private struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
