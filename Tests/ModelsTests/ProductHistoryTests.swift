import BSON
import Store
import Testing

@testable import Models

@Suite("Strengths of interest, from rollups")
struct ProductHistoryTests {
  private let noon = World.day(10).millisecondsSince1970 + World.dayMs / 2

  private func rollup(day: Int = 10, _ fill: (inout Rollup.ProductActivity) -> Void) -> Rollup {
    World.rollup("x", day: day) { rollup in
      var activity = Rollup.ProductActivity(productId: "p")
      fill(&activity)
      rollup.products = [activity]
    }
  }

  private func order(
    _ type: Rollup.OrderType = .purchase, id: String = "o1", day: Int = 10, quantity: Double = 1
  ) -> Rollup {
    World.rollup("x", day: day) { rollup in
      rollup.orders = [
        .init(
          orderId: id, type: type, channel: nil, at: rollup.lastAt, total: 10, currency: nil, coupon: nil,
          lines: [.init(productId: "p", quantity: quantity)])
      ]
    }
  }

  /// Σ of the formula, back from the strength.
  private func sum(_ rollups: [Rollup], at reference: Int64? = nil) -> Double {
    let interests = ProductHistory(rollups).interests(at: reference ?? noon)
    return interests.first.map { exp1($0.strength) } ?? 0
  }

  private func exp1(_ strength: Double) -> Double {
    // log1p's inverse, to the precision that the tests look at.
    var (low, high) = (0.0, 1e6)
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if ImplicitStrength.strength(ofSum: middle) < strength { low = middle } else { high = middle }
    }
    return low
  }

  @Test func `each kind of event has its weight`() {
    #expect(abs(sum([rollup { $0.viewed = 1 }]) - 1) < 1e-9)
    #expect(abs(sum([rollup { $0.addedToCart = 1 }]) - 3) < 1e-9)
    #expect(abs(sum([rollup { $0.purchased = 2 }]) - 10) < 1e-9)
    #expect(abs(sum([order(quantity: 3)]) - 15) < 1e-9)
  }

  @Test func `a month halves what was done`() {
    let age = noon + 30 * World.dayMs
    #expect(abs(sum([rollup { $0.viewed = 4 }], at: age) - 2) < 1e-9)
  }

  @Test func `what was given back takes away, and never goes below nothing`() {
    #expect(abs(sum([order(quantity: 2), order(.return, id: "o2", day: 10)]) - 5) < 1e-9)
    #expect(ProductHistory([order(.refund, quantity: 9)]).interests(at: noon).isEmpty)
  }

  @Test func `a purchase event that names a known order counts once`() {
    let event = rollup { $0.purchasedInOrders = [.init(orderId: "o1", quantity: 1)] }
    #expect(abs(sum([event, order()]) - 5) < 1e-9)
    #expect(abs(sum([event]) - 5) < 1e-9)
  }

  @Test(arguments: [(8, 10.0), (9, 5.0), (10, 5.0), (11, 5.0), (12, 10.0)])
  func `an unnamed purchase within a day of an order of the product is that order`(day: Int, expected: Double) {
    let found = sum([rollup(day: day) { $0.purchased = 1 }, order()], at: noon + 2 * World.dayMs)
    // Ages of up to four days take away at most a tenth.
    #expect(abs(found - expected) < expected * 0.1)
  }

  @Test func `a return event and its order take away once`() {
    let bought = order(id: "o1", day: 9, quantity: 3)
    let back = order(.return, id: "o2", day: 10)
    let event = rollup { $0.returned = 1 }
    #expect(abs(sum([bought, back, event]) - sum([bought, back])) < 1e-9)
  }

  @Test func `only what lies in the asked days counts`() {
    let history = ProductHistory([rollup(day: 3) { $0.viewed = 1 }, rollup(day: 20) { $0.viewed = 8 }])
    let cut = UTCDay.daysSince1970(of: World.dayName(10))
    let early = history.interests(at: World.day(10).millisecondsSince1970, through: cut)
    let late = history.interests(at: World.day(21).millisecondsSince1970, from: cut + 1)
    #expect(early.count == 1 && late.count == 1)
    #expect(early[0].strength < late[0].strength)
  }

  @Test func `products bought since a moment are known, also those that went back`() {
    let history = ProductHistory([order(day: 10), order(.return, id: "o2", day: 11)])
    #expect(history.purchased(since: noon - World.dayMs) == [ByteString("p")])
    #expect(history.purchased(since: noon + World.dayMs).isEmpty)
  }

  @Test func `the most telling deed names the interest`() {
    let history = ProductHistory([rollup(day: 9) { $0.viewed = 5 }, order(day: 10)])
    #expect(history.interests(at: noon).map(\.kind) == [.purchase])
  }
}
