import BSON
import Locks
import Logging
import MongoTesting
import Store
import Testing

@testable import Models

@Suite("Drift, schedules, retention")
struct UpkeepOfModelsTests {
  @Test func `customers like those of the training have not drifted`() throws {
    let world = try World()
    try world.populateSegments(200)
    let service = world.service()
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    let report = try service.drift("kmeans")
    #expect(report.string("level") == "stable" && report.double("clusterStabilityIndex") == 0, "\(report)")
    let features = report.array("features")?.compactMap(\.documentValue) ?? []
    #expect(features.compactMap { $0.string("feature") } == FeatureReader.defaultNames)
    #expect(features.allSatisfy { $0.double("stabilityIndex") == 0 && $0.double("meanThen") == $0.double("meanNow") })
    let orderValue = features.first { $0.string("feature") == "average_order_value" }
    #expect(orderValue?.double("missingThen") == 0.25 && orderValue?.double("missingNow") == 0.25)
  }

  @Test func `customers who have changed are seen to have drifted`() throws {
    let world = try World()
    try world.populateSegments(200)
    let service = world.service()
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    // Half of all customers become like the best.
    let changed = (0..<100).map {
      World.customer(World.id($0), sessions: 60, timeMs: 900_000, orderValue: 220, orders: 20)
    }
    try world.set(changed)
    try service.customersChanged(changed.compactMap { $0.string("_id") })
    let report = try service.drift("kmeans")
    #expect(report.string("level") == "significant", "\(report)")
    let clusters = report.array("clusters")?.compactMap(\.documentValue) ?? []
    #expect(clusters.first?.string("segmentId") == "platinum")
    #expect(clusters.first?.double("shareThen") == 0.25 && clusters.first?.double("shareNow") == 0.625)
  }

  @Test(arguments: ["churn", "propensity", "rfm", "clv"])
  func `buyers who come in later are seen to have drifted`(model: String) throws {
    let world = try World()
    try world.populateBuyers(120)
    let service = world.service()
    defer { service.stop() }
    let job = try service.trained(model)
    #expect(job.string("state") == "succeeded", "\(job)")
    func report() throws -> (level: String?, features: [String: Double]) {
      let report = try service.drift(model)
      var features: [String: Double] = [:]
      for feature in report.array("features")?.compactMap(\.documentValue) ?? [] {
        features[feature.string("feature") ?? ""] = feature.double("stabilityIndex")
      }
      #expect(report.int("customers") ?? 0 >= 120 && report["clusters"] == nil)
      return (report.string("level"), features)
    }
    let before = try report().features
    #expect(before.values.allSatisfy { $0 == 0 } && before.count >= 3, "\(before)")
    // As many again who bought once, for little, on the last day.
    try world.set((120..<240).map { World.customer(World.id($0), sessions: 1, timeMs: 1, orderValue: 1, orders: 1) })
    try world.set((120..<240).map { World.purchase(World.id($0), day: 199, order: "late\($0)", number: 0) })
    let after = try report()
    #expect(after.level == "significant")
    let frequency = ["churn", "propensity"].contains(model) ? "events" : "purchase_days"
    #expect(after.features[frequency] ?? 0 > max(0.25, before[frequency] ?? 0), "\(after)")
  }

  @Test func `new tastes are seen to have drifted, imports have no baseline`() throws {
    let world = try World()
    try world.populateTastes(60)
    let service = world.service()
    defer { service.stop() }
    try service.trained("matrix_factorization", quickFactors)
    let before = try service.drift("matrix_factorization")
    #expect(before.string("level") == "stable", "\(before)")
    #expect(
      before.array("features")?.compactMap { $0.documentValue?.string("feature") }
        == ["products_per_customer", "product"])
    var rollups: [Rollup] = []
    for number in 0..<60 {
      for day in 40..<49 {
        rollups.append(
          World.rollup(World.id(number), day: day) { rollup in
            var fashion = Rollup.ProductActivity(productId: "fashion\(day)")
            fashion.viewed = 3
            rollup.products = [fashion]
          })
      }
    }
    try world.set(rollups)
    #expect(try service.drift("matrix_factorization").string("level") == "significant")
    let line = BSONDocument { writer in
      writer.append("productId", "a0")
      writer.append("factors", array: { for value in [1.0, 2.0] { $0.append(value) } })
    }
    _ = try service.importVersion(of: "away", type: .matrixFactorization, lines: [line])
    expect(throws: ErrorPattern { if case .invalidParameter("model", _) = $0 { true } else { false } }) {
      try service.drift("away")
    }
  }

  @Test(arguments: [
    ([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10], 11), ([1, 1, 1, 1], 2), ([.nan, .nan], 2), ([0, 0, 0, 5, .nan], 3),
  ])
  func `a profile's parts hold every value once`(values: [Double], parts: Int) {
    let profile = FeatureProfile("x", .numeric(values))
    #expect(profile.parts.count == parts, "\(profile)")
    #expect(abs(profile.parts.reduce(0) { $0 + $1.share } - 1) < 1e-12)
    #expect(profile.shares(of: .numeric(values)) == profile.parts.map(\.share))
    #expect(FeatureProfile(profile.document)?.parts.map(\.share) == profile.parts.map(\.share))
    #expect(profile.shares(of: .categorical(["a"])) == nil)
  }

  @Test func `categories that nobody knew are a part of their own`() {
    let profile = FeatureProfile("x", .categorical(["a", "a", "b", nil]))
    #expect(profile.parts.map(\.share) == [0.25, 0.5, 0.25, 0])
    #expect(profile.shares(of: .categorical(["c", "c", "a", nil])) == [0.25, 0.25, 0, 0.5])
    #expect(PopulationStability.index(then: [0.5, 0.5], now: [0.5, 0.5]) == 0)
    #expect(PopulationStability.level(PopulationStability.index(then: [0.5, 0.5], now: [0.9, 0.1])) == "significant")
  }

  @Test func `a schedule trains again when its time has come, once`() throws {
    let world = try World()
    try world.populateSegments(80)
    let now = Guarded(World.day(60))
    var limits = ModelLimits()
    limits.pollMs = 50
    let services = (0..<2).map { _ in
      ModelService(store: world.store, limits: limits, log: Logger(label: "test"), clock: { now.withLock { $0 } })
    }
    for service in services { service.start() }
    defer { for service in services { service.stop() } }
    let service = services[0]
    try service.trained("kmeans", fourClusters)
    let schedule = try service.setSchedule("7d", options: fourClusters, ofModel: "kmeans")
    #expect(schedule.int("everySeconds") == 604_800 && schedule.date("nextAt") == World.day(67))
    now.withLock { $0 = World.day(68) }
    #expect(
      try eventually {
        try service.jobs(ofModel: "kmeans").contains {
          $0.bool("isScheduled") == true && $0.string("state") == "succeeded"
        }
      })
    #expect(try service.versions(ofModel: "kmeans").compactMap { $0.string("version") } == ["1", "2"])
    #expect(try service.jobs(ofModel: "kmeans").count { $0.bool("isScheduled") == true } == 1)
    #expect(try service.schedule(ofModel: "kmeans").date("nextAt") == World.day(75))
    try service.removeSchedule(ofModel: "kmeans")
    expect(throws: notFound(.schedule)) { try service.schedule(ofModel: "kmeans") }
    for span in ["", "7", "59m", "-1d", "1y"] {
      expect(throws: ErrorPattern { if case .invalidField("every", _) = $0 { true } else { false } }) {
        try service.setSchedule(span, ofModel: "kmeans")
      }
    }
    expect(throws: ErrorPattern { if case .invalidOption("NUM_CLUSTERS", _) = $0 { true } else { false } }) {
      try service.setSchedule("7d", options: BSONDocument { $0.append("NUM_CLUSTERS", 1) }, ofModel: "kmeans")
    }
  }

  @Test func `old versions go, those in use stay`() throws {
    let world = try World()
    try world.populateSegments(80)
    let service = world.service { $0.versionsKept = 2 }
    defer { service.stop() }
    for seed in 1...2 { try service.trained("kmeans", fourClusters, seed: Int64(seed)) }
    _ = try service.setAlias("first", toVersion: "1", ofModel: "kmeans")
    for seed in 3...5 { try service.trained("kmeans", fourClusters, seed: Int64(seed)) }
    #expect(try service.versions(ofModel: "kmeans").compactMap { $0.string("version") } == ["1", "4", "5"])
    _ = try service.removeAlias("first", ofModel: "kmeans")
    try service.trained("kmeans", fourClusters, seed: 6)
    #expect(try service.versions(ofModel: "kmeans").compactMap { $0.string("version") } == ["5", "6"])
    expect(throws: notFound(.version)) {
      try service.predict("kmeans", version: "1", instances: instances([instance { _ in }]))
    }
    #expect(try service.model("kmeans").document("aliases")?.string("previous") == "5")
    _ = try service.rollback("kmeans")
  }

  @Test func `diversity puts products of other kinds into the list`() throws {
    let world = try World()
    try world.populateTastes(80)
    // One customer likes both kinds, apples a little more.
    try world.set([World.customer("c_both", sessions: 5, timeMs: 1000, orderValue: nil, orders: 0)])
    try world.set(
      [("a0", 6.0), ("a1", 6), ("b0", 3)].enumerated().map { index, liked in
        World.rollup("c_both", day: 40 + index) { rollup in
          var activity = Rollup.ProductActivity(productId: liked.0)
          activity.viewed = liked.1
          rollup.products = [activity]
        }
      })
    let service = world.service()
    defer { service.stop() }
    try service.trained("matrix_factorization", quickFactors)
    func apples(_ diversity: Double) throws -> Int {
      var query = RecommendationQuery()
      query.count = 6
      query.diversity = diversity
      let answer = try service.recommendations(forCustomer: "c_both", query, now: World.day(55))
      let products = answer.array("items")?.compactMap { $0.documentValue?.string("productId") } ?? []
      #expect(products.count == 6 && Set(products).count == 6)
      return products.count { $0.hasPrefix("a") }
    }
    let plain = try apples(0)
    let varied = try apples(0.7)
    #expect(abs(varied - 3) <= abs(plain - 3) && (plain != 6 || varied < 6), "\(plain) \(varied)")
    var wrong = RecommendationQuery()
    wrong.diversity = 1.5
    expect(throws: ErrorPattern { if case .invalidParameter("diversity", _) = $0 { true } else { false } }) {
      try service.recommendations(forCustomer: "c_both", wrong, now: World.day(55))
    }
  }
}
