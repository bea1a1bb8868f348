import BSON

/// What one subject did on one UTC day, recomputed from its events and orders and never incremented.
///
/// Customer features, implicit strengths and windows are sums over rollups, so that no read and no training ever walks
/// a customer's whole history. Bytes are canonical: equal sources give equal documents.
public struct Rollup: Sendable, Equatable {
  /// Key of the identifier that carried the events and orders.
  public var subject: String
  /// UTC day as yyyymmdd.
  public var day: Int
  /// Distinct events (not rows).
  public var eventCount = 0
  /// Distinct events by name, sorted by name.
  public var eventNames: [EventName] = []
  /// Distinct session ids, sorted.
  public var sessions: [String] = []
  /// Sum of engagementTimeMsec over distinct events, in milliseconds.
  public var engagementMsec: Int64 = 0
  /// Latest source time of the day's events and orders.
  public var lastAt: BSONDate
  /// Earliest source time of the day's events and orders.
  public var firstAt: BSONDate
  /// What events say of products, sorted by product.
  public var products: [ProductActivity] = []
  /// The day's orders, sorted by id.
  public var orders: [OrderEntry] = []
  /// The day's interactions, sorted by id.
  public var contacts: [Contact] = []

  /// Nothing but what is named.
  public init(subject: String, day: Int, at: BSONDate) {
    self.subject = subject
    self.day = day
    firstAt = at
    lastAt = at
  }

  /// How often an event of one name happened.
  public struct EventName: Sendable, Equatable {
    /// The event's name.
    public var name: String
    /// Distinct events.
    public var count: Int

    /// Nothing but what is named.
    public init(name: String, count: Int) {
      self.name = name
      self.count = count
    }
  }

  /// Quantities of one product by kind of event.
  public struct ProductActivity: Sendable, Equatable {
    /// The product.
    public var productId: String
    /// Quantity of views, at least one each.
    public var viewed = 0.0
    /// Quantity put into the cart.
    public var addedToCart = 0.0
    /// Quantity of purchase events that name no order.
    public var purchased = 0.0
    /// Purchase events that name their order: the order wins when it is known.
    public var purchasedInOrders: [OrderedQuantity] = []
    /// Quantity of return and refund events.
    public var returned = 0.0

    /// Nothing but what is named.
    public init(productId: String) { self.productId = productId }
  }

  /// What a purchase event says of an order.
  public struct OrderedQuantity: Sendable, Equatable {
    /// The order.
    public var orderId: String
    /// Pieces.
    public var quantity: Double

    /// Nothing but what is named.
    public init(orderId: String, quantity: Double) {
      self.orderId = orderId
      self.quantity = quantity
    }
  }

  /// One interaction of the day, as far as sums need it.
  public struct Contact: Sendable, Equatable {
    /// The interaction.
    public var id: String
    /// `email`, `call`, …
    public var channel: String
    /// When it was.
    public var at: BSONDate
    /// Score of its text, -1...1, where one is known.
    public var score: Double?

    /// Nothing but what is named.
    public init(id: String, channel: String, at: BSONDate, score: Double?) {
      self.id = id
      self.channel = channel
      self.at = at
      self.score = score
    }
  }

  /// What kind of order it is.
  public enum OrderType: String, Sendable { case purchase, `return`, refund }

  /// One order of the day, as far as sums and models need it.
  public struct OrderEntry: Sendable, Equatable {
    /// The order.
    public var orderId: String
    /// Purchase, return or refund.
    public var type: OrderType
    /// `online` or `store`.
    public var channel: String?
    /// Its date.
    public var at: BSONDate
    /// The amount paid or given back, in `currency`; never negative.
    public var total: Double
    /// ISO 4217 code; nil stands for the one currency.
    public var currency: String?
    /// The coupon used.
    public var coupon: String?
    /// Its products, each once, sorted.
    public var lines: [Line]

    /// Nothing but what is named.
    public init(
      orderId: String, type: OrderType, channel: String?, at: BSONDate, total: Double, currency: String?,
      coupon: String?, lines: [Line]
    ) {
      self.orderId = orderId
      self.type = type
      self.channel = channel
      self.at = at
      self.total = total
      self.currency = currency
      self.coupon = coupon
      self.lines = lines
    }
  }

  /// A product of an order.
  public struct Line: Sendable, Equatable {
    /// The product.
    public var productId: String
    /// Pieces.
    public var quantity: Double

    /// Nothing but what is named.
    public init(productId: String, quantity: Double) {
      self.productId = productId
      self.quantity = quantity
    }
  }

  /// The day leads, so that a day's rollups stand together in the index of ids.
  public static func id(subject: String, day: Int) -> String { "\(day)/\(subject)" }
}

// MARK: - Documents

extension Rollup {
  /// The canonical document.
  public var document: BSONDocument {
    BSONDocument { writer in
      writer.append("_id", Rollup.id(subject: subject, day: day))
      writer.append("subject", subject)
      writer.append("day", Int32(clamping: day))
      writer.append("firstAt", firstAt)
      writer.append("lastAt", lastAt)
      writer.append("events", eventCount)
      writer.append("engagementMsec", engagementMsec)
      writer.append("sessions", sessions)
      writer.append(
        "names",
        array: { array in
          for name in eventNames {
            array.append(
              BSONDocument {
                $0.append("n", name.name)
                $0.append("c", name.count)
              })
          }
        })
      writer.append(
        "products",
        array: { array in for product in products { array.append(product.document) } })
      writer.append("orders", array: { array in for order in orders { array.append(order.document) } })
      if !contacts.isEmpty {
        writer.append("contacts", array: { array in for contact in contacts { array.append(contact.document) } })
      }
    }
  }

  /// Reads a document that `document` made.
  public init?(_ document: BSONDocument) {
    guard let subject = document.string("subject"), let day = document.int("day"),
      let firstAt = document.date("firstAt"), let lastAt = document.date("lastAt")
    else { return nil }
    self.init(subject: subject, day: day, at: firstAt)
    self.lastAt = lastAt
    eventCount = document.int("events") ?? 0
    engagementMsec = Int64(document.int("engagementMsec") ?? 0)
    sessions = document.array("sessions")?.compactMap(\.stringValue) ?? []
    eventNames =
      document.array("names")?.compactMap { value in
        guard let entry = value.documentValue, let name = entry.string("n") else { return nil }
        return EventName(name: name, count: entry.int("c") ?? 0)
      } ?? []
    products = document.array("products")?.compactMap { $0.documentValue.flatMap(ProductActivity.init) } ?? []
    orders = document.array("orders")?.compactMap { $0.documentValue.flatMap(OrderEntry.init) } ?? []
    contacts = document.array("contacts")?.compactMap { $0.documentValue.flatMap(Contact.init) } ?? []
  }
}

extension Rollup.ProductActivity {
  var document: BSONDocument {
    BSONDocument { writer in
      writer.append("p", productId)
      if viewed != 0 { writer.append("v", viewed) }
      if addedToCart != 0 { writer.append("c", addedToCart) }
      if purchased != 0 { writer.append("b", purchased) }
      if returned != 0 { writer.append("r", returned) }
      if !purchasedInOrders.isEmpty {
        writer.append(
          "bo",
          array: { array in
            for entry in purchasedInOrders {
              array.append(
                BSONDocument {
                  $0.append("o", entry.orderId)
                  $0.append("q", entry.quantity)
                })
            }
          })
      }
    }
  }

  init?(_ document: BSONDocument) {
    guard let productId = document.string("p") else { return nil }
    self.init(productId: productId)
    viewed = document.double("v") ?? 0
    addedToCart = document.double("c") ?? 0
    purchased = document.double("b") ?? 0
    returned = document.double("r") ?? 0
    purchasedInOrders =
      document.array("bo")?.compactMap { value in
        guard let entry = value.documentValue, let order = entry.string("o") else { return nil }
        return Rollup.OrderedQuantity(orderId: order, quantity: entry.double("q") ?? 0)
      } ?? []
  }
}

extension Rollup.OrderEntry {
  var document: BSONDocument {
    BSONDocument { writer in
      writer.append("o", orderId)
      writer.append("t", type.rawValue)
      writer.append("at", at)
      writer.append("total", total)
      if let currency { writer.append("cur", currency) }
      if let channel { writer.append("ch", channel) }
      if let coupon { writer.append("coupon", coupon) }
      writer.append(
        "lines",
        array: { array in
          for line in lines {
            array.append(
              BSONDocument {
                $0.append("p", line.productId)
                $0.append("q", line.quantity)
              })
          }
        })
    }
  }

  init?(_ document: BSONDocument) {
    guard let orderId = document.string("o"), let at = document.date("at"),
      let type = document.string("t").flatMap(Rollup.OrderType.init)
    else { return nil }
    self.init(
      orderId: orderId, type: type, channel: document.string("ch"), at: at, total: document.double("total") ?? 0,
      currency: document.string("cur"), coupon: document.string("coupon"),
      lines: document.array("lines")?.compactMap { value in
        guard let line = value.documentValue, let product = line.string("p") else { return nil }
        return Rollup.Line(productId: product, quantity: line.double("q") ?? 0)
      } ?? [])
  }
}

extension Rollup.Contact {
  var document: BSONDocument {
    BSONDocument {
      $0.append("i", id)
      $0.append("c", channel)
      $0.append("t", at)
      if let score { $0.append("s", score) }
    }
  }

  init?(_ document: BSONDocument) {
    guard let id = document.string("i"), let channel = document.string("c"), let at = document.date("t") else {
      return nil
    }
    self.init(id: id, channel: channel, at: at, score: document.double("s"))
  }
}
