import BSON
import Testing

@testable import Service

@Suite struct EventGroupTests {
  private func row(_ id: String, event: String, product: String?, at milliseconds: Int64 = 1000) -> BSONDocument {
    BSONDocument { writer in
      writer.append("_id", id)
      writer.append("eventId", event)
      writer.append("day", 19_700_101)
      writer.append("subject", "user:U1")
      writer.append("eventTimestamp", BSONDate(millisecondsSince1970: milliseconds))
      writer.append("eventName", "view_item")
      writer.append("userId", "U1")
      if let product { writer.append("productId", product) }
      writer.append("price", 2.5)
    }
  }

  @Test func `rows of one event become its items`() throws {
    var group = try #require(EventGroup(row("r1", event: "e1", product: "P1")))
    let taken = [
      row("r2", event: "e1", product: "P2"), row("r3", event: "e2", product: "P3"),
      row("r4", event: "e1", product: "P4", at: 2000),
    ].map { group.take($0) }
    #expect(taken == [true, false, false])
    let event = group.document
    #expect(event.map(\.key) == ["eventId", "eventTimestamp", "eventName", "userId", "items"])
    let items = try #require(event.array("items")).compactMap(\.documentValue)
    #expect(items.map { $0.string("_id") } == ["r1", "r2"])
    #expect(items.map { $0.string("productId") } == ["P1", "P2"])
    #expect(items[0].map(\.key) == ["_id", "productId", "price"])
  }

  @Test func `an event of its own is shown as it came`() throws {
    let event = try #require(EventGroup(row("e1", event: "e1", product: "P1"))).document
    #expect(event.map(\.key) == ["eventId", "eventTimestamp", "eventName", "userId", "productId", "price"])
  }
}
