import BSON
import MongoTesting
import Store
import Testing

@testable import Models

@Suite("Export for training, import of what was trained elsewhere")
struct ImportTests {
  @Test func `imported centroids serve as those they were taken from`() throws {
    let world = try World()
    try world.populateSegments(120)
    let service = world.service()
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    let lines = try service.centroids("1", ofModel: "kmeans").map { centroid in
      BSONDocument { writer in
        writer.append(
          "features",
          document: { fields in
            for value in centroid.array("features") ?? BSONArray() {
              guard let feature = value.documentValue, let name = feature.string("feature") else { continue }
              fields.append(name, feature.double("numerical_value") ?? .nan)
            }
          })
      }
    }
    var options = ModelService.ImportOptions()
    options.source = "a test"
    let version = try service.importVersion(of: "other", type: .kmeans, lines: lines, options)
    #expect(version.string("version") == "1" && version.bool("isDefault") == true)
    #expect(try service.card("1", ofModel: "other").string("algorithm") == "k-means, trained with a test")
    let question = instances((0..<120).map { number in instance { $0.append("customerId", World.id(number)) } })
    func nearest(_ model: String) throws -> [Int] {
      try service.predict(model, instances: question).array("predictions")?
        .compactMap { $0.documentValue?.int("nearest_centroid_id") } ?? []
    }
    #expect(try nearest("other") == nearest("kmeans") && nearest("other").count == 120)
    // Its segments are written by a job.
    #expect(try eventually { try service.memberships(ofCustomer: World.id(0)).count == 2 })
  }

  @Test func `imported factors recommend, and wait where a version serves`() throws {
    let world = try World()
    try world.populateTastes(40)
    let service = world.service()
    defer { service.stop() }
    try service.trained("matrix_factorization", quickFactors)
    let lines = ["a", "b"].flatMap { letter in
      (0..<10).map { number in
        BSONDocument {
          $0.append("productId", "\(letter)\(number)")
          $0.append(
            "factors",
            array: {
              $0.append(letter == "a" ? 1.0 : 0.01 * Double(number))
              $0.append(letter == "b" ? 1.0 : 0.01 * Double(number))
            })
        }
      }
    }
    let version = try service.importVersion(of: "matrix_factorization", type: .matrixFactorization, lines: lines)
    #expect(version.string("version") == "2" && version.bool("isDefault") == false)
    #expect(version.document("gate")?.bool("passed") == false)
    expect(throws: ErrorPattern { if case .gateNotPassed = $0 { true } else { false } }) {
      try service.setAlias("default", toVersion: "2", ofModel: "matrix_factorization")
    }
    _ = try service.setAlias("default", toVersion: "2", ofModel: "matrix_factorization", force: true)
    var query = RecommendationQuery()
    query.count = 5
    let answer = try service.recommendations(forCustomer: World.id(0), query, now: World.day(55))
    #expect(answer.string("version") == "2")
    let products = answer.array("items")?.compactMap { $0.documentValue?.string("productId") } ?? []
    #expect(products.count == 5 && products.allSatisfy { $0.hasPrefix("a") }, "\(products)")
    // Of whom nothing is known gets what most customers here took, not the order of the file.
    try world.set([World.customer("c_new", sessions: 0, timeMs: 0, orderValue: nil, orders: 0)])
    let cold = try service.recommendations(forCustomer: "c_new", query, now: World.day(55))
    let scores = cold.array("items")?.compactMap { $0.documentValue?.double("score") } ?? []
    #expect(cold.string("fallback") == "popularity" && scores.count == 5)
    #expect(scores.allSatisfy { $0 > 0 && $0 <= 1 } && scores == scores.sorted(by: >), "\(scores)")
  }

  @Test func `data beyond what a training takes are no obstacle to an import: popularity is that of a part`() throws {
    let world = try World()
    try world.populateTastes(40)
    let service = world.service { limits in
      limits.customersPerStep = 5
      limits.interactionsMax = 10
    }
    defer { service.stop() }
    let lines = ["a", "b"].flatMap { letter in
      (0..<10).map { number in
        BSONDocument {
          $0.append("productId", "\(letter)\(number)")
          $0.append(
            "factors",
            array: {
              $0.append(1.0)
              $0.append(Double(number))
            })
        }
      }
    }
    _ = try service.importVersion(of: "matrix_factorization", type: .matrixFactorization, lines: lines)
    try world.set([World.customer("c_new", sessions: 0, timeMs: 0, orderValue: nil, orders: 0)])
    let cold = try service.recommendations(forCustomer: "c_new", RecommendationQuery(), now: World.day(55))
    let scores = cold.array("items")?.compactMap { $0.documentValue?.double("score") } ?? []
    // The five of the first page have more than ten pairs.
    #expect(!scores.isEmpty && scores.allSatisfy { abs($0 * 5 - ($0 * 5).rounded()) < 1e-5 }, "\(scores)")
    #expect(scores.first.map { $0 > 0 } == true)
  }

  @Test(arguments: [
    (#"[{"productId":"a","factors":[1,2]},{"productId":"a","factors":[1,2]}]"#, "productId"),
    (#"[{"productId":"a","factors":[1,"x"]}]"#, "factors"), (#"[{"factors":[1,2]}]"#, "productId"),
    (#"[{"productId":"a","factors":[1,2]},{"productId":"b","factors":[1]}]"#, "factors"),
    (#"[{"productId":"a","factors":[1,1e300]}]"#, "factors"), (#"[{"productId":"","factors":[1,2]}]"#, "productId"),
    (#"[{"productId":"a","factors":[1]}]"#, "factors"), ("[]", "productId"),
  ])
  func `factors that are none are refused`(lines: String, field: String?) throws {
    let service = try World().service()
    defer { service.stop() }
    let documents = try JSONDecoding.document(from: Array("{\"v\":\(lines)}".utf8).span).array("v")?
      .compactMap(\.documentValue)
    expect(
      throws: ErrorPattern {
        switch $0 {
        case .invalidInstance(_, let name, _): name == field
        case .invalidOption: field == nil
        default: false
        }
      }
    ) {
      try service.importVersion(of: "mf", type: .matrixFactorization, lines: documents ?? [])
    }
  }

  @Test func `centroids of features that nobody has, and factors of products that are none, are refused`() throws {
    let world = try World()
    try world.populateSegments(20)
    try world.set(products: [("p1", "Lamps", 3, true)])
    let service = world.service()
    defer { service.stop() }
    func lines(_ text: String) throws -> [BSONDocument] {
      try JSONDecoding.document(from: Array("{\"v\":[\(text)]}".utf8).span).array("v")?.compactMap(\.documentValue)
        ?? []
    }
    func refused(_ type: ModelType, _ text: String, _ field: String) throws {
      let documents = try lines(text)
      expect(
        throws: ErrorPattern { if case .invalidInstance(_, field, _) = $0 { true } else { false } }
      ) { try service.importVersion(of: "m", type: type, lines: documents) }
    }
    try refused(.kmeans, #"{"features":{"nope":1}},{"features":{"nope":2}}"#, "features/nope")
    try refused(.kmeans, #"{"features":{"no_of_orders":1}}"#, "features")
    try refused(.kmeans, "", "features")
    try refused(.matrixFactorization, #"{"productId":"x","factors":[1,2]}"#, "productId")
    let known = try service.importVersion(
      of: "m", type: .matrixFactorization,
      lines: try lines(#"{"productId":"x","factors":[1,2]},{"productId":"p1","factors":[1,2]}"#))
    #expect(known.document("data")?.int("products") == 2 && known.document("data")?.int("unknownProducts") == 1)
  }

  @Test func `an export holds the strengths and features of a training`() throws {
    let world = try World()
    try world.populateTastes(20)
    let export = TrainingExport(store: world.store)
    var interactions: [BSONDocument] = []
    try export.forEachInteraction { interactions.append($0) }
    let pairs = Set(interactions.map { "\($0.string("customerId") ?? "")/\($0.string("productId") ?? "")" })
    #expect(pairs.count == interactions.count && pairs.count > 80)
    #expect(interactions.allSatisfy { ($0.double("strength") ?? 0) > 0 && $0.date("at") != nil })
    #expect(
      interactions.map { $0.string("customerId") ?? "" } == interactions.map { $0.string("customerId") ?? "" }.sorted())
    let service = world.service()
    defer { service.stop() }
    try service.trained("matrix_factorization", quickFactors)
    let data = try service.card("1", ofModel: "matrix_factorization").document("data")
    #expect(data?.int("interactions") == interactions.count)
    var customers: [BSONDocument] = []
    try export.forEachCustomer { customers.append($0) }
    #expect(customers.count == 20 && customers.allSatisfy { $0.int("session_count") == 5 })
    #expect(customers.allSatisfy { $0["average_order_value"] == .null })
    struct Stop: Error {}
    #expect(throws: Stop.self) { try export.forEachCustomer { _ in throw Stop() } }
  }
}
