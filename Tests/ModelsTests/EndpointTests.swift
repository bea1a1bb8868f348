import BSON
import MongoTesting
import Store
import Testing

@testable import Models

/// `{version: percent}`.
private func split(_ shares: (String, Int)...) -> BSONDocument {
  BSONDocument { fields in for (version, percent) in shares { fields.append(version, percent) } }
}

@Suite("Traffic splits")
struct TrafficSplitTests {
  private func endpoint(_ shares: BSONDocument, id: String = "kmeans") throws -> Endpoint {
    try Endpoint(id: ModelName(parsing: id), trafficSplit: shares, shadow: nil, model: "kmeans")
  }

  @Test func `calls without a customer are spread by percent`() throws {
    let endpoint = try endpoint(split(("1", 90), ("2", 10)))
    let calls = (0..<100).map { endpoint.version(ofCall: $0) }
    #expect(calls.count { $0 == "kmeans:1" } == 90)
    #expect(calls.prefix(20).contains("kmeans:2"))
    #expect(Endpoint(endpoint.document) == endpoint)
  }

  @Test func `customers are spread by percent and stay where they are`() throws {
    let (half, more) = (try endpoint(split(("1", 50), ("2", 50))), try endpoint(split(("1", 60), ("2", 40))))
    let customers = (0..<10_000).map { "c_\($0)" }
    let before = customers.map { half.version(ofCustomer: $0) }
    let after = customers.map { more.version(ofCustomer: $0) }
    #expect(abs(before.count { $0 == "kmeans:1" } - 5000) < 200)
    #expect(abs(after.count { $0 == "kmeans:1" } - 6000) < 200)
    // Nobody moves away from the version that grows.
    #expect(!zip(before, after).contains { $0 == "kmeans:1" && $1 == "kmeans:2" })
    // Two endpoints split independently.
    let other = try endpoint(split(("1", 50), ("2", 50)), id: "other")
    let agree = zip(before, customers.map { other.version(ofCustomer: $0) }).count { $0 == $1 }
    #expect(abs(agree - 5000) < 300)
  }

  @Test(arguments: [[("1", 50)], [("1", 50), ("2", 60)], [("1", -1), ("2", 101)], [], [("1", 50), ("kmeans:1", 50)]])
  func `a split that is none is refused`(shares: [(String, Int)]) throws {
    let body = BSONDocument { fields in for (version, percent) in shares { fields.append(version, percent) } }
    expect(throws: ErrorPattern { if case .invalidField("trafficSplit", _) = $0 { true } else { false } }) {
      try endpoint(body)
    }
  }
}

@Suite("Endpoints")
struct EndpointTests {
  private let world: World
  private let service: ModelService

  init() throws {
    world = try World()
    try world.populateSegments(100)
    service = world.service()
    for seed in 1...2 { try service.trained("kmeans", fourClusters, seed: Int64(seed)) }
  }

  private func asked(_ customers: [String]) -> BSONArray {
    instances(customers.map { id in instance { $0.append("customerId", id) } })
  }

  @Test func `an endpoint shares calls between versions`() throws {
    defer { service.stop() }
    let question = instances([instance { $0.append("session_count", 12) }])
    #expect(try service.predict(endpoint: "kmeans", instances: question).string("modelVersionId") == "2")
    _ = try service.setEndpoint("shop", trafficSplit: split(("kmeans:1", 25), ("kmeans:2", 75)))
    var calls: [String: Int] = [:]
    for _ in 0..<100 {
      calls[try service.predict(endpoint: "shop", instances: question).string("modelVersionId") ?? "", default: 0] += 1
    }
    #expect(calls == ["1": 25, "2": 75])
    #expect(try service.endpoints().count == 1)
    expect(throws: notFound(.version)) { try service.setEndpoint("shop", trafficSplit: split(("kmeans:7", 100))) }
    try service.removeEndpoint("shop")
    expect(throws: notFound(.endpoint)) { try service.predict(endpoint: "shop", instances: question) }
  }

  @Test func `a customer is answered by one version, alone or among others`() throws {
    defer { service.stop() }
    _ = try service.setEndpoint("shop", trafficSplit: split(("kmeans:1", 50), ("kmeans:2", 50)))
    let customers = (0..<40).map(World.id)
    let alone = try customers.map {
      try service.predict(endpoint: "shop", instances: asked([$0])).string("deployedModelId") ?? ""
    }
    #expect(Set(alone) == ["kmeans:1", "kmeans:2"])
    let together = try service.predict(endpoint: "shop", instances: asked(customers))
    let predictions = together.array("predictions")?.compactMap(\.documentValue) ?? []
    #expect(predictions.compactMap { $0.string("deployedModelId") } == alone)
    #expect(together.string("deployedModelId") == alone[0])
    // The order of answers is that of the instances.
    for (customer, prediction) in zip(customers, predictions) {
      let direct = try service.predict(
        "kmeans", version: String(prediction.string("deployedModelId")?.last ?? "0"), instances: asked([customer]))
      let expected = direct.array("predictions")?.first { _ in true }?.documentValue
      #expect(prediction.int("nearest_centroid_id") == expected?.int("nearest_centroid_id"))
    }
    expect(
      throws: ErrorPattern { if case .invalidInstance(39, "customerId", _) = $0 { true } else { false } }
    ) { try service.predict(endpoint: "shop", instances: asked(customers.dropLast() + ["nobody"])) }
  }

  @Test func `a shadow answers nobody and its agreement is reported`() throws {
    defer { service.stop() }
    try service.trained("kmeans", BSONDocument { $0.append("NUM_CLUSTERS", 2) })
    _ = try service.setEndpoint("shop", trafficSplit: split(("kmeans:1", 100)), shadow: "kmeans:2")
    let customers = (0..<20).map(World.id)
    for customer in customers {
      #expect(
        try service.predict(endpoint: "shop", instances: asked([customer])).string("deployedModelId") == "kmeans:1")
    }
    let report = try #require(try service.shadowReports(ofEndpoint: "shop").first)
    #expect(report.string("deployedModelId") == "kmeans:1" && report.string("shadow") == "kmeans:2")
    #expect(report.int("calls") == 20 && report.int("instances") == 20 && report.int("failed") == 0)
    // The same four kinds of customers under the same names.
    #expect(report.double("agreement") == 1)
    // Two clusters cannot name four segments.
    _ = try service.setEndpoint("shop", trafficSplit: split(("kmeans:1", 100)), shadow: "kmeans:3")
    for customer in customers { _ = try service.predict(endpoint: "shop", instances: asked([customer])) }
    let reports = try service.shadowReports(ofEndpoint: "shop")
    #expect(reports.count == 2 && (reports.last?.double("agreement") ?? 1) < 1)
    try service.removeEndpoint("shop")
    expect(throws: notFound(.endpoint)) { try service.shadowReports(ofEndpoint: "shop") }
  }

  @Test func `aliases name versions, and exactly one is the default`() throws {
    defer { service.stop() }
    let model = try service.setAlias("champion", toVersion: "1", ofModel: "kmeans")
    #expect(model.document("aliases")?.string("champion") == "1")
    #expect(try service.version("champion", ofModel: "kmeans").string("version") == "1")
    let answer = try service.predict("kmeans", version: "champion", instances: asked([World.id(0)]))
    #expect(answer.string("modelVersionId") == "1")
    _ = try service.setAlias("champion", toVersion: "default", ofModel: "kmeans")
    #expect(try service.version("champion", ofModel: "kmeans").string("version") == "2")
    _ = try service.setAlias("default", toVersion: "1", ofModel: "kmeans")
    #expect(try service.model("kmeans").string("defaultVersionId") == "1")
    #expect(try service.versions(ofModel: "kmeans").count { $0.bool("isDefault") == true } == 1)
    #expect(try service.removeAlias("champion", ofModel: "kmeans").document("aliases")?.string("champion") == nil)
    expect(throws: notFound(.alias)) { try service.removeAlias("champion", ofModel: "kmeans") }
    for name in ["default", "previous"] {
      expect(throws: ErrorPattern { if case .aliasReserved = $0 { true } else { false } }) {
        try service.removeAlias(name, ofModel: "kmeans")
      }
    }
    for name in ["", "1", "A", "$set", "a.b", String(repeating: "a", count: 64)] {
      expect(throws: ErrorPattern { if case .invalidParameter("alias", _) = $0 { true } else { false } }) {
        try service.setAlias(name, toVersion: "1", ofModel: "kmeans")
      }
    }
  }

  @Test func `a plan says what a training would hold, and one that is too large is refused`() throws {
    defer { service.stop() }
    let plan = try service.plan("kmeans", options: fourClusters)
    #expect(plan.document("counts")?.int("customers") == 100 && plan.bool("fits") == true)
    let parts = plan.array("parts")?.compactMap { $0.documentValue?.int("bytes") } ?? []
    #expect(plan.int("memoryBytes") == parts.reduce(0, +) && plan.int("memoryBytes") ?? 0 > 100 * 4 * 8)
    let other = try World()
    try other.populateSegments(20)
    let small = other.service { $0.trainingBytesMax = 1000 }
    defer { small.stop() }
    let job = try small.trained("kmeans", fourClusters)
    #expect(job.document("error")?.string("code") == "too_much_memory", "\(job)")
    expect(throws: ErrorPattern { if case .invalidOption("NUM_CLUSTERS", _) = $0 { true } else { false } }) {
      try small.plan("kmeans", options: BSONDocument { $0.append("NUM_CLUSTERS", 1) })
    }
  }

  @Test func `whoever asks for it has stored segments compared with the customers`() throws {
    defer { service.stop() }
    let gone = World.id(3)
    try world.store.projections.set(customers: [], removing: [gone], deadline: .ofTest)
    #expect(try !service.memberships(ofCustomer: gone).isEmpty)
    try world.store.registry.requestOutputsCheck(at: World.day(61), deadline: .ofTest)
    #expect(try eventually { try service.memberships(ofCustomer: gone).isEmpty })
  }
}
