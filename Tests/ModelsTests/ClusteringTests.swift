import BSON
import Models
import MongoTesting
import Store
import Testing

@Suite("Clusterings: train, serve, evaluate")
struct ClusteringTests {
  @Test func `a training gives version 1, which serves at once`() throws {
    let world = try World()
    try world.populateSegments(200)
    let service = world.service()
    defer { service.stop() }
    let job = try service.trained("kmeans", fourClusters)
    #expect(job.string("state") == "succeeded", "\(job)")
    #expect(job.string("version") == "1")
    #expect(job.bool("isDefault") == true)
    #expect(job.double("progress") == 1)
    let model = try service.model("kmeans")
    #expect(model.string("defaultVersionId") == "1")
    let version = try service.version("1", ofModel: "kmeans")
    #expect(version.string("state") == "servable")
    #expect(version.string("id") == "kmeans:1")
    let data = version.document("data")
    #expect(data?.int("customers") == 200)
    #expect(data?.document("imputed")?.int("average_order_value") == 50)
    #expect(data?.date("latestSourceTime") == World.day(50))
    let evaluation = try service.evaluate("1", ofModel: "kmeans")
    #expect(evaluation.double("davies_bouldin_index").map { $0 < 0.5 } == true)
    #expect(evaluation.double("mean_squared_distance").map { $0 < 0.1 } == true)
    let card = try service.card("default", ofModel: "kmeans")
    #expect(card.document("options")?.int("NUM_CLUSTERS") == 4)
    #expect(card.string("algorithm") != nil)
  }

  @Test func `a version is not found before it is servable`() throws {
    let world = try World()
    let service = world.service()
    defer { service.stop() }
    expect(throws: notFound(.model)) { try service.version("1", ofModel: "kmeans") }
    let job = try service.trained("kmeans", fourClusters)
    #expect(job.string("state") == "failed")
    #expect(job.document("error")?.string("code") == "insufficient_data")
    expect(throws: notFound(.version)) { try service.version("1", ofModel: "kmeans") }
    expect(throws: notTrained) { try service.predict("kmeans", instances: instances([instance { _ in }])) }
  }

  @Test func `predictions carry all distances, nearest first, ids from 1`() throws {
    let world = try World()
    try world.populateSegments(200)
    let service = world.service()
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    let answer = try service.predict(
      "kmeans",
      instances: instances([
        instance {
          $0.append("session_count", 60)
          $0.append("total_time_spend_by_user_in_msec", 900_000)
          $0.append("average_order_value", 220)
          $0.append("no_of_orders", 20)
        }, instance { $0.append("customerId", World.id(3)) },
      ]))
    #expect(answer.string("deployedModelId") == "kmeans:1")
    #expect(answer.string("modelVersionId") == "1")
    #expect(answer.string("modelDisplayName") == "kmeans")
    let predictions = answer.array("predictions")?.compactMap(\.documentValue) ?? []
    #expect(predictions.count == 2)
    let ids = predictions[0].array("centroid_ids")?.compactMap(\.intValue) ?? []
    let distances = predictions[0].array("centroid_distances")?.compactMap(\.doubleValue) ?? []
    #expect(ids.sorted() == [1, 2, 3, 4])
    #expect(distances == distances.sorted())
    #expect(predictions[0].int("nearest_centroid_id") == ids.first)
    #expect(predictions[0]["imputed"] == nil)
    // The most valuable cluster is Platinum, the one without orders Bronze.
    let names = try service.centroids("1", ofModel: "kmeans").map { ($0.int("centroid_id"), $0.string("segmentName")) }
    #expect(names.first { $0.0 == predictions[0].int("nearest_centroid_id") }?.1 == "Platinum")
    #expect(names.first { $0.0 == predictions[1].int("nearest_centroid_id") }?.1 == "Bronze")
    #expect(predictions[1].array("imputed")?.compactMap(\.stringValue) == ["average_order_value"])
  }

  @Test func `an instance of the wrong type is refused with its index and field`() throws {
    let world = try World()
    try world.populateSegments(80)
    let service = world.service { $0.instancesMax = 3 }
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    let good = instance { $0.append("session_count", 3) }
    let bad = instance { $0.append("session_count", "three") }
    #expect {
      try service.predict("kmeans", instances: instances([good, bad]))
    } throws: { error in
      guard case .invalidInstance(1, "session_count", _) = error as? ModelsError else { return false }
      return true
    }
    #expect {
      try service.predict("kmeans", instances: BSONArray { $0.append(3) })
    } throws: { error in
      guard case .invalidInstance(0, "", _) = error as? ModelsError else { return false }
      return true
    }
    _ = try service.predict("kmeans", instances: instances([good, good, good]))
    #expect {
      try service.predict("kmeans", instances: instances([good, good, good, good]))
    } throws: { error in
      guard case .tooManyInstances(4, 3) = error as? ModelsError else { return false }
      return true
    }
  }

  @Test func `a user stands for its customer, and features that are given for the customer's`() throws {
    let world = try World()
    try world.populateSegments(80)
    let service = world.service()
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    func nearest(_ instance: BSONDocument) throws -> Int? {
      let answer = try service.predict("kmeans", instances: instances([instance]))
      #expect(answer == (try service.predictFromMemory("kmeans", instances: instances([instance])) ?? answer))
      return answer.array("predictions")?.first { _ in true }?.documentValue?.int("nearest_centroid_id")
    }
    let (customer, other) = (World.id(0), World.id(1))
    let own = try nearest(instance { $0.append("customerId", customer) })
    #expect(try nearest(instance { $0.append("userId", "U" + customer) }) == own)
    let changed = instance {
      $0.append("customerId", customer)
      $0.append("session_count", 25)
      $0.append("total_time_spend_by_user_in_msec", 400_000)
      $0.append("average_order_value", 120)
      $0.append("no_of_orders", 8)
    }
    #expect(try nearest(changed) != own)
    #expect(try nearest(changed) == nearest(instance { $0.append("customerId", other) }))
    for (field, value) in [("userId", "nobody"), ("customerId", "nobody")] {
      expect(
        throws: ErrorPattern { if case .invalidInstance(1, field, "names no customer") = $0 { true } else { false } }
      ) {
        try service.predict(
          "kmeans", instances: instances([instance { _ in }, instance { $0.append(field, value) }]))
      }
    }
  }

  @Test func `a number beyond computing is refused in an instance and counts as missing in a customer`() throws {
    let world = try World()
    try world.populateSegments(80)
    let service = world.service()
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    expect(
      throws: ErrorPattern {
        if case .invalidInstance(1, "no_of_orders", "is too large") = $0 { true } else { false }
      }
    ) {
      try service.predict(
        "kmeans", instances: instances([instance { _ in }, instance { $0.append("no_of_orders", -1e300) }]))
    }
    // One customer of such a number does not keep the others out of their segments.
    let odd = World.customer("odd", sessions: 3, timeMs: 20_000, orderValue: 1e300, orders: 0)
    let plain = World.customer("plain", sessions: 60, timeMs: 900_000, orderValue: 220, orders: 20)
    try world.set([odd, plain])
    let segments = try service.segmentIds(ofCustomersAs: [odd, plain])
    #expect(segments == [["bronze"], ["platinum"]])
  }

  @Test func `a feature that no customer has is named`() throws {
    let world = try World()
    try world.populateSegments(80)
    let service = world.service()
    defer { service.stop() }
    for name in ["no_of_order", "attributes.region", "features.no_of_orders.x"] {
      let job = try service.trained(
        "kmeans", BSONDocument { $0.append("FEATURES", ["no_of_orders", name]) })
      #expect(job.string("state") == "failed", "\(job)")
      #expect(job.document("error")?.string("code") == "invalid_option")
      #expect(job.document("error")?.string("message")?.contains("FEATURES names \(name)") == true, "\(job)")
    }
    // Nobody has ordered, yet everybody has the field: it is imputed and counted.
    try world.set((0..<80).map { World.customer(World.id($0), sessions: $0, timeMs: 0, orderValue: nil, orders: 0) })
    let job = try service.trained(
      "kmeans", BSONDocument { $0.append("FEATURES", ["session_count", "average_order_value"]) })
    #expect(job.string("state") == "succeeded", "\(job)")
    let data = try service.version("1", ofModel: "kmeans").document("data")
    #expect(data?.document("imputed")?.int("average_order_value") == 80)
  }

  @Test func `centroids clearly worse than the live ones do not serve`() throws {
    let world = try World()
    try world.populateSegments(200)
    let service = world.service()
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    // Four places within one group of customers, and one step from there.
    let options = BSONDocument { writer in
      writer.append("KMEANS_INIT_METHOD", "CUSTOM")
      writer.append(
        "CUSTOM_CENTROIDS",
        array: { rows in
          for orders in [20.0, 20.2, 20.4, 20.6] {
            rows.append(array: { for value in [60, 900_000, 220, orders] { $0.append(value) } })
          }
        })
      writer.append("MAX_ITERATIONS", 1)
    }
    let worse = try service.trained("kmeans", options)
    #expect(worse.string("state") == "succeeded", "\(worse)")
    #expect(worse.bool("isDefault") == false, "\(worse)")
    #expect(worse.document("gate")?.string("reason")?.contains("clearly farther") == true, "\(worse)")
    #expect(try service.model("kmeans").string("defaultVersionId") == "1")
    #expect(try service.trained("kmeans", fourClusters, seed: 5).bool("isDefault") == true)
    // Another number of clusters is another question.
    #expect(try service.trained("kmeans", BSONDocument { $0.append("NUM_CLUSTERS", 2) }).bool("isDefault") == true)
  }

  @Test func `centroids stand in the features' own units, with their sizes`() throws {
    let world = try World()
    try world.populateSegments(200)
    let service = world.service()
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    let centroids = try service.centroids("default", ofModel: "kmeans")
    #expect(centroids.map { $0.int("centroid_id") } == [1, 2, 3, 4])
    #expect(centroids.compactMap { $0.int("size") } == [50, 50, 50, 50])
    let platinum = centroids.first { $0.string("segmentName") == "Platinum" }
    let orders = platinum?.array("features")?.compactMap(\.documentValue).first {
      $0.string("feature") == "no_of_orders"
    }
    #expect(orders?.double("numerical_value").map { abs($0 - 20) < 0.01 } == true)
  }

  @Test func `equal data and seed give equal bytes`() throws {
    let world = try World()
    try world.populateSegments(200)
    let service = world.service()
    defer { service.stop() }
    try service.trained("kmeans", fourClusters, seed: 9)
    try service.trained("kmeans", fourClusters, seed: 9)
    let first = try service.version("1", ofModel: "kmeans")
    let second = try service.version("2", ofModel: "kmeans")
    #expect(first.string("checksum") != nil)
    #expect(first.string("checksum") == second.string("checksum"))
    #expect(first.document("metrics") == second.document("metrics"))
  }

  @Test func `features may be any field, texts become categories`() throws {
    let world = try World()
    try world.set(
      (0..<60).map { number in
        BSONDocument { writer in
          writer.append(
            contentsOf: World.customer(
              World.id(number), sessions: number % 2 * 50, timeMs: 0, orderValue: nil, orders: 0))
          writer.append("attributes", document: { $0.append("region", number % 2 == 0 ? "north" : "south") })
        }
      })
    let service = world.service()
    defer { service.stop() }
    let options = BSONDocument {
      $0.append("MODEL_TYPE", "KMEANS")
      $0.append("NUM_CLUSTERS", 2)
      $0.append("FEATURES", ["session_count", "attributes.region"])
    }
    let job = try service.trained("regions", options)
    #expect(job.string("state") == "succeeded", "\(job)")
    let answer = try service.predict(
      "regions",
      instances: instances([
        instance {
          $0.append("session_count", 0)
          $0.append("attributes.region", "north")
        }, instance { $0.append("customerId", World.id(0)) },
      ]))
    let nearest = answer.array("predictions")?.compactMap { $0.documentValue?.int("nearest_centroid_id") } ?? []
    #expect(nearest.count == 2)
    #expect(nearest.first == nearest.last)
  }

  @Test(arguments: [
    ("kmeans", "NUM_CLUSTERS", BSONValue.int32(1)), ("kmeans", "NUM_CLUSTERS", .int32(101)),
    ("kmeans", "KMEANS_INIT_METHOD", .string("BEST")), ("kmeans", "NO_SUCH_OPTION", .int32(1)),
    ("kmeans", "FEATURES", .string("session_count")), ("kmeans", "MODEL_TYPE", .string("PROPHECY")),
    ("matrix_factorization", "NUM_FACTORS", .int32(201)), ("matrix_factorization", "FEEDBACK_TYPE", .string("BOTH")),
    ("something", "NUM_CLUSTERS", .int32(4)),
  ])
  func `a wrong option is refused before there is a job`(model: String, option: String, value: BSONValue) throws {
    let world = try World()
    let service = world.service()
    defer { service.stop() }
    let expected = model == "something" ? "MODEL_TYPE" : option
    #expect {
      try service.train(model, options: BSONDocument { $0.append(option, value) })
    } throws: { error in
      guard case .invalidOption(expected, _) = error as? ModelsError else { return false }
      return true
    }
    #expect(try service.jobs().isEmpty)
  }
}
