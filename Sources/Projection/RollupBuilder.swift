import BSON
import Store

/// Folds the events, orders and interactions of one subject on one day into its rollup.
///
/// Rows of one event count once for everything that is a property of the event (its name, its engagement time) and each for
/// what is a property of the item.
struct RollupBuilder {
  private var rollup: Rollup?
  private let subject: String
  private let day: Int
  private var engagementOfEvent: [ByteString: Int64] = [:]
  private var nameOfEvent: [ByteString: String] = [:]
  private var sessions: Set<ByteString> = []
  private var products: [ByteString: Rollup.ProductActivity] = [:]
  private var orders: [Rollup.OrderEntry] = []
  private var contacts: [Rollup.Contact] = []

  init(_ key: SubjectDay) {
    subject = key.subject
    day = key.day
  }

  /// Adds one stored event or row of one.
  mutating func add(event: BSONDocument) {
    // Robots and tests are kept, and nothing is computed from them.
    guard let id = event.string("eventId"), let at = event.date("eventTimestamp"), !event.contains("traffic") else {
      return
    }
    saw(at)
    let name = event.string("eventName") ?? ""
    // Rows of an event agree on it; should they not, the choice must not depend on their order.
    nameOfEvent[ByteString(id)] = max(ByteString(nameOfEvent[ByteString(id)] ?? ""), ByteString(name)).string
    if let time = event.int("engagementTimeMsec") {
      engagementOfEvent[ByteString(id)] = max(engagementOfEvent[ByteString(id)] ?? 0, Int64(time))
    }
    if let session = event.string("sessionId") { sessions.insert(ByteString(session)) }
    let kind = ProductEvent(name: name)
    guard let kind else { return }
    let orderId = event.string("orderId")
    if let product = event.string("productId") {
      add(kind, product: product, quantity: event.double("quantity"), orderId: orderId)
    }
    for item in event.array("items") ?? BSONArray() {
      guard let item = item.documentValue, let product = item.string("productId") else { continue }
      add(kind, product: product, quantity: item.double("quantity"), orderId: orderId)
    }
  }

  /// Adds one latest order.
  mutating func add(order: BSONDocument) {
    guard let id = order.string("_id"), let at = order.date("orderDate") else { return }
    saw(at)
    var lines: [ByteString: Double] = [:]
    for value in order.array("lineItems") ?? BSONArray() {
      guard let line = value.documentValue, let product = line.string("productId") else { continue }
      lines[ByteString(product), default: 0] += line.double("quantity") ?? 1
    }
    orders.append(
      Rollup.OrderEntry(
        orderId: id, type: Rollup.OrderType(rawValue: order.string("type") ?? "") ?? .purchase,
        channel: order.string("channel"), at: at, total: order.double("orderTotal") ?? 0,
        currency: order.string("currency"), coupon: order.string("coupon"),
        lines: lines.sorted { $0.key < $1.key }.map { .init(productId: $0.key.string, quantity: $0.value) }))
  }

  /// Adds one latest interaction.
  mutating func add(interaction: BSONDocument) {
    guard let id = interaction.string("_id"), let at = interaction.date("at") else { return }
    saw(at)
    contacts.append(
      Rollup.Contact(
        id: id, channel: interaction.string("channel") ?? "other", at: at,
        score: interaction.document("sentiment")?.double("score")))
  }

  /// The rollup, or nil when nothing happened on the day.
  consuming func finish() -> Rollup? {
    guard var rollup else { return nil }
    rollup.eventCount = nameOfEvent.count
    var counts: [ByteString: Int] = [:]
    for name in nameOfEvent.values { counts[ByteString(name), default: 0] += 1 }
    rollup.eventNames = counts.sorted { $0.key < $1.key }.map { .init(name: $0.key.string, count: $0.value) }
    rollup.sessions = sessions.sorted().map(\.string)
    rollup.engagementMsec = engagementOfEvent.values.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    rollup.products = products.sorted { $0.key < $1.key }.map { entry in
      var activity = entry.value
      activity.purchasedInOrders.sort { (ByteString($0.orderId), $0.quantity) < (ByteString($1.orderId), $1.quantity) }
      return activity
    }
    rollup.orders = orders.sorted { ByteString($0.orderId) < ByteString($1.orderId) }
    rollup.contacts = contacts.sorted { ByteString($0.id) < ByteString($1.id) }
    return rollup
  }

  private mutating func saw(_ at: BSONDate) {
    guard var seen = rollup else {
      rollup = Rollup(subject: subject, day: day, at: at)
      return
    }
    seen.firstAt = min(seen.firstAt, at)
    seen.lastAt = max(seen.lastAt, at)
    rollup = seen
  }

  private mutating func add(_ kind: ProductEvent, product: String, quantity: Double?, orderId: String?) {
    let key = ByteString(product)
    var activity = products[key] ?? Rollup.ProductActivity(productId: product)
    let amount = max(quantity ?? 1, 0)
    switch kind {
    case .view: activity.viewed += max(amount, 1)
    case .addToCart: activity.addedToCart += max(amount, 1)
    case .purchase:
      if let orderId {
        activity.purchasedInOrders.append(.init(orderId: orderId, quantity: max(amount, 1)))
      } else {
        activity.purchased += max(amount, 1)
      }
    case .return: activity.returned += max(amount, 1)
    }
    products[key] = activity
  }
}

/// The kinds of events that say something of a product.
enum ProductEvent {
  case view, addToCart, purchase, `return`

  init?(name: String) {
    switch name {
    case "view", "view_item", "page", "page_view", "product_viewed", "Product Viewed": self = .view
    case "add_to_cart", "product_added", "Product Added": self = .addToCart
    case "purchase", "order_completed", "Order Completed": self = .purchase
    case "return", "refund", "order_refunded", "Order Refunded": self = .return
    default: return nil
    }
  }
}
