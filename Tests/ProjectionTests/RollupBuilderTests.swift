import BSON
import Store
import Testing

@testable import Projection

private let noon = BSONDate(millisecondsSince1970: 1_672_574_400_000)
private let day = SubjectDay(subject: "user:U1", day: 20_230_101)

private func event(
  _ id: String, _ name: String, product: String? = nil, quantity: Int? = nil, session: String = "s1",
  engagement: Int? = nil, orderId: String? = nil, after milliseconds: Int64 = 0
) -> BSONDocument {
  BSONDocument { writer in
    writer.append("eventId", id)
    writer.append("eventName", name)
    writer.append("eventTimestamp", BSONDate(millisecondsSince1970: noon.millisecondsSince1970 + milliseconds))
    writer.append("sessionId", session)
    if let product { writer.append("productId", product) }
    if let quantity { writer.append("quantity", quantity) }
    if let engagement { writer.append("engagementTimeMsec", engagement) }
    if let orderId { writer.append("orderId", orderId) }
  }
}

func order(_ id: String, type: String = "purchase", total: Double, currency: String? = "EUR") -> BSONDocument {
  BSONDocument { writer in
    writer.append("_id", id)
    writer.append("type", type)
    writer.append("orderDate", noon)
    writer.append("orderTotal", total)
    if let currency { writer.append("currency", currency) }
  }
}

private func built(_ events: [BSONDocument], _ orders: [BSONDocument] = []) -> Rollup? {
  var builder = RollupBuilder(day)
  for event in events { builder.add(event: event) }
  for order in orders { builder.add(order: order) }
  return builder.finish()
}

@Suite struct RollupBuilderTests {
  @Test func `what robots and tests do is left out`() {
    let robot = BSONDocument {
      $0.append(contentsOf: event("e2", "view_item", product: "P1", session: "s2", engagement: 5))
      $0.append("traffic", "robot")
    }
    let own = event("e1", "view_item", product: "P1", engagement: 900)
    #expect(built([own, robot]) == built([own]))
    #expect(built([robot]) == nil)
  }

  @Test func `rows of one event count their engagement once and their items each`() throws {
    let rollup = try #require(
      built([
        event("e1", "add_to_cart", product: "P1", engagement: 900),
        event("e1", "add_to_cart", product: "P2", quantity: 3, engagement: 900),
        event("e2", "page_view", engagement: 100),
      ]))
    #expect(rollup.eventCount == 2)
    #expect(rollup.engagementMsec == 1000)
    #expect(rollup.products.map(\.productId) == ["P1", "P2"])
    #expect(rollup.products.map(\.addedToCart) == [1, 3])
  }

  @Test func `sessions are distinct`() throws {
    let rollup = try #require(
      built([event("e1", "a", session: "s2"), event("e2", "a", session: "s1"), event("e3", "a", session: "s2")]))
    #expect(rollup.sessions == ["s1", "s2"])
  }

  @Test func `a day without anything has no rollup`() {
    #expect(built([]) == nil)
  }

  @Test func `the order of events changes no byte`() throws {
    let events = [
      event("e1", "view_item", product: "P1", session: "s2", after: 5),
      event("e2", "purchase", product: "P1", orderId: "O1"),
      event("e3", "purchase", product: "P1", orderId: "O0"), event("e4", "refund", product: "P2"),
    ]
    let orders = [order("O2", total: 1), order("O1", total: 2)]
    let forward = try #require(built(events, orders))
    let backward = try #require(built(events.reversed(), orders.reversed()))
    #expect(forward.document == backward.document)
  }

  @Test func `a rollup survives its document`() throws {
    let made = try #require(
      built(
        [event("e1", "purchase", product: "P1", quantity: 2, engagement: 5, orderId: "O1")], [order("O1", total: 9.5)]))
    #expect(Rollup(made.document) == made)
  }
}

@Suite struct CustomerFeaturesTests {
  private func features(_ orders: [BSONDocument], money: MoneyPolicy = MoneyPolicy(currency: "EUR")) throws
    -> BSONDocument
  {
    var features = CustomerFeatures(money: money)
    if let rollup = built([], orders) { features.add(rollup) }
    let document = BSONDocument { features.append(to: &$0) }
    return try #require(document.document("features"))
  }

  @Test func `the average order value is net of returns and refunds, over purchases`() throws {
    let made = try features([
      order("1", total: 100), order("2", total: 50), order("3", type: "return", total: 20),
      order("4", type: "refund", total: 10),
    ])
    #expect(made.double("average_order_value") == 60)
    #expect(made.int("no_of_orders") == 2)
  }

  @Test func `without a purchase there is no average order value`() throws {
    let made = try features([])
    #expect(made["average_order_value"] == .null)
    #expect(made.int("no_of_orders") == 0)
  }

  @Test func `an order in another currency is converted by the table or left out and counted`() throws {
    let orders = [
      order("1", total: 100), order("2", total: 100, currency: "USD"), order("3", total: 7, currency: "JPY"),
    ]
    let made = try features(orders, money: MoneyPolicy(currency: "EUR", rates: ["USD": 0.5]))
    #expect(made.double("average_order_value") == 75)
    #expect(made.int("unconverted_orders") == 1)
    #expect(made.int("no_of_orders") == 3)
  }

  @Test func `a customer whose orders name no currency shows none, whenever the one currency was decided`() {
    let decided = CustomerFeatures(money: MoneyPolicy(currency: "EUR"))
    let undecided = CustomerFeatures(money: MoneyPolicy(currency: nil))
    #expect(BSONDocument { decided.append(to: &$0) } == BSONDocument { undecided.append(to: &$0) })
  }

  @Test func `sums of money are exact`() throws {
    let made = try features((0..<10).map { order("\($0)", total: 0.1) })
    #expect(made.double("average_order_value") == 0.1)
  }
}
