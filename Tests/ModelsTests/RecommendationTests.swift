import BSON
import Models
import MongoTesting
import Store
import Testing

@Suite("Recommendations")
struct RecommendationTests {
  private let now = World.day(60)

  private func products(_ answer: BSONDocument) -> [String] {
    answer.array("items")?.compactMap { $0.documentValue?.string("productId") } ?? []
  }

  private func world() throws -> (World, ModelService) {
    let world = try World()
    try world.populateTastes(60)
    let service = world.service()
    return (world, service)
  }

  @Test func `a customer is offered what suits`() throws {
    let (_, service) = try world()
    defer { service.stop() }
    let job = try service.trained("matrix_factorization", quickFactors)
    #expect(job.string("state") == "succeeded", "\(job)")
    var query = RecommendationQuery()
    query.count = 5
    query.explains = true
    let answer = try service.recommendations(forCustomer: World.id(0), query, now: now)
    let items = answer.array("items")?.compactMap(\.documentValue) ?? []
    #expect(items.count == 5)
    #expect(items.allSatisfy { $0.string("productId")?.hasPrefix("a") == true })
    #expect(items.map { $0.int("rank") } == [1, 2, 3, 4, 5])
    let scores = items.compactMap { $0.double("score") }
    #expect(scores == scores.sorted(by: >))
    #expect(items.allSatisfy { $0.string("source") == "factorization" })
    #expect(items.allSatisfy { $0.string("reason")?.hasPrefix("because you ") == true })
    #expect(items[0].string("productName") == "Name of \(products(answer)[0])")
    #expect(answer.string("model") == "matrix_factorization")
    #expect(answer.string("version") == "1")
    #expect(answer.date("generatedAt") == now)
    #expect(answer["fallback"] == .null)
    expect(throws: notFound(.customer)) { try service.recommendations(forCustomer: "c_nobody", now: now) }
  }

  @Test func `a new event changes the next answer without a training`() throws {
    let (world, service) = try world()
    defer { service.stop() }
    try service.trained("matrix_factorization", quickFactors)
    let before = try service.recommendations(forCustomer: World.id(0), now: now)
    #expect(products(before).first?.hasPrefix("a") == true)
    try world.set([
      World.rollup(World.id(0), day: 55) { rollup in
        rollup.products = (0..<4).map { number in
          var activity = Rollup.ProductActivity(productId: "b\(number)")
          activity.addedToCart = 5
          return activity
        }
      }
    ])
    let after = try service.recommendations(forCustomer: World.id(0), now: now)
    #expect(products(after).first?.hasPrefix("b") == true)
    #expect(products(after) != products(before))
    #expect(after.string("version") == before.string("version"))
  }

  @Test func `a customer of whom nothing is known is offered what is popular`() throws {
    let (world, service) = try world()
    defer { service.stop() }
    try service.trained("matrix_factorization", quickFactors)
    try world.set([World.customer("c_new", sessions: 0, timeMs: 0, orderValue: nil, orders: 0)])
    var query = RecommendationQuery()
    query.explains = true
    let answer = try service.recommendations(forCustomer: "c_new", query, now: now)
    #expect(answer.string("fallback") == "popularity")
    let items = answer.array("items")?.compactMap(\.documentValue) ?? []
    #expect(items.count == 10)
    #expect(items.allSatisfy { $0.string("source") == "popularity" && $0.string("reason") != nil })
  }

  @Test func `an export of recommendations has every customer once, of the version that is read`() throws {
    let (world, service) = try world()
    defer { service.stop() }
    for seed in 1...2 { try service.trained("matrix_factorization", quickFactors, seed: Int64(seed)) }
    var found: [String: BSONDocument] = [:]
    try world.store.forEachExported(.recommendations, deadline: .ofTest) { line in
      #expect(found.updateValue(line, forKey: line.string("customerId") ?? "") == nil)
    }
    #expect(found.count == 60)
    #expect(found.values.allSatisfy { $0.string("generation") == "matrix_factorization:2" && !$0.contains("state") })
    let stored = try service.storedRecommendations(forCustomer: World.id(0), now: now)
    #expect(found[World.id(0)]?.array("items") == stored.array("items"))
  }

  @Test(arguments: ["IMPLICIT", "EXPLICIT"])
  func `a customer of whom only the segment is known is offered what is popular there`(feedback: String) throws {
    let (world, service) = try world()
    defer { service.stop() }
    // Buyers of apples come often, those of bananas seldom: two segments.
    try world.set(
      (0..<60).map {
        World.customer(
          World.id($0), sessions: $0 % 2 == 0 ? 40 : 2, timeMs: 1000, orderValue: nil, orders: $0 % 2 == 0 ? 20 : 1)
      })
    try service.trained(
      "kmeans",
      BSONDocument {
        $0.append("NUM_CLUSTERS", 2)
        $0.append("FEATURES", ["session_count", "no_of_orders"])
      })
    // They say so too: of all tastes' ratings at large none would come before the other.
    try world.set(
      ratings: (0..<60).flatMap { user in
        (0..<20).map { number in
          let letter = number % 2 == 0 ? "a" : "b"
          return (
            user: "U\(World.id(user))", product: "\(letter)\(number / 2)", rating: number % 2 == user % 2 ? 5.0 : 2.0,
            day: number
          )
        }
      })
    try service.trained(
      "matrix_factorization",
      BSONDocument {
        $0.append("FEEDBACK_TYPE", feedback)
        $0.append("NUM_FACTORS", 4)
        $0.append("L2_REG", 0.02)
      })
    try world.set([
      World.customer("c_often", sessions: 41, timeMs: 1000, orderValue: nil, orders: 20),
      World.customer("c_seldom", sessions: 2, timeMs: 1000, orderValue: nil, orders: 1),
    ])
    try service.customersChanged(["c_often", "c_seldom"])
    var query = RecommendationQuery()
    query.count = 5
    query.explains = true
    for (customer, letter) in [("c_often", "a"), ("c_seldom", "b")] {
      let answer = try service.recommendations(forCustomer: customer, query, now: now)
      #expect(answer.string("fallback") == "popularity")
      #expect(products(answer).count == 5 && products(answer).allSatisfy { $0.hasPrefix(letter) }, "\(answer)")
      let items = answer.array("items")?.compactMap(\.documentValue) ?? []
      #expect(items.allSatisfy { $0.string("reason") == "popular with customers like you" })
      let stored = try service.storedRecommendations(forCustomer: customer, now: now)
      #expect(products(stored).prefix(5).allSatisfy { $0.hasPrefix(letter) })
    }
  }

  @Test func `who met only new products is offered what is popular of their category first`() throws {
    let (world, service) = try world()
    defer { service.stop() }
    try service.trained("matrix_factorization", quickFactors)
    try world.set(products: [("b_new", "Bananas", 3, true)])
    try world.set([World.customer("c_curious", sessions: 1, timeMs: 10, orderValue: nil, orders: 0)])
    try world.set([
      World.rollup("c_curious", day: 56) { rollup in
        var activity = Rollup.ProductActivity(productId: "b_new")
        activity.viewed = 2
        rollup.products = [activity]
      }
    ])
    var query = RecommendationQuery()
    query.count = 12
    query.explains = true
    // The catalogue follows within a second.
    #expect(
      try eventually {
        try products(service.recommendations(forCustomer: "c_curious", query, now: now)).prefix(10).allSatisfy {
          $0.hasPrefix("b")
        }
      })
    let answer = try service.recommendations(forCustomer: "c_curious", query, now: now)
    #expect(answer.string("fallback") == "popularity" && Set(products(answer)).count == 12)
    let reasons = answer.array("items")?.compactMap { $0.documentValue?.string("reason") } ?? []
    #expect(reasons.first?.contains("category") == true && reasons.last?.contains("category") == false)
  }

  @Test func `of ratings too, who rated nothing yet is offered what is popular where they looked`() throws {
    let (world, service) = try world()
    defer { service.stop() }
    try world.set(
      ratings: (0..<60).flatMap { user in
        (0..<20).map { number in
          (
            user: "U\(World.id(user))", product: "\(number % 2 == 0 ? "a" : "b")\(number / 2)",
            rating: number % 2 == 0 ? 5.0 : 3.0, day: number
          )
        }
      })
    try service.trained(
      "matrix_factorization",
      BSONDocument {
        $0.append("FEEDBACK_TYPE", "EXPLICIT")
        $0.append("NUM_FACTORS", 4)
        $0.append("L2_REG", 0.02)
      })
    try world.set([World.customer("c_curious", sessions: 1, timeMs: 10, orderValue: nil, orders: 0)])
    var query = RecommendationQuery()
    query.count = 5
    query.explains = true
    // Everybody likes apples better, and so it is as long as nothing is known.
    #expect(
      products(try service.recommendations(forCustomer: "c_curious", query, now: now)).allSatisfy { $0.hasPrefix("a") })
    try world.set([
      World.rollup("c_curious", day: 56) { rollup in
        var activity = Rollup.ProductActivity(productId: "b3")
        activity.viewed = 1
        rollup.products = [activity]
      }
    ])
    let answer = try service.recommendations(forCustomer: "c_curious", query, now: now)
    #expect(products(answer).count == 5 && products(answer).allSatisfy { $0.hasPrefix("b") })
    let reasons = answer.array("items")?.compactMap { $0.documentValue?.string("reason") } ?? []
    #expect(reasons.count == 5 && reasons.allSatisfy { $0.contains("category") })
  }

  @Test func `what was bought lately is left out, unless it is asked for`() throws {
    let (world, service) = try world()
    defer { service.stop() }
    try service.trained("matrix_factorization", quickFactors)
    try world.set([
      World.rollup(World.id(0), day: 52) { rollup in
        rollup.orders = [
          .init(
            orderId: "o1", type: .purchase, channel: nil, at: rollup.lastAt, total: 3, currency: nil, coupon: nil,
            lines: [.init(productId: "a1", quantity: 1)])
        ]
      }
    ])
    #expect(!products(try service.recommendations(forCustomer: World.id(0), now: now)).contains("a1"))
    var query = RecommendationQuery()
    query.excludePurchasedMs = 0
    #expect(products(try service.recommendations(forCustomer: World.id(0), query, now: now)).contains("a1"))
    query.excludePurchasedMs = 90 * World.dayMs
    #expect(!products(try service.recommendations(forCustomer: World.id(0), query, now: World.day(142))).contains("a1"))
    #expect(products(try service.recommendations(forCustomer: World.id(0), query, now: World.day(143))).contains("a1"))
  }

  @Test func `category, price, stock and names filter`() throws {
    let (world, service) = try world()
    defer { service.stop() }
    try service.trained("matrix_factorization", quickFactors)
    func ask(_ change: (inout RecommendationQuery) -> Void) throws -> [String] {
      var query = RecommendationQuery()
      query.count = 20
      change(&query)
      return products(try service.recommendations(forCustomer: World.id(0), query, now: now))
    }
    #expect(Set(try ask { $0.category = "Bananas" }) == Set((0..<10).map { "b\($0)" }))
    #expect(try ask { $0.category = "Cherries" }.isEmpty)
    #expect(Set(try ask { $0.priceMax = 2 }) == ["a0", "a1", "b0", "b1"])
    #expect(!(try ask { $0.excludedProducts = ["a3", "zz"] }).contains("a3"))
    try world.set(products: [("a4", "Apples", 5, false), ("c0", "Cherries", 3, true)])
    #expect(try eventually { try !ask { _ in }.contains("a4") })
    #expect(try ask { $0.inStockOnly = false }.contains("a4"))
    // A product that nobody has met fills up at the end.
    #expect(try eventually { try ask { _ in }.last == "c0" })
    #expect(try world.store.products.delete(id: "a5", deadline: .ofTest))
    #expect(try eventually { try !ask { $0.inStockOnly = false }.contains("a5") })
    for count in [0, 101] {
      expect(throws: ErrorPattern { if case .invalidParameter("n", _) = $0 { true } else { false } }) {
        try ask { $0.count = count }
      }
    }
  }

  @Test func `products that go with a product are of its kind`() throws {
    let (_, service) = try world()
    defer { service.stop() }
    try service.trained("matrix_factorization", quickFactors)
    var query = RecommendationQuery()
    query.count = 4
    let answer = try service.similarProducts(to: "b2", query)
    #expect(products(answer).count == 4)
    #expect(products(answer).allSatisfy { $0.hasPrefix("b") && $0 != "b2" })
    expect(throws: notFound(.product)) { try service.similarProducts(to: "nothing") }
  }

  @Test func `the stored top ten follow the customer and the version`() throws {
    let (world, service) = try world()
    defer { service.stop() }
    expect(throws: notTrained) { try service.storedRecommendations(forCustomer: World.id(0), now: now) }
    try service.trained("matrix_factorization", quickFactors)
    let stored = try world.store.outputs.recommendations(
      of: World.id(0), generation: "matrix_factorization:1", deadline: .ofTest)
    #expect(stored?.array("items")?.count == 10)
    let answer = try service.storedRecommendations(forCustomer: World.id(0), now: World.day(61))
    #expect(answer.date("generatedAt") == World.day(60), "as stored by the training")
    #expect(products(answer).count == 10)
    // A customer that changed gets new ones, which are stored.
    try world.set([World.customer(World.id(0), sessions: 6, timeMs: 1000, orderValue: nil, orders: 0, at: 59)])
    let fresh = try service.storedRecommendations(forCustomer: World.id(0), now: World.day(62))
    #expect(fresh.date("generatedAt") == World.day(62))
    #expect(try service.storedRecommendations(forCustomer: World.id(0), now: World.day(63)) == fresh)
    // So does a new one.
    try world.set([World.customer("c_new", sessions: 1, timeMs: 1, orderValue: nil, orders: 0)])
    #expect(try service.storedRecommendations(forCustomer: "c_new", now: now).string("fallback") == "popularity")
    // A customer that is gone leaves nothing.
    try world.set([], removing: [World.id(1)])
    try service.customersChanged([World.id(1)])
    #expect(
      try world.store.outputs.recommendations(
        of: World.id(1), generation: "matrix_factorization:1", deadline: .ofTest) == nil)
  }

  @Test func `no reader of stored recommendations ever sees none`() throws {
    let (world, service) = try world()
    defer { service.stop() }
    try service.trained("matrix_factorization", quickFactors)
    let job = try service.train("matrix_factorization", options: quickFactors, seed: 2)
    var isRunning = true
    var versions: Set<String> = []
    while isRunning {
      let state = try service.job(job.string("id") ?? "").string("state").flatMap(JobState.init(rawValue:))
      isRunning = state?.isFinal != true
      // What readers follow is complete at any moment.
      let generation = try service.model("matrix_factorization").string("outputs") ?? ""
      versions.insert(generation)
      for number in stride(from: 0, to: 60, by: 7) {
        let found = try world.store.outputs.recommendations(
          of: World.id(number), generation: generation, deadline: .ofTest)
        #expect(found?.array("items")?.count == 10)
      }
    }
    #expect(try service.job(job.string("id") ?? "").string("version") == "2")
    #expect(versions.contains("matrix_factorization:1"))
    #expect(try service.storedRecommendations(forCustomer: World.id(0), now: now).string("version") == "2")
  }
}
