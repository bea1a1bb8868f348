import BSON
import Testing

@testable import Service

@Suite struct HistoryRoutesTests {
  let client: TestClient
  init() throws { client = try Shop.client }

  /// Follows the cursors of a list to its end.
  private func pages(_ path: String, limit: Int) -> [[BSONDocument]] {
    var pages: [[BSONDocument]] = []
    var cursor: String?
    repeat {
      let answer = client.get("\(path)?limit=\(limit)" + (cursor.map { "&cursor=\($0)" } ?? ""))
      #expect(answer.status == 200, "\(answer.text)")
      pages.append(answer.items)
      cursor = answer.nextCursor
    } while cursor != nil && pages.count < 1000
    return pages
  }

  @Test(arguments: [1, 7, 50, 121, 500]) func `events come once each, newest first, at every size of page`(_ limit: Int)
  {
    let pages = pages("/customers/\(Shop.adaId)/events", limit: limit)
    let events = pages.flatMap { $0 }
    #expect(events.count == Shop.adaEvents + 1)
    #expect(Set(events.compactMap { $0.string("eventId") }).count == events.count)
    let times = events.compactMap { $0.string("eventTimestamp") }
    #expect(times == times.sorted(by: >))
    #expect(pages.dropLast().allSatisfy { $0.count == limit })
    #expect(pages.last?.isEmpty == false)
  }

  @Test func `rows are one event with items, other events are as they came`() throws {
    let events = client.get("/customers/\(Shop.adaId)/events?limit=2").items
    let grouped = try #require(events.first)
    #expect(grouped.string("eventName") == "add_to_cart")
    let rows = grouped.array("items")?.compactMap(\.documentValue) ?? []
    #expect(Set(rows.compactMap { $0.string("_id") }) == ["r1", "r2"])
    #expect(Set(rows.compactMap { $0.string("productId") }) == ["P1", "P2"])
    let plain = try #require(events.last)
    #expect(plain.string("eventId") == "e119")
    #expect(plain.document("properties")?.document("$set")?.int("a.b") == 1)
    for hidden in ["_id", "subject", "day", "version", "contentHash"] { #expect(!plain.contains(hidden)) }
  }

  @Test func `orders come newest first without internal fields`() throws {
    let answer = client.get("/customers/\(Shop.adaId)/orders")
    #expect(answer.items.map { $0.string("orderId") } == ["O3", "O2", "O1"])
    let first = try #require(answer.items.last)
    #expect(first.string("type") == "purchase")
    #expect(first.string("orderDate") == "2024-05-01T10:05:00.000Z")
    for hidden in ["_id", "subject", "day", "version", "contentHash"] { #expect(!first.contains(hidden)) }
    #expect(pages("/customers/\(Shop.adaId)/orders", limit: 2).map(\.count) == [2, 1])
  }

  @Test(arguments: [1, 10, 500]) func `a timeline holds events and orders together`(_ limit: Int) {
    let entries = pages("/customers/\(Shop.adaId)/timeline", limit: limit).flatMap { $0 }
    #expect(entries.count == Shop.adaEvents + 1 + 3)
    #expect(entries.filter { $0.string("type") == "order" }.map { $0.string("id") } == ["O3", "O2", "O1"])
    let times = entries.compactMap { $0.string("at") }
    #expect(times.count == entries.count && times == times.sorted(by: >))
    // Of one moment the event comes before the order.
    let tied = entries.filter { $0.string("at") == "2024-05-01T10:05:00.000Z" }
    #expect(tied.map { $0.string("type") } == ["event", "order"])
    #expect(tied.last?.document("order")?.double("orderTotal") == 19.9)
  }

  @Test func `the next page has a link`() throws {
    let answer = client.get("/customers/\(Shop.adaId)/events?limit=5")
    let cursor = try #require(answer.nextCursor)
    #expect(
      answer.field("Link") == "</customers/\(Shop.adaId)/events?limit=5&cursor=\(cursor)>; rel=\"next\"")
    #expect(client.get("/customers/\(Shop.adaId)/events?limit=500").field("Link") == nil)
  }

  @Test func `a cursor is good for its own list alone`() throws {
    let cursor = try #require(client.get("/customers/\(Shop.adaId)/events?limit=5").nextCursor)
    for path in [
      "/customers/\(Shop.adaId)/orders?cursor=\(cursor)", "/customers/\(Shop.bobId)/events?cursor=\(cursor)",
      "/segments?cursor=\(cursor)", "/customers/\(Shop.adaId)/events?cursor=\(cursor.dropLast())",
      "/customers/\(Shop.adaId)/events?cursor=A\(cursor.dropFirst())", "/customers/\(Shop.adaId)/events?cursor=",
      "/customers/\(Shop.adaId)/events?cursor=%7B%22$gt%22:%22%22%7D",
    ] {
      let answer = client.get(path)
      #expect(answer.status == 400 && answer.code == "invalid_cursor", "\(path)")
    }
  }

  @Test(arguments: ["0", "-1", "501", "1000000000", "1e3", "NaN", "", "+5", "0x10", "５", "9223372036854775808", "5 "])
  func `a limit outside 1 to 500 is refused`(_ limit: String) {
    let encoded = percentEncoded(limit)
    for path in ["/customers/\(Shop.adaId)/events", "/segments", "/models", "/customers/lookup"] {
      let answer = client.get("\(path)?email=a@b.cd&limit=\(encoded)".replacingEmail(in: path))
      #expect(answer.status == 400 && answer.code == "invalid_parameter", "\(path) \(limit) \(answer.text)")
    }
  }
}

extension String {
  /// Only the lookup knows an address.
  fileprivate func replacingEmail(in path: String) -> String {
    path.hasSuffix("lookup") ? self : split(separator: "email=a@b.cd&").joined()
  }
}
