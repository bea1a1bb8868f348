import BSON
import Dispatch
import Logging
import Models
import MongoDB
import MongoTesting
import Store

/// A database of its own with customers, rollups and products as the projection would have written them.
struct World {
  /// 2026-03-01T00:00:00Z, the first day of everything.
  static let start: Int64 = 1_772_323_200_000
  static let dayMs: Int64 = 86_400_000

  let store: Store

  init() throws {
    store = Store(try TestDatabase.fresh())
    try store.prepare(deadline: .ofTest)
  }

  /// A service over this world with short waits, started.
  func service(_ adjust: (inout ModelLimits) -> Void = { _ in }) -> ModelService {
    var limits = ModelLimits()
    limits.pollMs = 100
    adjust(&limits)
    var log = Logger(label: "test")
    log.logLevel = .warning
    let service = ModelService(store: store, limits: limits, log: log, clock: { World.day(60) })
    service.start()
    return service
  }

  /// Midnight so many days after the first.
  static func day(_ number: Int) -> BSONDate {
    BSONDate(millisecondsSince1970: start + Int64(number) * dayMs)
  }

  /// The day as rollups name it.
  static func dayName(_ number: Int) -> Int {
    let day = Int(start / dayMs) + number
    let month = UTCDay.month(ofDay: day)
    let first = month / 12 * 10_000 + (month % 12 + 1) * 100 + 1
    return first + day - UTCDay.daysSince1970(of: first)
  }

  // MARK: Writing

  /// Sets a customer whose one user is `U<id>`.
  static func customer(
    _ id: String, sessions: Int, timeMs: Int, orderValue: Double?, orders: Int, at day: Int = 50
  ) -> BSONDocument {
    BSONDocument { writer in
      writer.append("_id", id)
      writer.append("asOf", World.day(day))
      writer.append(
        "features",
        document: { features in
          features.append("session_count", sessions)
          features.append("total_time_spend_by_user_in_msec", timeMs)
          if let orderValue {
            features.append("average_order_value", orderValue)
          } else {
            features.appendNull("average_order_value")
          }
          features.append("no_of_orders", orders)
        })
      writer.append(
        "activity",
        document: {
          $0.append("events", sessions)
          $0.append("firstSeenAt", World.day(0))
          $0.append("lastSeenAt", World.day(day))
        })
      writer.append("subjects", ["user:U\(id)"])
    }
  }

  func set(_ customers: [BSONDocument], removing ids: [String] = []) throws {
    try store.projections.set(customers: customers, removing: ids, deadline: .ofTest)
    let assignments = customers.compactMap { $0.string("_id") }.map {
      IdentifierAssignment(key: "user:U\($0)", customerId: $0)
    }
    try store.projections.assign(assignments, deadline: .ofTest)
  }

  /// A day of a customer's only user.
  static func rollup(_ customer: String, day: Int, _ fill: (inout Rollup) -> Void) -> Rollup {
    let noon = BSONDate(millisecondsSince1970: World.day(day).millisecondsSince1970 + dayMs / 2)
    var rollup = Rollup(subject: "user:U\(customer)", day: dayName(day), at: noon)
    fill(&rollup)
    return rollup
  }

  func set(_ rollups: [Rollup]) throws {
    for chunk in rollups.chunked(1000) { try store.projections.set(chunk, removing: [], deadline: .ofTest) }
  }

  func set(products: [(id: String, category: String, price: Double, inStock: Bool)]) throws {
    let items = products.map { product in
      VersionedItem(
        id: product.id,
        content: BSONDocument {
          $0.append("productId", product.id)
          $0.append("productName", "Name of \(product.id)")
          $0.append("category", product.category)
          $0.append("price", product.price)
          $0.append("inStock", product.inStock)
        }, updatedAt: nil)
    }
    _ = try store.products.upsert(items, deadline: .ofTest)
  }

  func set(ratings: [(user: String, product: String, rating: Double, day: Int)]) throws {
    let items = ratings.map { rating in
      VersionedItem(
        id: "\(rating.user)/\(rating.product)",
        content: BSONDocument {
          $0.append("userId", rating.user)
          $0.append("productId", rating.product)
          $0.append("rating", rating.rating)
          $0.append("at", World.day(rating.day))
        }, updatedAt: nil)
    }
    for chunk in items.chunked(1000) { _ = try store.ratings.upsert(chunk, deadline: .ofTest) }
  }
}

// MARK: - Ready-made populations

extension World {
  /// Four kinds of customers that nobody could confuse, `count` in all; the first of each four is worth the most.
  func populateSegments(_ count: Int) throws {
    let kinds: [(sessions: Int, timeMs: Int, orderValue: Double?, orders: Int)] = [
      (60, 900_000, 220, 20), (25, 400_000, 120, 8), (12, 150_000, 60, 2), (3, 20_000, nil, 0),
    ]
    try set(
      (0..<count).map { number in
        let kind = kinds[number % 4]
        return World.customer(
          World.id(number), sessions: kind.sessions + number / 4 % 3, timeMs: kind.timeMs + number / 4 % 7 * 1000,
          orderValue: kind.orderValue.map { $0 + Double(number / 4 % 5) }, orders: kind.orders)
      })
  }

  /// Customers of two tastes: even ones take up products `a0…a9`, odd ones `b0…b9`, some on each day from 0 to 49.
  func populateTastes(_ count: Int) throws {
    try set(
      (0..<count).map {
        World.customer(World.id($0), sessions: 5, timeMs: 1000, orderValue: nil, orders: 0)
      })
    var rollups: [Rollup] = []
    for number in 0..<count {
      let letter = number % 2 == 0 ? "a" : "b"
      for step in 0..<5 {
        let product = "\(letter)\((number / 2 * 3 + step * 7) % 10)"
        rollups.append(
          World.rollup(World.id(number), day: (number + step * 11) % 50) { rollup in
            var activity = Rollup.ProductActivity(productId: product)
            activity.viewed = 2
            if step == 0 { activity.addedToCart = 1 }
            rollup.products = [activity]
          })
      }
    }
    // Two visits of one customer on one day are one rollup.
    var merged: [String: Rollup] = [:]
    for rollup in rollups {
      let id = Rollup.id(subject: rollup.subject, day: rollup.day)
      merged[id, default: rollup].products = (merged[id]?.products ?? []) + rollup.products
    }
    try set(Array(merged.values))
    try set(
      products: ["a", "b"].flatMap { letter in
        (0..<10).map { ("\(letter)\($0)", letter == "a" ? "Apples" : "Bananas", Double($0) + 1, true) }
      })
  }

  /// Buyers of 200 days: even ones buy every eight days or so to the end, odd ones stop somewhere. Amounts grow with the number.
  func populateBuyers(_ count: Int) throws {
    try set(
      (0..<count).map { World.customer(World.id($0), sessions: 5, timeMs: 1000, orderValue: 20, orders: 5, at: 199) })
    var rollups: [Rollup] = []
    for number in 0..<count {
      let last = number % 2 == 0 ? 199 : 20 + number * 37 % 150
      var day = number % 8
      var order = 0
      while day <= last {
        rollups.append(World.purchase(World.id(number), day: day, order: "o\(number)-\(order)", number: number))
        order += 1
        day += 6 + (number + order * 3) % 5
      }
    }
    try set(rollups)
    try set(products: (0..<10).map { ("p\($0)", $0 < 5 ? "Apples" : "Bananas", 10, true) })
  }

  /// A day with one session and one order of a customer.
  static func purchase(_ customer: String, day: Int, order: String, number: Int) -> Rollup {
    rollup(customer, day: day) { rollup in
      rollup.eventCount = 3
      rollup.sessions = ["s\(day)"]
      rollup.engagementMsec = 5000
      rollup.eventNames = [.init(name: number % 3 == 0 ? "wish" : "view_item", count: 3)]
      rollup.orders = [
        .init(
          orderId: order, type: .purchase, channel: number % 5 == 0 ? "store" : "online", at: rollup.lastAt,
          total: Double(10 + number % 50), currency: "EUR", coupon: nil,
          lines: [.init(productId: "p\(number % 10)", quantity: 1)])
      ]
    }
  }

  static func id(_ number: Int) -> String {
    let digits = String(number)
    return "c_" + String(repeating: "0", count: max(0, 5 - digits.utf8.count)) + digits
  }
}

// MARK: - Jobs

/// Options that spare a test the search for better ones.
let quickFactors = BSONDocument {
  $0.append("FEEDBACK_TYPE", "IMPLICIT")
  $0.append("NUM_FACTORS", 8)
  $0.append("L2_REG", 0.01)
  $0.append("WALS_ALPHA", 10)
  $0.append("HYBRID", false)
  $0.append("MAX_ITERATIONS", 6)
}

let fourClusters = BSONDocument {
  $0.append("NUM_CLUSTERS", 4)
  $0.append("NUM_INIT", 3)
}

extension ModelService {
  /// Waits for a job's end.
  func finished(_ job: BSONDocument) throws -> BSONDocument {
    let id = job.string("id") ?? ""
    let patience = Deadline.after(milliseconds: 90_000)
    while !patience.hasPassed {
      let now = try self.job(id)
      if let state = now.string("state").flatMap(JobState.init(rawValue:)), state.isFinal { return now }
      // Nothing is measured by this pause; it only spares the database.
      _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(20))
    }
    return try self.job(id)
  }

  /// Trains and waits.
  @discardableResult
  func trained(_ model: String, _ options: BSONDocument = BSONDocument(), seed: Int64? = nil) throws -> BSONDocument {
    try finished(try train(model, options: options, seed: seed))
  }
}

/// `[{…}]` as a request holds it.
func instances(_ documents: [BSONDocument]) -> BSONArray {
  BSONArray { for document in documents { $0.append(document) } }
}

func instance(_ build: (inout BSONWriter) -> Void) -> BSONDocument { BSONDocument(build) }

/// Waits until something holds, looking every few milliseconds; false when it never did.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
  let patience = Deadline.after(milliseconds: 60_000)
  while !patience.hasPassed {
    if try condition() { return true }
    _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(20))
  }
  return try condition()
}
