import BSON
import Models
import MongoTesting
import Store
import Testing

@Suite("Factorizations: train, serve, evaluate")
struct FactorizationTests {
  @Test func `an implicit model is measured beside popularity on what came later`() throws {
    let world = try World()
    try world.populateTastes(80)
    let service = world.service()
    defer { service.stop() }
    let job = try service.trained("matrix_factorization", quickFactors)
    #expect(job.string("state") == "succeeded", "\(job)")
    let evaluation = try service.evaluate("1", ofModel: "matrix_factorization")
    let baseline = evaluation.document("baseline")?.document("popularity")
    let names = [
      "mean_average_precision", "mean_squared_error", "normalized_discounted_cumulative_gain", "average_rank", "recall",
    ]
    for name in names {
      #expect(evaluation.double(name) != nil, "\(name)")
      #expect(baseline?.double(name) != nil, "\(name)")
    }
    let gain = "normalized_discounted_cumulative_gain"
    #expect(evaluation.double(gain) ?? 0 > baseline?.double(gain) ?? 1)
    let holdout = evaluation.document("holdout")
    #expect(holdout?.string("method") == "TIME")
    #expect(holdout?.date("after").map { $0 > World.day(20) && $0 < World.day(49) } == true)
    let card = try service.card("1", ofModel: "matrix_factorization")
    #expect(card.document("data")?.int("customers") == 80)
    #expect(card.document("data")?.int("products") == 20)
    #expect(card.document("options")?.string("FEEDBACK_TYPE") == "IMPLICIT")
    #expect(card.document("options")?.int("NUM_FACTORS") == 8)
    #expect(card.array("limits")?.isEmpty == false)
  }

  @Test func `equal data and seed give equal bytes, another seed others`() throws {
    let world = try World()
    try world.populateTastes(40)
    let service = world.service()
    defer { service.stop() }
    for seed in [7, 7, 8] { try service.trained("matrix_factorization", quickFactors, seed: Int64(seed)) }
    let sums = try service.versions(ofModel: "matrix_factorization").compactMap { $0.string("checksum") }
    #expect(sums.count == 3)
    #expect(sums[0] == sums[1])
    #expect(sums[0] != sums[2])
  }

  @Test func `predictions are products with confidences, or one number`() throws {
    let world = try World()
    try world.populateTastes(60)
    let service = world.service()
    defer { service.stop() }
    try service.trained("matrix_factorization", quickFactors)
    let answer = try service.predict(
      "matrix_factorization",
      instances: instances([
        instance {
          $0.append("userId", "U" + World.id(0))
          $0.append("n", 3)
        },
        instance {
          $0.append("customerId", World.id(0))
          $0.append("productId", "a1")
        },
        instance {
          $0.append("customerId", World.id(0))
          $0.append("productId", "b1")
        },
        instance { $0.append("userId", "nobody") },
        instance {
          $0.append("userId", "nobody")
          $0.append("productId", "nothing")
        },
      ]))
    let predictions = answer.array("predictions")?.compactMap(\.documentValue) ?? []
    #expect(predictions.count == 5)
    let items = predictions[0].array("items")?.compactMap(\.documentValue) ?? []
    #expect(items.count == 3)
    #expect(items.allSatisfy { $0.string("productId")?.hasPrefix("a") == true })
    #expect(items.allSatisfy { $0.double("predicted_rating_confidence") != nil })
    #expect(predictions[1].count == 1)
    let own = predictions[1].double("predicted_rating_confidence") ?? 0
    let other = predictions[2].double("predicted_rating_confidence") ?? 1
    #expect(own > other)
    #expect(predictions[3].string("fallback") == "popularity")
    #expect(predictions[3].array("items")?.count == 10)
    #expect(predictions[4].string("fallback") == "unknown_product")
  }

  @Test(arguments: [
    ("userId", BSONValue.int32(3)), ("customerId", .bool(true)), ("n", .int32(0)), ("n", .int32(101)),
    ("n", .string("5")), ("productId", .int32(1)), ("other", .int32(1)),
  ])
  func `an instance of the wrong type is refused with its field`(field: String, value: BSONValue) throws {
    let world = try World()
    try world.populateTastes(20)
    let service = world.service()
    defer { service.stop() }
    try service.trained("matrix_factorization", quickFactors)
    let expected = field == "other" ? "userId" : field
    let bad = instance { writer in
      if field != "userId", field != "other" { writer.append("userId", "U1") }
      writer.append(field, value)
    }
    expect(throws: ErrorPattern { if case .invalidInstance(1, expected, _) = $0 { true } else { false } }) {
      try service.predict(
        "matrix_factorization", instances: instances([instance { $0.append("userId", "U1") }, bad]))
    }
  }

  @Test func `ratings alone give an explicit model, users need be no customers`() throws {
    let world = try World()
    // Users of two tastes rate on a scale of five; half of them are customers.
    try world.set(
      (0..<20).map { World.customer(World.id($0), sessions: 1, timeMs: 1, orderValue: nil, orders: 0) })
    var ratings: [(user: String, product: String, rating: Double, day: Int)] = []
    for user in 0..<40 {
      for product in 0..<12 where (user * 7 + product * 3) % 5 != 0 {
        let likes = (user % 2 == 0) == (product < 6)
        ratings.append(("U" + World.id(user), "p\(product)", likes ? 5 : 1, (user * 5 + product * 11) % 50))
      }
    }
    try world.set(ratings: ratings)
    let service = world.service()
    defer { service.stop() }
    let options = BSONDocument {
      $0.append("NUM_FACTORS", 2)
      $0.append("L2_REG", 1)
      $0.append("DATA_SPLIT_METHOD", "NO_SPLIT")
    }
    let job = try service.trained("matrix_factorization", options)
    #expect(job.string("state") == "succeeded", "\(job)")
    let card = try service.card("default", ofModel: "matrix_factorization")
    #expect(card.document("options")?.string("FEEDBACK_TYPE") == "EXPLICIT")
    #expect(card.document("chosenByValidation")?.string("FEEDBACK_TYPE") == "EXPLICIT")
    let evaluation = try service.evaluate("default", ofModel: "matrix_factorization")
    let names = [
      "mean_absolute_error", "mean_squared_error", "mean_squared_log_error", "median_absolute_error", "r2_score",
      "explained_variance",
    ]
    for name in names { #expect(evaluation.double(name) != nil, "\(name)") }
    let baseline = evaluation.document("baseline")?.document("popularity")?.double("mean_squared_error")
    #expect(evaluation.double("mean_squared_error") ?? 9 < baseline ?? 0)
    let answer = try service.predict(
      "matrix_factorization",
      instances: instances(
        [(2, "p1"), (2, "p9"), (33, "p1"), (33, "p9")].map { user, product in
          instance {
            $0.append("userId", "U" + World.id(user))
            $0.append("productId", product)
          }
        }))
    let numbers = answer.array("predictions")?.compactMap { $0.documentValue?.double("predicted_rating") } ?? []
    #expect(numbers.count == 4)
    #expect(numbers[0] > numbers[1] && numbers[3] > numbers[2])
    #expect(numbers.allSatisfy { (1...5).contains($0) })
    // A new rating changes the next answer.
    var query = RecommendationQuery()
    query.excludePurchasedMs = 0
    query.explains = true
    func items() throws -> [BSONDocument] {
      let answer = try service.recommendations(forCustomer: World.id(19), query, now: World.day(60))
      return answer.array("items")?.compactMap(\.documentValue) ?? []
    }
    let before = try items()
    try world.set(ratings: (0..<12).map { ("U" + World.id(19), "p\($0)", $0 < 6 ? 5 : 1, 59) })
    let after = try items()
    #expect(before != after)
    #expect(after.first?.string("productId").map { ("p0"..."p5").contains($0) } == true)
    #expect(after.first?.string("reason") == "because you rated it")
    // Who has rated a product has had it.
    query.excludePurchasedMs = 90 * World.dayMs
    #expect(try items().isEmpty)
  }

  @Test func `a version that ranks worse than the live one does not take its place`() throws {
    let world = try World()
    try world.populateTastes(80)
    let service = world.service()
    defer { service.stop() }
    try service.trained("matrix_factorization", quickFactors)
    // So much regularization that nothing is learned.
    let useless = BSONDocument { writer in
      for element in quickFactors where !element.keyEquals("L2_REG") { writer.append(element) }
      writer.append("L2_REG", 1e8)
    }
    let job = try service.trained("matrix_factorization", useless)
    #expect(job.string("state") == "succeeded", "\(job)")
    #expect(job.document("gate")?.bool("passed") == false, "\(job)")
    #expect(try service.model("matrix_factorization").string("defaultVersionId") == "1")
    #expect(try service.version("2", ofModel: "matrix_factorization").bool("isDefault") == false)
  }

  @Test func `nothing to learn from is said with counts`() throws {
    let world = try World()
    let service = world.service()
    defer { service.stop() }
    let job = try service.trained("matrix_factorization", quickFactors)
    #expect(job.string("state") == "failed")
    #expect(job.document("error")?.string("code") == "insufficient_data")
    expect(throws: notTrained) { try service.recommendations(forCustomer: "c", now: World.day(0)) }
  }
}
