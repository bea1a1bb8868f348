import BSON
import Identity
import MongoTesting
import Store
import Testing

@testable import Projection

@Suite struct SurvivorshipTests {
  private func rules(_ json: String) throws -> SurvivorshipRules {
    let document = try JSONDecoding.document(from: Array("{\"survivorship\":\(json)}".utf8).span)
    return try IdentityRules(document).survivorship
  }

  private func record(_ source: String, at: Int64?, _ fields: KeyValuePairs<String, BSONValue>) -> BSONDocument {
    BSONDocument { writer in
      writer.append("_id", source + "/1")
      writer.append("source", source)
      if let at { writer.append("updatedAt", BSONDate(millisecondsSince1970: at)) }
      for (key, value) in fields { writer.append(key, value) }
    }
  }

  private func attributes(_ name: String, _ value: BSONValue) -> BSONValue {
    .document(BSONDocument { $0.append(name, value) })
  }

  @Test(arguments: [
    (#"{"rule":"mostRecent"}"#, "Anna"), (#"{"rule":"nonEmpty"}"#, "Ann"), (#"{"rule":"mostFrequent"}"#, "ANN "),
    (#"{"rule":"min"}"#, "ANN "), (#"{"rule":"max"}"#, "Anna"),
    (#"{"rule":"sourcePriority","sources":["none","crm","web"]}"#, "ANN "), (#"{"rule":"verified"}"#, "Ann"),
  ])
  func `each rule chooses by its own measure, and what lost is kept`(rule: String, expected: String) throws {
    let records = [
      record(
        "card", at: 10, ["firstName": .string("Ann"), "attributes": attributes("firstNameVerified", .bool(true))]),
      record("crm", at: 20, ["firstName": .string("ANN ")]), record("web", at: 30, ["firstName": .string("Anna")]),
      record("void", at: 40, ["firstName": .string(" ")]),
    ]
    let rules = try rules(#"{"firstName":\#(rule)}"#)
    for order in [records, records.reversed()] {
      let choice = try #require(GoldenRecord(records: order, rules: rules).choice(of: "firstName"))
      #expect(choice.value == .string(expected))
      let losing = Set(choice.losers.map(\.value))
      #expect(losing.count == 2 && !losing.contains(.string(expected)))
    }
  }

  @Test func `numbers are compared as numbers, and the union of an attribute keeps all values`() throws {
    let records = [
      record("a", at: 1, ["attributes": attributes("points", .int32(9))]),
      record("b", at: 2, ["attributes": attributes("points", .double(100))]),
      record("c", at: 3, ["attributes": attributes("points", .int64(20))]),
    ]
    func value(_ rule: String) throws -> BSONValue? {
      GoldenRecord(records: records, rules: try rules(#"{"attributes.points":{"rule":"\#(rule)"}}"#))
        .choice(of: "attributes.points")?.value
    }
    #expect(try value("max") == .double(100))
    #expect(try value("min") == .int32(9))
    #expect(try value("union")?.arrayValue?.count == 3)
  }

  @Test func `rules that no field can follow are refused`() {
    for json in [
      #"{"firstName":{"rule":"union"}}"#, #"{"firstName":{"rule":"best"}}"#,
      #"{"firstName":{"rule":"sourcePriority"}}"#,
      #"{"$where":{"rule":"min"}}"#, #"{"attributes.":{"rule":"min"}}"#, #"{"firstName":{"rule":"min","x":1}}"#,
    ] {
      #expect(throws: IdentityError.self, "\(json)") { try rules(json) }
    }
  }

  @Test func `a moment shows the versions, events and orders of then`() throws {
    let shop = try Shop()
    let start = UTCDay.start(of: 20_230_101).millisecondsSince1970
    try shop.projecting {
      try shop.record("web", "1", at: start, ["firstName": "Ann", "userId": "U1"])
      try shop.record("web", "1", at: start + 172_800_000, ["firstName": "Anna", "userId": "U1"])
      try shop.order("o1", user: "U1", total: 50, day: 20_230_101)
      try shop.order("o2", user: "U1", total: 70, day: 20_230_103)
      try shop.event("e1", user: "U1", day: 20_230_102)
    }
    let customer = try #require(try shop.customer(of: "user:U1"))
    let past = PastCustomer(store: shop.store)
    func at(_ milliseconds: Int64) throws -> BSONDocument? {
      try past.document(of: customer, at: BSONDate(millisecondsSince1970: milliseconds), deadline: .ofTest)
    }
    #expect(try at(start - 1) == nil)
    let first = try #require(try at(start))
    #expect(first.string("firstName") == "Ann")
    #expect(first.document("orders")?.double("netTotal") == 50)
    #expect(first.document("activity")?.int("events") == 0)
    let second = try #require(try at(start + 172_799_999))
    #expect(second.string("firstName") == "Ann")
    #expect(second.document("activity")?.int("events") == 1)
    let now = try #require(try at(start + 400_000_000))
    #expect(now.string("firstName") == "Anna")
    #expect(now.document("orders") == customer.document("orders"))
    #expect(now.document("features") == customer.document("features"))
  }

  @Test(arguments: [19_700_101, 20_000_229, 20_231_231, 19_691_231, 24_000_301])
  func `days and their first moments agree`(day: Int) {
    #expect(UTCDay.day(of: UTCDay.start(of: day)) == day)
    #expect(UTCDay.day(of: BSONDate(millisecondsSince1970: UTCDay.end(of: day).millisecondsSince1970 - 1)) == day)
  }
}
