import Testing

@testable import MachineLearning

@Suite struct KMeansTests {
  /// `k` round heaps of `perCluster` rows, 10 apart.
  private func heaps(_ k: Int, perCluster: Int, width: Int = 3, seed: UInt64 = 1) throws -> FeatureTable {
    var random = SeededRandom(seed: seed)
    var columns = [[Double]](repeating: [], count: width)
    for row in 0..<(k * perCluster) {
      for column in 0..<width {
        columns[column].append(random.gaussian() + (column == 0 ? 10 * Double(row % k) : 0))
      }
    }
    return try FeatureTable(columns.enumerated().map { ("f\($0.offset)", .numeric($0.element)) })
  }

  private func options(_ values: [String: OptionValue]) throws -> KMeansOptions { try KMeansOptions(parsing: values) }

  @Test func `separate heaps are found whatever the seed`() throws {
    let table = try heaps(4, perCluster: 40)
    for seed in 0..<10 {
      let training = try KMeans.train(
        table, options: options(["NUM_CLUSTERS": 4, "STANDARDIZE_FEATURES": false]), seed: UInt64(seed))
      let ids = training.assignment.centroidIDs
      #expect(training.metrics.clusterSizes == [40, 40, 40, 40])
      #expect(ids.indices.allSatisfy { ids[$0] == ids[$0 % 4] })
    }
  }

  @Test func `every row carries its nearest centroid`() throws {
    let table = try heaps(3, perCluster: 70, seed: 5)
    let training = try KMeans.train(table, options: options(["NUM_CLUSTERS": 7]), seed: 3)
    let predictions = try training.model.predict(table)
    #expect(predictions.map(\.nearestCentroidID) == training.assignment.centroidIDs)
    #expect(predictions.map { $0.distances[0] } == training.assignment.distances)
    #expect(predictions.allSatisfy { $0.distances == $0.distances.sorted() && $0.centroidIDs.sorted() == Array(1...7) })
  }

  @Test(arguments: [KMeansOptions.Distance.euclidean, .cosine])
  func `any number of threads gives the same bytes`(_ distance: KMeansOptions.Distance) throws {
    let table = try heaps(5, perCluster: 4000)
    var options = try options(["NUM_CLUSTERS": 6, "NUM_INIT": 2])
    options.distance = distance
    let one = try KMeans.train(table, options: options, seed: 9)
    let three = try KMeans.train(table, options: options, seed: 9, context: TrainingContext(threads: 3))
    #expect(one.model.serialized() == three.model.serialized())
    #expect(one.assignment == three.assignment)
  }

  @Test func `a stored model comes back equal, and broken bytes throw`() throws {
    let table = try FeatureTable([
      ("n", .numeric([1, .nan, 3, 9, 8, 7])), ("c", .categorical(["x", nil, "y", "y", "x", "x"])),
    ])
    let model = try KMeans.train(table, options: options(["NUM_CLUSTERS": 2]), seed: 1).model
    let bytes = model.serialized()
    #expect(try KMeansModel(serialized: bytes) == model)
    for length in 0..<bytes.count {
      #expect(throws: MachineLearningError.self) { try KMeansModel(serialized: Array(bytes.prefix(length))) }
    }
    #expect(throws: MachineLearningError.self) { try KMeansModel(serialized: bytes + [0]) }
  }

  @Test func `NULL numbers become the mean and are counted, NULL categories stand for themselves`() throws {
    let table = try FeatureTable([
      ("n", .numeric([1, .nan, 3, .nan])), ("c", .categorical(["b", nil, "a", "b"])),
    ])
    let encoder = FeatureEncoder(fitting: table, standardizing: false, centering: false)
    #expect(encoder.imputedCounts == [2, 0])
    #expect(encoder.outputNames == ["n", "c=NULL", "c=a", "c=b"])
    let matrix = try encoder.encode(table)
    #expect(Array(matrix.row(1)) == [2, 1, 0, 0])
    let unseen = try encoder.encode(FeatureTable([("c", .categorical(["zzz"])), ("n", .numeric([5]))]))
    #expect(Array(unseen.row(0)) == [5, 0, 0, 0])
  }

  @Test func `standardized columns have mean 0 and deviation 1, constant ones are 0`() throws {
    let table = try FeatureTable([("a", .numeric([1, 2, 3, 4])), ("b", .numeric([7, 7, 7, 7]))])
    let matrix = try FeatureEncoder(fitting: table, standardizing: true, centering: true).encode(table)
    let column = (0..<4).map { Double(matrix[$0, 0]) }
    #expect(abs(column.reduce(0, +)) < 1e-6)
    #expect(abs(column.reduce(0) { $0 + $1 * $1 } / 4 - 1) < 1e-6)
    #expect((0..<4).allSatisfy { matrix[$0, 1] == 0 })
  }

  @Test func `custom centroids start where they are told, in the table's units`() throws {
    let table = try heaps(2, perCluster: 30)
    let training = try KMeans.train(
      table,
      options: options([
        "KMEANS_INIT_METHOD": "CUSTOM",
        "CUSTOM_CENTROIDS": .list([.list([.double(10), .int(0), .int(0)]), .list([.int(0), .int(0), .int(0)])]),
      ]), seed: 1)
    #expect(training.model.centroidValues[0][0] > 5)
    #expect(training.assignment.centroidIDs[0] == 2)
  }

  @Test func `a warm start keeps the ids`() throws {
    let table = try heaps(3, perCluster: 50)
    let first = try KMeans.train(table, options: options(["NUM_CLUSTERS": 3, "STANDARDIZE_FEATURES": false]), seed: 1)
    let second = try KMeans.train(
      heaps(3, perCluster: 50, seed: 2), options: options(["WARM_START": true]), seed: 99, warmStart: first.model)
    #expect(second.assignment.centroidIDs == first.assignment.centroidIDs)
  }

  @Test func `cosine distance is sqrt of 1 - cos`() throws {
    let table = try FeatureTable([("x", .numeric([1, 2, 0, 0, -1])), ("y", .numeric([0, 0, 1, 3, 0]))])
    var options = try options(["NUM_CLUSTERS": 3, "STANDARDIZE_FEATURES": false])
    options.distance = .cosine
    let training = try KMeans.train(table, options: options, seed: 1)
    #expect(training.assignment.distances.allSatisfy { $0 < 1e-3 })
    let prediction = try training.model.predict(FeatureTable([("x", .numeric([5, 0])), ("y", .numeric([0, 0]))]))
    #expect(prediction[0].distances.map { ($0 * $0 * 1000).rounded() } == [0, 1000, 2000])
    #expect(prediction[1].distances.allSatisfy { $0 == 1 })
  }

  @Test func `more clusters than different rows leave nothing undefined`() throws {
    let table = try FeatureTable([("x", .numeric([1, 1, 1, 2]))])
    let training = try KMeans.train(table, options: options(["NUM_CLUSTERS": 3]), seed: 1)
    #expect(training.metrics.meanSquaredDistance == 0)
    #expect(training.metrics.daviesBouldinIndex.isFinite)
  }

  @Test(
    arguments: [
      (["NUM_CLUSTERS": 1], "NUM_CLUSTERS"), (["NUM_CLUSTERS": 101], "NUM_CLUSTERS"),
      (["NUM_CLUSTERS": "3"], "NUM_CLUSTERS"),
      (["DISTANCE_TYPE": "L1"], "DISTANCE_TYPE"), (["MIN_REL_PROGRESS": -1], "MIN_REL_PROGRESS"),
      (["EARLY_STOP": 1], "EARLY_STOP"),
      (["NUMCLUSTERS": 3], "NUMCLUSTERS"), (["KMEANS_INIT_METHOD": "CUSTOM"], "CUSTOM_CENTROIDS"),
    ] as [([String: OptionValue], String)])
  func `a wrong option is named`(_ values: [String: OptionValue], _ name: String) {
    let error = #expect(throws: MachineLearningError.self) { try KMeansOptions(parsing: values) }
    guard case .invalidOption(let named, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(named == name)
  }

  @Test func `too few rows and cancellation throw`() throws {
    let table = try FeatureTable([("x", .numeric([1, 2]))])
    #expect(throws: MachineLearningError.tooLittleData(needed: 3, found: 2, unit: "rows")) {
      try KMeans.train(table, options: options(["NUM_CLUSTERS": 3]), seed: 1)
    }
    #expect(throws: MachineLearningError.cancelled) {
      try KMeans.train(
        table, options: options(["NUM_CLUSTERS": 2]), seed: 1, context: TrainingContext(isCancelled: { true }))
    }
  }
}
