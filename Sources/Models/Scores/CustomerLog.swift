import BSON
import MachineLearning
import Store

/// What one customer did, as models of behaviour take it in: purchases by day, and what else happened on each day. A purchase event
/// and its order count once, as in ``ProductHistory``.
struct CustomerLog {
  /// One day with whatever happened on it.
  struct Day {
    /// Days since 1970, UTC.
    let day: Int
    var events = 0
    var sessions = 0
    var engagementMs = 0.0
    var viewed = 0.0
    var addedToCart = 0.0
    var contacts = 0
  }

  /// A return or refund.
  struct Return {
    let day: Int
    let amount: Double
  }

  /// An interaction whose text says something.
  struct Opinion {
    let day: Int
    /// -1 to 1.
    let score: Double
  }

  /// In the order of days; `customer` is 0. Amounts are in the one currency, 0 where the order is in another.
  private(set) var purchases: [PurchaseHistory.Purchase] = []
  private(set) var returns: [Return] = []
  private(set) var opinions: [Opinion] = []
  /// By day, one entry a day.
  private(set) var days: [Day] = []
  /// Orders with a coupon, from a store, in another currency.
  private(set) var couponOrders = 0
  private(set) var storeOrders = 0
  private(set) var unconvertedOrders = 0

  /// Reads what all identifiers of one customer did until a day (days since 1970), that day included.
  init(_ rollups: [Rollup], through lastDay: Int = .max, money: MoneyRates) {
    var byDay: [Int: Day] = [:]
    var history: [Rollup] = []
    for rollup in rollups {
      let day = UTCDay.daysSince1970(of: rollup.day)
      guard day <= lastDay else { continue }
      history.append(rollup)
      var entry = byDay[day] ?? Day(day: day)
      entry.events += rollup.eventCount
      entry.sessions += rollup.sessions.count
      entry.engagementMs += Double(rollup.engagementMsec)
      for product in rollup.products {
        entry.viewed += product.viewed
        entry.addedToCart += product.addedToCart
      }
      entry.contacts += rollup.contacts.count
      byDay[day] = entry
      opinions += rollup.contacts.compactMap { $0.score }.map { Opinion(day: day, score: $0) }
      for order in rollup.orders { add(order, day: day, money) }
    }
    for entry in ProductHistory(history).entries where entry.kind == .purchase && !entry.isOrdered {
      purchases.append(.init(customer: 0, day: entry.day, quantity: entry.quantity, amount: 0))
    }
    purchases.sort { ($0.day, $0.amount, $0.quantity) < ($1.day, $1.amount, $1.quantity) }
    days = byDay.values.sorted { $0.day < $1.day }
  }

  private mutating func add(_ order: Rollup.OrderEntry, day: Int, _ money: MoneyRates) {
    let amount = money.amount(order.total, in: order.currency)
    guard order.type == .purchase else {
      returns.append(Return(day: day, amount: amount ?? 0))
      return
    }
    if amount == nil { unconvertedOrders += 1 }
    if order.coupon != nil { couponOrders += 1 }
    if order.channel == "store" { storeOrders += 1 }
    purchases.append(
      .init(customer: 0, day: day, quantity: order.lines.reduce(0) { $0 + $1.quantity }, amount: amount ?? 0))
  }

  /// The first and the last day on which anything happened.
  var firstDay: Int? { days.first?.day }
  /// See ``firstDay``.
  var lastDay: Int? { days.last?.day }

  /// Purchases taken together by day up to a day.
  func summary(cutoff: Int) throws(MachineLearningError) -> PurchaseHistory.Summary {
    try PurchaseHistory(purchases, customerCount: 1, cutoff: cutoff).summaries[0]
  }
}

/// Features of behaviour beside those of purchases, in one fixed order.
enum BehaviourFeatures {
  /// A score below which an interaction is a complaint.
  static let negative = -0.25

  /// The names, as the model's table has them.
  static let names = [
    "days_since_last_event", "active_days", "events", "sessions", "events_30d", "events_90d", "sessions_30d",
    "sessions_90d", "engagement_msec_90d", "views_90d", "carts_90d", "returns", "returned_share", "coupon_share",
    "store_share", "contacts_90d", "sentiment", "sentiment_90d", "negative_contacts_90d",
  ]

  /// The values for one customer at a cut-off day; NaN where nothing can be said.
  static func values(of log: CustomerLog, cutoff: Int) -> [Double] {
    func sum(_ window: Int?, _ value: (CustomerLog.Day) -> Double) -> Double {
      log.days.reduce(0) { total, day in
        guard day.day <= cutoff, window.map({ day.day > cutoff - $0 }) ?? true else { return total }
        return total + value(day)
      }
    }
    // Moods up to the cut-off; of a quarter they tell what is wrong now.
    let said = log.opinions.filter { $0.day <= cutoff }
    let lately = said.filter { $0.day > cutoff - 90 }
    func mean(_ opinions: [CustomerLog.Opinion]) -> Double {
      opinions.isEmpty ? .nan : opinions.reduce(0) { $0 + $1.score } / Double(opinions.count)
    }
    let orders = Double(log.purchases.count)
    let bought = log.purchases.reduce(0) { $0 + $1.amount }
    let returned = log.returns.reduce(0) { $0 + $1.amount }
    return [
      log.lastDay.map { Double(max(0, cutoff - $0)) } ?? .nan,
      sum(nil) { _ in 1 }, sum(nil) { Double($0.events) }, sum(nil) { Double($0.sessions) },
      sum(30) { Double($0.events) }, sum(90) { Double($0.events) }, sum(30) { Double($0.sessions) },
      sum(90) { Double($0.sessions) }, sum(90) { $0.engagementMs }, sum(90) { $0.viewed }, sum(90) { $0.addedToCart },
      Double(log.returns.count), bought > 0 ? returned / bought : .nan,
      orders > 0 ? Double(log.couponOrders) / orders : .nan, orders > 0 ? Double(log.storeOrders) / orders : .nan,
      sum(90) { Double($0.contacts) }, mean(said), mean(lately),
      Double(lately.count { $0.score < Self.negative }),
    ]
  }
}
