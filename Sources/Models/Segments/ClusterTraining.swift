import BSON
import MachineLearning
import MongoDB
import Store

/// Trains k-means on the features of all customers.
struct ClusterTraining {
  let store: Store
  let limits: ModelLimits
  let model: ModelName
  let seed: UInt64
  let options: KMeansOptions
  let reader: FeatureReader
  private let values: [String: OptionValue]
  private let search: HyperparameterSearch?
  /// Whether `FEATURES` were named by the caller, who may have misspelt one.
  private let hasGivenFeatures: Bool

  /// Reads the options: those of the learning library, and `FEATURES`, the names of what to cluster by.
  init(
    store: Store, limits: ModelLimits, model: ModelName, seed: UInt64, values: [String: OptionValue],
    search: HyperparameterSearch? = nil
  ) throws(ModelsError) {
    var values = values
    var names = FeatureReader.defaultNames
    let given = values.removeValue(forKey: "FEATURES")
    if let given { names = try Self.featureNames(given) }
    hasGivenFeatures = given != nil
    self.store = store
    self.limits = limits
    self.model = model
    self.seed = seed
    let rest = values
    options = try learning { () throws(MachineLearningError) in try KMeansOptions(parsing: rest) }
    reader = FeatureReader(names: names)
    self.values = rest
    self.search = search
  }

  private static func featureNames(_ value: OptionValue) throws(ModelsError) -> [String] {
    let wrong = ModelsError.invalidOption(
      name: "FEATURES", reason: "must be a list of 1...\(FeatureReader.namesMax) different names")
    guard case .list(let list) = value, (1...FeatureReader.namesMax).contains(list.count) else { throw wrong }
    var names: [String] = []
    for item in list {
      guard case .string(let name) = item, !name.isEmpty, !names.contains(name) else { throw wrong }
      names.append(name)
    }
    return names
  }

  /// Reads all customers and trains. `live` is the version that serves: where a warm start begins and whose names stay.
  func run(live: LoadedVersion?, handle: JobHandle) throws(ModelsError) -> TrainedVersion {
    let data = try read(handle)
    handle.report("training", 0.3)
    let table = try learning { () throws(MachineLearningError) in try data.columns.table() }
    let (training, trials) = try train(table, live: live, handle)
    let segments = SegmentNaming.segments(
      of: clusters(training, values: data.values), model: model.string, previous: live?.clusters?.segments ?? [])
    return TrainedVersion(
      bytes: training.model.serialized(),
      algorithm: "k-means (Lloyd) from the best of several greedy k-means++ starts, features "
        + (options.standardizesFeatures ? "standardized" : "as they are"),
      options: optionDocument(clusterCount: training.model.clusterCount),
      chosen: BSONDocument { writer in
        if search != nil { writer.append("NUM_CLUSTERS", training.model.clusterCount) }
      },
      data: data.summary(of: training.model.encoder), metrics: Self.metrics(training), baseline: nil, holdout: nil,
      verdict: try Self.verdict(training, table, live: live?.clusters?.model),
      limits: [
        "Describes the customers there were at training; a new kind of customer joins the nearest cluster.",
        "Missing numbers stand at the mean of training; data.imputed says how many.",
        "Distances are in standardized units when features are standardized.",
      ],
      extra: BSONDocument { writer in
        writer.append("segments", segments.map(\.document))
        writer.append(
          "profiles", zip(table.names, table.columns).map { FeatureProfile($0, $1).document })
        if !trials.isEmpty { writer.append("trials", Trial.documents(trials)) }
      })
  }

  /// One training, or one for each trial, of which the one with the least Davies–Bouldin index stays.
  private func train(
    _ table: FeatureTable, live: LoadedVersion?, _ handle: JobHandle
  ) throws(ModelsError) -> (KMeansTraining, [Trial]) {
    let warmStart = live?.clusters?.model
    let points = search?.points(seed: seed) ?? [[:]]
    var best: KMeansTraining?
    var bestTrial = 0
    var trials: [Trial] = []
    for (index, point) in points.enumerated() {
      let (from, to) = (Double(index) / Double(points.count), Double(index + 1) / Double(points.count))
      let context = handle.context(
        "training", 0.3 + 0.3 * from...0.3 + 0.3 * to, threads: limits.trainingThreads)
      let training = try learning { () throws(MachineLearningError) in
        let options = point.isEmpty ? options : try KMeansOptions(parsing: values.merging(point) { $1 })
        return try KMeans.train(table, options: options, seed: seed, context: context, warmStart: warmStart)
      }
      trials.append(Trial(point: point, objective: training.metrics.daviesBouldinIndex))
      if best == nil || training.metrics.daviesBouldinIndex < trials[bestTrial].objective {
        (best, bestTrial) = (training, index)
      }
    }
    guard let best else { throw .invalidOption(name: "NUM_TRIALS", reason: "leaves nothing to try") }
    trials[bestTrial].isBest = true
    return (best, search == nil ? [] : trials)
  }

  // MARK: Data

  /// The table, and what is said of it.
  private struct Data {
    var columns: FeatureColumns
    /// average_order_value · no_of_orders of each customer, 0 without orders.
    var values: [Double] = []
    var firstSeen: BSONDate?
    var lastSeen: BSONDate?

    func summary(of encoder: FeatureEncoder) -> BSONDocument {
      BSONDocument { writer in
        writer.append("customers", values.count)
        if let firstSeen { writer.append("from", firstSeen) }
        if let lastSeen { writer.append("until", lastSeen) }
        if let lastSeen { writer.append("latestSourceTime", lastSeen) }
        writer.append(
          "imputed",
          document: { imputed in
            for (name, count) in zip(encoder.names, encoder.imputedCounts) { imputed.append(name, count) }
          })
      }
    }
  }

  private func read(_ handle: JobHandle) throws(ModelsError) -> Data {
    let expected = try reading { () throws(StoreError) in
      try store.projections.customerCount(deadline: .after(milliseconds: limits.jobStepTimeoutMs))
    }
    var data = Data(columns: FeatureColumns(names: reader.names))
    var unseen = hasGivenFeatures ? reader.names : []
    try CustomerPages(store: store, limits: limits, readsWhole: !reader.readsFeaturesOnly).forEach(handle) {
      page throws(ModelsError) in
      for customer in page {
        do throws(FeatureColumns.ColumnMismatch) {
          try data.columns.append { FeatureReader.value($0, ofCustomer: customer) }
        } catch {
          throw .invalidOption(name: "FEATURES", reason: "\(error.field) \(error.reason) for every customer")
        }
        unseen.removeAll { FeatureReader.isNamed($0, inCustomer: customer) }
        let features = customer.document("features")
        data.values.append((features?.double("average_order_value") ?? 0) * (features?.double("no_of_orders") ?? 0))
        let activity = customer.document("activity")
        if let first = activity?.date("firstSeenAt") { data.firstSeen = data.firstSeen.map { min($0, first) } ?? first }
        if let last = activity?.date("lastSeenAt") { data.lastSeen = data.lastSeen.map { max($0, last) } ?? last }
      }
      handle.report("reading", 0.3 * Double(data.values.count) / Double(max(1, expected)))
    }
    if let name = unseen.first, !data.values.isEmpty {
      throw .invalidOption(name: "FEATURES", reason: "names \(name), which no customer has")
    }
    return data
  }

  // MARK: What is said of the clusters

  private func clusters(_ training: KMeansTraining, values: [Double]) -> [SegmentNaming.Cluster] {
    var sums = [Double](repeating: 0, count: training.model.clusterCount)
    for (id, value) in zip(training.assignment.centroidIDs, values) { sums[id - 1] += value }
    return training.metrics.clusterSizes.enumerated().map { cluster, size in
      SegmentNaming.Cluster(
        centroidId: cluster + 1, size: size, meanValue: sums[cluster] / Double(max(1, size)),
        centroid: ClusterModel.centre(training.model, cluster))
    }
  }

  private static func metrics(_ training: KMeansTraining) -> BSONDocument {
    BSONDocument {
      $0.append("davies_bouldin_index", training.metrics.daviesBouldinIndex)
      $0.append("mean_squared_distance", training.metrics.meanSquaredDistance)
    }
  }

  /// How much farther from their centroids customers may lie than by the live version, in squares.
  private static let clearLossFactor = 1.1

  /// It must be a clustering, and of the same features and number of clusters not clearly farther from today's customers than the live
  /// version's centroids are.
  private static func verdict(
    _ training: KMeansTraining, _ table: FeatureTable, live: KMeansModel?
  ) throws(ModelsError) -> GateVerdict {
    let empty = training.metrics.clusterSizes.count { $0 == 0 }
    if empty > 0 {
      return GateVerdict(passed: false, reason: "\(empty) of \(training.metrics.clusterSizes.count) clusters are empty")
    }
    guard training.metrics.daviesBouldinIndex.isFinite, training.metrics.meanSquaredDistance.isFinite else {
      return GateVerdict(passed: false, reason: "the metrics are not finite")
    }
    let found = training.metrics.meanSquaredDistance
    if let live = live?.inSpace(of: training.model) {
      let bar = try learning { () throws(MachineLearningError) in try live.evaluate(table).meanSquaredDistance }
      let isNear = found <= clearLossFactor * bar
      return GateVerdict(
        passed: isNear,
        reason: "customers lie \(isNear ? "about as near to" : "clearly farther from") its centroids "
          + "\(isNear ? "as to" : "than from") the live version's: mean squared distance \(found) against \(bar)")
    }
    return GateVerdict(passed: true, reason: "every cluster has members and the metrics are finite")
  }

  private func optionDocument(clusterCount: Int) -> BSONDocument {
    BSONDocument { writer in
      writer.append("MODEL_TYPE", ModelType.kmeans.rawValue)
      writer.append("NUM_CLUSTERS", clusterCount)
      writer.append("KMEANS_INIT_METHOD", options.initialization.rawValue)
      writer.append("DISTANCE_TYPE", options.distance.rawValue)
      writer.append("STANDARDIZE_FEATURES", options.standardizesFeatures)
      writer.append("MAX_ITERATIONS", options.iterationsMax)
      writer.append("EARLY_STOP", options.stopsEarly)
      writer.append("MIN_REL_PROGRESS", options.relativeProgressMin)
      writer.append("WARM_START", options.isWarmStart)
      writer.append("NUM_INIT", options.startCount)
      writer.append("FEATURES", reader.names)
    }
  }
}
