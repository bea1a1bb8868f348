/// One visit of the web shop.
struct Session: Sendable {
  /// Seconds since 1970-01-01; also the session's identifier, as in GA4.
  var start: Int
  var eventCount: Int
  /// Index in `Activity.orders` of the purchase that ends the session.
  var order: Int?
}

/// One line of an order.
struct LineItem: Sendable {
  var product: Int
  var quantity: Int
}

/// A purchase, or what came back of one.
struct Order: Sendable {
  enum Kind: String, Sendable { case purchase, `return`, refund }

  var kind: Kind
  var isOnline: Bool
  var atMs: Int
  var items: [LineItem]
  var totalCents: Int
  var coupon: Coupon?
  /// By card, where the person was asked for it; else by account.
  var byCard: Bool
  /// Place of the purchase among the orders of the person.
  var refersTo: Int?
}

/// A code that takes a percentage off.
struct Coupon: Sendable, Equatable {
  var code: String
  var percent: Int

  static let all = [
    Coupon(code: "WELCOME10", percent: 10), Coupon(code: "SPRING15", percent: 15), Coupon(code: "VIP20", percent: 20),
  ]

  /// What is left of an amount.
  static func reduced(_ cents: Int, by coupon: Coupon?) -> Int { cents - cents * (coupon?.percent ?? 0) / 100 }
}

/// What one person did in the year: visits and orders, each in order of time.
struct Activity: Sendable {
  var sessions: [Session]
  var orders: [Order]
  /// Usual attention to one event.
  var attentionMs: Int
}

extension Neighbourhood {
  static let eventsPerNeighbourhood = 1500
  static let ordersPerNeighbourhood = 200
  static let purchasesPerNeighbourhood = 180
  /// From a session's start to the purchase that ends it.
  static let purchaseDelaySeconds = 600

  /// What everybody did, in the order of `people`, and the returns and refunds of it all.
  func activities(seed: UInt64, today: Int, catalogue: Catalogue, picker: ProductPicker) -> [Activity] {
    var random = SeededGenerator(seed: seed, .activity, index)
    var baskets = SeededGenerator(seed: seed, .baskets, index)
    let sessionCounts = people.map { person in
      person.userId == nil ? 0 : max(1, Int(person.tier.sessions + random.bell() * 1.2 + 0.5))
    }
    let purchaseCounts = Self.purchaseCounts(people, using: &random)
    let eventCounts = apportioned(
      Self.eventsPerNeighbourhood, by: sessionCounts.map { Double($0) * (1 + random.bell() * 0.03) })
    var activities: [Activity] = []
    for (place, person) in people.enumerated() {
      var activity = Activity(
        sessions: Self.sessions(sessionCounts[place], eventCounts[place], person, using: &random), orders: [],
        attentionMs: 30_000 + Int(random.bell() * 1200))
      Self.placePurchases(purchaseCounts[place], of: person, in: &activity, using: &random)
      Self.fillBaskets(of: person, in: &activity, catalogue: catalogue, picker: picker, using: &baskets)
      activities.append(activity)
    }
    Self.giveBack(
      Self.ordersPerNeighbourhood - Self.purchasesPerNeighbourhood, in: &activities, today: today, catalogue: catalogue,
      using: &baskets)
    return activities
  }

  /// Near each tier's number, and together exactly the neighbourhood's: the busiest take up the difference.
  private static func purchaseCounts(_ people: [Person], using random: inout SeededGenerator) -> [Int] {
    var counts = people.map { max(1, Int($0.tier.purchases + random.bell() + 0.5)) }
    let busy = people.indices.filter { people[$0].tier == .platinum || people[$0].tier == .gold }
    var place = 0
    while true {
      let missing = purchasesPerNeighbourhood - counts.reduce(0, +)
      guard missing != 0 else { return counts }
      counts[busy[place % busy.count]] += missing.signum()
      place += 1
    }
  }

  /// Visits on distinct days, spread over the person's active time; every visit has two events or more.
  private static func sessions(
    _ count: Int, _ eventCount: Int, _ person: Person, using random: inout SeededGenerator
  ) -> [Session] {
    guard count > 0 else { return [] }
    let lengths = apportioned(eventCount - 2 * count, by: (0..<count).map { _ in Double(random.within(2...9)) })
    return lengths.enumerated().map { place, length in
      let day = day(place, of: count, within: person.activeDays, using: &random)
      let start = day * Instants.secondsPerDay + random.within(7 * 3600...22 * 3600)
      return Session(start: start, eventCount: length + 2, order: nil)
    }
  }

  /// A day in slot `place` of `count`, rather a weekend day than another.
  private static func day(
    _ place: Int, of count: Int, within days: Range<Int>, using random: inout SeededGenerator
  ) -> Int {
    func candidate() -> Int { days.lowerBound + (place * 100 + random.below(65)) * days.count / (count * 100) }
    let first = candidate()
    let second = candidate()
    return [0, 6].contains(Instants.weekday(day: second)) ? second : first
  }

  /// About half of the purchases end a web session, the others happen in a store.
  private static func placePurchases(
    _ count: Int, of person: Person, in activity: inout Activity, using random: inout SeededGenerator
  ) {
    let online = min(activity.sessions.count, (count + random.below(2)) / 2)
    let chosen = random.permutation(activity.sessions.count).prefix(online)
    for place in chosen {
      let atMs = (activity.sessions[place].start + purchaseDelaySeconds) * 1000 + random.below(1000)
      activity.orders.append(
        Order(kind: .purchase, isOnline: true, atMs: atMs, items: [], totalCents: 0, coupon: nil, byCard: false))
    }
    let inStore = count - online
    for place in 0..<inStore {
      let day = day(place, of: inStore, within: person.activeDays, using: &random)
      let at = day * Instants.secondsPerDay + random.within(9 * 3600...20 * 3600)
      let byCard = person.userId == nil || (person.loyaltyId != nil && random.chance(50))
      activity.orders.append(
        Order(kind: .purchase, isOnline: false, atMs: at * 1000, items: [], totalCents: 0, coupon: nil, byCard: byCard))
    }
    activity.orders.sort { $0.atMs < $1.atMs }
    for (number, order) in activity.orders.enumerated() where order.isOnline {
      let start = order.atMs / 1000 - purchaseDelaySeconds
      guard let place = activity.sessions.firstIndex(where: { $0.start == start }) else { continue }
      activity.sessions[place].order = number
    }
  }
}
