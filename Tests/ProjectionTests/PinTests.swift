import BSON
import Identity
import MongoDB
import Store
import Testing

@testable import Projection

/// Values that people hold fast, against the real database.
@Suite struct PinTests {
  private func pin(
    _ shop: Shop, _ id: String, on key: String, _ field: String, _ value: String, at time: Int64 = 5
  ) throws {
    let act = IdentityDecision.Act(actor: "ann", reason: "seen", at: BSONDate(millisecondsSince1970: time))
    try shop.store.pins.add(
      PinnedValue(
        id: PinnedValue.idPrefix + id, identifier: try #require(Identifier(key: key)), field: field,
        value: .string(value), made: act), deadline: .ofTest)
  }

  private func undo(_ shop: Shop, _ id: String) throws {
    let act = IdentityDecision.Act(actor: "bob", reason: "wrong", at: BSONDate(millisecondsSince1970: 9))
    #expect(try shop.store.pins.undo(PinnedValue.idPrefix + id, by: act, deadline: .ofTest) != nil)
  }

  private func filled() throws -> Shop {
    let shop = try Shop()
    try shop.projecting {
      try shop.record("web", "1", ["firstName": "Ann", "userId": "U1"])
      try shop.record("crm", "1", ["firstName": "Anna", "loyaltyId": "L1"])
    }
    return shop
  }

  @Test func `a pin survives new values and a rebuild, and taken back it gives the same bytes`() throws {
    let shop = try filled()
    let before = try shop.customer(of: "user:U1")
    try shop.projecting { try pin(shop, "1", on: "user:U1", "firstName", "Annette") }
    let pinned = try shop.customer(of: "user:U1")
    #expect(pinned?.string("firstName") == "Annette")
    // Found by the name that people know too.
    #expect(pinned?.array("searchKeys")?.contains { $0.stringValue == "n:annette" } == true)
    let all = try shop.customers()
    try shop.rebuild()
    #expect(try shop.customers() == all)
    try shop.projecting { try undo(shop, "1") }
    #expect(try shop.customer(of: "user:U1") == before)
  }

  @Test func `a pin follows its identifier through a merge and back`() throws {
    let shop = try filled()
    try shop.projecting {
      try pin(shop, "1", on: "loyalty:L1", "firstName", "Annette")
      try pin(shop, "2", on: "user:U1", "attributes.title", "Dr", at: 6)
      try pin(shop, "3", on: "user:U1", "firstName", "Anja", at: 4)
    }
    let before = try shop.customers()
    let pair = IdentityDecision.Pair(
      try #require(Identifier(key: "user:U1")), try #require(Identifier(key: "loyalty:L1")))
    let act = IdentityDecision.Act(actor: "ann", reason: "seen", at: BSONDate(millisecondsSince1970: 7))
    try shop.projecting {
      try shop.store.decisions.add(
        IdentityDecision(id: "m1", kind: .merge, pairs: [pair], customerIds: [], made: act), deadline: .ofTest)
    }
    let merged = try #require(try shop.customer(of: "user:U1"))
    // Of two pins the later one holds.
    #expect(merged.string("firstName") == "Annette")
    #expect(merged.document("attributes")?.string("title") == "Dr")
    try shop.projecting { _ = try shop.store.decisions.undo("m1", .merge, by: act, deadline: .ofTest) }
    let after = try shop.customers().filter { before[$0.key] != nil }
    #expect(after == before.filter { after[$0.key] != nil })
    #expect(try shop.customer(of: "user:U1")?.string("firstName") == "Anja")
  }

  @Test func `provenance says who pinned a value and that all records lost`() throws {
    let record = BSONDocument {
      $0.append("_id", "web/1")
      $0.append("source", "web")
      $0.append("firstName", "Ann")
    }
    let act = IdentityDecision.Act(actor: "kim", reason: "passport", at: BSONDate(millisecondsSince1970: 5))
    let pin = PinnedValue(
      id: "v_1", identifier: try #require(Identifier(key: "user:U1")), field: "firstName", value: .string("Annette"),
      made: act)
    let fields = FieldProvenance.fields(of: [record], under: SurvivorshipRules(), pins: [pin])
    let name = try #require(fields.first { $0.field == "firstName" })
    #expect(name.rule == "pinned")
    #expect(name.pin == pin)
    #expect(name.winners.isEmpty)
    #expect(name.losers.map(\.record) == ["web/1"])
    #expect(name.value == .string("Annette"))
  }
}
