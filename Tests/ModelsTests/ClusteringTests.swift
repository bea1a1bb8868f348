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
