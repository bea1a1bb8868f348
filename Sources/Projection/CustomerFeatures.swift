import BSON
import Store

/// The features and sums of one customer, added up from rollups.
struct CustomerFeatures {
  private var sessions: Set<ByteString> = []
  private var engagementMsec: Int64 = 0
  private var eventNames: [ByteString: Int] = [:]
  private var eventCount = 0
  private var firstAt: BSONDate?
  private var lastAt: BSONDate?
  private var lastOrderAt: BSONDate?
  private var firstOrderAt: BSONDate?
  private var purchases: Set<ByteString> = []
  private var returns: Set<ByteString> = []
  private var refunds: Set<ByteString> = []
  /// In ten-thousandths of the one currency.
  private var purchased: Int64 = 0
  private var givenBack: Int64 = 0
  private var unconverted = 0
  private var convertedPurchases = 0
  /// Whether one of the orders names its currency. Only then is the one currency shown: it was decided by then, so that the
  /// document does not depend on when it was written.
  private var namesCurrency = false
  private var contacts = ContactSummary()
  private let money: MoneyPolicy

  init(money: MoneyPolicy) { self.money = money }

  /// Latest source time of the customer's activity.
  var latest: BSONDate? { lastAt }

  /// Whether nothing has been added.
  var isEmpty: Bool { lastAt == nil }

  /// Whether nothing but interactions has been added.
  var hasContactsOnly: Bool {
    lastAt != nil && eventCount == 0 && purchases.isEmpty && returns.isEmpty && refunds.isEmpty
  }

  mutating func add(_ rollup: Rollup) {
    sessions.formUnion(rollup.sessions.map(ByteString.init))
    engagementMsec = engagementMsec.addingReportingOverflow(rollup.engagementMsec).partialValue
    eventCount += rollup.eventCount
    for name in rollup.eventNames { eventNames[ByteString(name.name), default: 0] += name.count }
    firstAt = firstAt.map { min($0, rollup.firstAt) } ?? rollup.firstAt
    lastAt = lastAt.map { max($0, rollup.lastAt) } ?? rollup.lastAt
    for order in rollup.orders { add(order) }
    for contact in rollup.contacts { contacts.add(contact) }
  }

  private mutating func add(_ order: Rollup.OrderEntry) {
    if order.currency != nil { namesCurrency = true }
    let amount = money.tenThousandths(order.total, in: order.currency)
    if amount == nil { unconverted += 1 }
    switch order.type {
    case .purchase:
      purchases.insert(ByteString(order.orderId))
      firstOrderAt = firstOrderAt.map { min($0, order.at) } ?? order.at
      lastOrderAt = lastOrderAt.map { max($0, order.at) } ?? order.at
      if let amount {
        purchased += amount
        convertedPurchases += 1
      }
    case .return:
      returns.insert(ByteString(order.orderId))
      givenBack += amount ?? 0
    case .refund:
      refunds.insert(ByteString(order.orderId))
      givenBack += amount ?? 0
    }
  }

  /// `features`, `orders`, `activity` and `contacts` of the customer document.
  func append(to writer: inout BSONWriter) {
    writer.append(
      "features",
      document: { features in
        features.append("session_count", sessions.count)
        features.append("total_time_spend_by_user_in_msec", engagementMsec)
        // Without a purchase that can be counted there is no average; it is absent, never a made-up number.
        if convertedPurchases > 0 {
          features.append("average_order_value", amount(purchased - givenBack) / Double(convertedPurchases))
        } else {
          features.appendNull("average_order_value")
        }
        features.append("no_of_orders", purchases.count)
        features.append("unconverted_orders", unconverted)
      })
    writer.append(
      "orders",
      document: { orders in
        orders.append("purchases", purchases.count)
        orders.append("returns", returns.count)
        orders.append("refunds", refunds.count)
        orders.append("purchaseTotal", amount(purchased))
        orders.append("givenBackTotal", amount(givenBack))
        orders.append("netTotal", amount(purchased - givenBack))
        if namesCurrency, let currency = money.currency { orders.append("currency", currency) }
        if let firstOrderAt { orders.append("firstOrderAt", firstOrderAt) }
        if let lastOrderAt { orders.append("lastOrderAt", lastOrderAt) }
      })
    writer.append(
      "activity",
      document: { activity in
        activity.append("events", eventCount)
        activity.append(
          "eventNames",
          array: { names in
            for (name, count) in eventNames.sorted(by: { $0.key < $1.key }) {
              names.append(
                BSONDocument {
                  $0.append("name", name.string)
                  $0.append("count", count)
                })
            }
          })
        if let firstAt { activity.append("firstSeenAt", firstAt) }
        if let lastAt { activity.append("lastSeenAt", lastAt) }
      })
    contacts.append(to: &writer)
  }

  private func amount(_ tenThousandths: Int64) -> Double { Double(tenThousandths) / 10_000 }
}
