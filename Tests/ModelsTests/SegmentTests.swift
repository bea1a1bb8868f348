import BSON
import Models
import MongoTesting
import Store
import Testing

@Suite("Segments and their members")
struct SegmentTests {
  private func counts(_ service: ModelService) throws -> [String: Int] {
    Dictionary(
      uniqueKeysWithValues: try service.segments().map { ($0.string("id") ?? "", $0.int("size") ?? -1) })
  }

  private func segment(of customer: String, _ service: ModelService) throws -> String? {
    try service.memberships(ofCustomer: customer).first?.string("segmentId")
  }

  @Test func `after a training every customer is in one named segment`() throws {
    let world = try World()
    try world.populateSegments(200)
    let service = world.service { $0.customersPerStep = 30 }
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    #expect(try counts(service) == ["platinum": 50, "gold": 50, "silver": 50, "bronze": 50])
    let platinum = try service.segment("platinum")
    #expect(platinum.string("name") == "Platinum")
    #expect(platinum.string("action")?.isEmpty == false)
    #expect(platinum.document("centroid")?.double("no_of_orders").map { abs($0 - 20) < 0.001 } == true)
    #expect(try segment(of: World.id(0), service) == "platinum")
    #expect(try segment(of: World.id(3), service) == "bronze")
    #expect(try service.memberCount(ofSegment: "gold").int("count") == 50)
    expect(throws: notFound(.segment)) { try service.segment("diamond") }
  }

  @Test func `members are listed page by page, each once`() throws {
    let world = try World()
    try world.populateSegments(100)
    let service = world.service()
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    var seen: [String] = []
    var after: String?
    while true {
      let page = try service.members(ofSegment: "silver", after: after, limit: 7)
      seen += page.compactMap { $0.string("customerId") }
      guard let last = page.last?.string("customerId") else { break }
      after = last
    }
    #expect(seen == seen.sorted())
    #expect(seen == (0..<100).filter { $0 % 4 == 2 }.map(World.id))
  }

  @Test func `ids stay what they were over retrainings`() throws {
    let world = try World()
    try world.populateSegments(200)
    let service = world.service()
    defer { service.stop() }
    try service.trained("kmeans", fourClusters, seed: 1)
    let before = try (0..<200).map { try segment(of: World.id($0), service) }
    for seed in 2...4 { try service.trained("kmeans", fourClusters, seed: Int64(seed)) }
    #expect(try service.model("kmeans").string("defaultVersionId") == "4")
    #expect(try (0..<200).map { try segment(of: World.id($0), service) } == before)
  }

  @Test func `a customer that changes is moved`() throws {
    let world = try World()
    try world.populateSegments(100)
    let service = world.service()
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    let rising = World.customer(World.id(3), sessions: 60, timeMs: 900_000, orderValue: 220, orders: 20, at: 55)
    let new = World.customer("c_new", sessions: 25, timeMs: 400_000, orderValue: 120, orders: 8, at: 55)
    try world.set([rising, new], removing: [World.id(7)])
    try service.customersChanged([World.id(3), "c_new", World.id(7)])
    #expect(try segment(of: World.id(3), service) == "platinum")
    #expect(try segment(of: "c_new", service) == "gold")
    #expect(try segment(of: World.id(7), service) == nil)
    #expect(try counts(service) == ["platinum": 26, "gold": 26, "silver": 25, "bronze": 23])
    #expect(try service.memberships(ofCustomer: World.id(3)).first?.date("asOf") == World.day(55))
  }

  @Test func `customers that change while a version is written are in it`() throws {
    let world = try World()
    try world.populateSegments(400)
    let service = world.service { $0.customersPerStep = 10 }
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    let job = try service.train("kmeans", options: fourClusters, seed: 5)
    // One after the other rises to the top while the job runs.
    var risen: [String] = []
    for number in stride(from: 3, to: 400, by: 4) {
      let id = World.id(number)
      try world.set([World.customer(id, sessions: 60, timeMs: 900_000, orderValue: 220, orders: 20)])
      try service.customersChanged([id])
      risen.append(id)
    }
    let end = try service.finished(job)
    #expect(end.string("state") == "succeeded", "\(end)")
    for id in risen { #expect(try segment(of: id, service) == "platinum", "\(id)") }
  }

  @Test func `no reader ever sees a customer without a segment`() throws {
    let world = try World()
    try world.populateSegments(200)
    let service = world.service { $0.customersPerStep = 20 }
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    let job = try service.train("kmeans", options: fourClusters, seed: 2)
    var isRunning = true
    var reads = 0
    while isRunning {
      let state = try service.job(job.string("id") ?? "").string("state").flatMap(JobState.init(rawValue:))
      isRunning = state?.isFinal != true
      for number in stride(from: 0, to: 200, by: 17) {
        #expect(try segment(of: World.id(number), service) != nil)
        reads += 1
      }
      #expect(try counts(service).values.reduce(0, +) == 200)
    }
    #expect(reads > 0)
    #expect(try service.memberships(ofCustomer: World.id(0)).first?.string("version") == "2")
  }

  @Test func `a rollback serves at once and brings its segments with it`() throws {
    let world = try World()
    try world.populateSegments(100)
    let service = world.service()
    defer { service.stop() }
    try service.trained("kmeans", fourClusters, seed: 1)
    let two = BSONDocument { $0.append("NUM_CLUSTERS", 2) }
    try service.trained("kmeans", two, seed: 1)
    #expect(try counts(service).keys.sorted() == ["gold", "platinum"])
    let model = try service.rollback("kmeans")
    #expect(try service.model("kmeans").string("defaultVersionId") == "1")
    let answer = try service.predict("kmeans", instances: instances([instance { $0.append("session_count", 1) }]))
    #expect(answer.string("modelVersionId") == "1")
    let job = BSONDocument { $0.append("id", model.string("jobId") ?? "") }
    #expect(try service.finished(job).string("state") == "succeeded")
    #expect(try counts(service) == ["platinum": 25, "gold": 25, "silver": 25, "bronze": 25])
    expect(throws: notFound(.version)) { try service.setDefault("9", ofModel: "kmeans") }
  }

  @Test func `a clustering with empty clusters does not take the place of a good one`() throws {
    let world = try World()
    try world.populateSegments(100)
    let service = world.service()
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    // Everybody becomes the same: there is nothing to tell apart any more.
    try world.set((0..<100).map { World.customer(World.id($0), sessions: 1, timeMs: 1, orderValue: nil, orders: 0) })
    let job = try service.trained("kmeans", fourClusters)
    #expect(job.string("state") == "succeeded")
    #expect(job.bool("isDefault") == false)
    #expect(job.document("gate")?.bool("passed") == false)
    #expect(try service.model("kmeans").string("defaultVersionId") == "1")
    let answer = try service.predict(
      "kmeans", version: "2", instances: instances([instance { $0.append("session_count", 1) }]))
    #expect(answer.string("modelVersionId") == "2")
  }

  @Test func `what a process left undone is set right at the next start`() throws {
    let world = try World()
    try world.populateSegments(100)
    let first = world.service()
    try first.trained("kmeans", fourClusters)
    first.stop()
    // Customers were written, and then nothing more happened.
    let rising = World.customer(World.id(3), sessions: 60, timeMs: 900_000, orderValue: 220, orders: 20)
    let new = World.customer("c_new", sessions: 25, timeMs: 400_000, orderValue: 120, orders: 8)
    try world.set([rising, new], removing: [World.id(7), World.id(99)])
    let second = world.service {
      $0.generationGraceMs = 0
      $0.customersPerStep = 20
    }
    defer { second.stop() }
    #expect(try eventually { try counts(second) == ["platinum": 26, "gold": 26, "silver": 25, "bronze": 22] })
    #expect(try segment(of: World.id(3), second) == "platinum")
    #expect(try segment(of: World.id(7), second) == nil)
    // The same when a running service is asked to look.
    try world.set([], removing: ["c_new"])
    second.checkOutputs()
    #expect(try eventually { try counts(second)["gold"] == 25 })
  }

  @Test func `generations that nobody reads any more are removed`() throws {
    let world = try World()
    try world.populateSegments(40)
    let service = world.service { $0.generationGraceMs = 0 }
    defer { service.stop() }
    for seed in 1...3 { try service.trained("kmeans", fourClusters, seed: Int64(seed)) }
    let members = world.store.database.collection("segment_members")
    #expect(try eventually { try members.count(deadline: .ofTest) == 40 })
    #expect(try counts(service).values.reduce(0, +) == 40)
  }

  @Test func `an export of segments has every customer once`() throws {
    let world = try World()
    try world.populateSegments(40)
    let service = world.service()
    defer { service.stop() }
    for seed in 1...2 { try service.trained("kmeans", fourClusters, seed: Int64(seed)) }
    var found: [String: String] = [:]
    try world.store.forEachExported(.segments, deadline: .ofTest) { line in
      found[line.string("customerId") ?? ""] = line.string("segmentId")
    }
    #expect(found.count == 40)
    #expect(found[World.id(0)] == "platinum")
  }
}
