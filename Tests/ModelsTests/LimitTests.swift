import BSON
import MongoTesting
import Store
import Testing

@testable import Models

@Suite("Limits, at each and one past it")
struct LimitTests {
  @Test func `so many pairs of customer and product are trained on`() throws {
    let world = try World()
    try world.populateTastes(10)
    // Five visits, some of them to the same product.
    let pairs = try pairCount(world)
    let fits = world.service { $0.interactionsMax = pairs }
    #expect(try fits.trained("matrix_factorization", quickFactors).string("state") == "succeeded")
    fits.stop()
    let bursts = world.service { $0.interactionsMax = pairs - 1 }
    defer { bursts.stop() }
    let job = try bursts.trained("matrix_factorization", quickFactors)
    #expect(job.string("state") == "failed")
    #expect(job.document("error")?.string("code") == "too_much_data")
  }

  private func pairCount(_ world: World) throws -> Int {
    var pairs: Set<String> = []
    try world.store.projections.forEachRollup(deadline: .ofTest) { rollup in
      for product in rollup.products { pairs.insert(rollup.subject + " " + product.productId) }
    }
    return pairs.count
  }

  @Test func `of one customer the strongest products are looked at`() throws {
    let world = try World()
    try world.populateTastes(20)
    let service = world.service { $0.productsPerCustomerMax = 2 }
    defer { service.stop() }
    try service.trained("matrix_factorization", quickFactors)
    let data = try service.card("1", ofModel: "matrix_factorization").document("data")
    #expect(data?.int("interactions") == 40)
  }

  @Test func `so many products are excluded by name`() throws {
    var limits = ModelLimits()
    limits.excludedProductsMax = 3
    var query = RecommendationQuery()
    query.excludedProducts = ["a", "b", "c"]
    try query.check(limits)
    query.excludedProducts.append("d")
    expect(throws: ErrorPattern { if case .invalidParameter("exclude", _) = $0 { true } else { false } }) {
      try query.check(limits)
    }
  }

  @Test(arguments: [(1, true), (100, true), (0, false), (101, false), (-1, false)])
  func `so many products are answered`(count: Int, isTaken: Bool) {
    var query = RecommendationQuery()
    query.count = count
    #expect(((try? query.check(ModelLimits())) != nil) == isTaken)
  }

  @Test func `so many products are in the catalogue`() {
    var catalogue = Catalogue(productsMax: 2, reading: 1)
    for id in ["a", "b", "c", "a"] { catalogue.apply(BSONDocument { $0.append("_id", id) }) }
    #expect(catalogue.ids == ["a", "b"])
    #expect(catalogue.leftOut == 1)
  }

  @Test(arguments: [(100, true), (101, false), (0, false)])
  func `so many features cluster`(count: Int, isTaken: Bool) throws {
    let options = BSONDocument { $0.append("FEATURES", (0..<count).map { "f\($0)" }) }
    let parsed = try TrainingOptions(options, ofModel: ModelName(parsing: "kmeans"))
    let world = try World()
    let training = try? ClusterTraining(
      store: world.store, limits: ModelLimits(), model: ModelName(parsing: "kmeans"), seed: 1, values: parsed.values)
    #expect((training != nil) == isTaken)
  }

  @Test func `options are nested no deeper than centroids need`() throws {
    let name = try ModelName(parsing: "kmeans")
    func nested(_ depth: Int) -> BSONArray {
      BSONArray { if depth > 1 { $0.append(nested(depth - 1)) } else { $0.append(1) } }
    }
    _ = try TrainingOptions(BSONDocument { $0.append("CUSTOM_CENTROIDS", nested(2)) }, ofModel: name)
    expect(throws: ErrorPattern { if case .invalidOption("CUSTOM_CENTROIDS", _) = $0 { true } else { false } }) {
      try TrainingOptions(BSONDocument { $0.append("CUSTOM_CENTROIDS", nested(3)) }, ofModel: name)
    }
  }
}
