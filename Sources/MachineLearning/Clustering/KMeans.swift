/// k-means clustering: which rows of a table belong together.
public enum KMeans {
  /// Rows on which starts and swaps are tried; more are sampled down, and the winner is then run on all.
  static let searchRowsMax = 20_000

  /// Trains on a table. Cost: O(rows * columns * clusters) per iteration.
  ///
  /// - Parameters:
  ///   - table: one row per thing to cluster; NULLs allowed.
  ///   - warmStart: the model to continue from when ``KMeansOptions/isWarmStart``; its encoder and number of clusters are kept.
  ///   - tick: called when the start is chosen and the final fit begins, for timing.
  ///   - fitted: called when the rows have their clusters, before the metrics are computed, for timing.
  /// - Returns: the model and the cluster of every row of the table: its nearest centroid.
  public static func train(
    _ table: FeatureTable, options: KMeansOptions, seed: UInt64, context: TrainingContext = .init(),
    warmStart: KMeansModel? = nil, tick: () -> Void = {}, fitted: () -> Void = {}
  ) throws(MachineLearningError) -> KMeansTraining {
    guard !table.columns.isEmpty else { throw .invalidInput("there are no feature columns") }
    let clusterCount = try chosenClusterCount(options, rowCount: table.rowCount, warmStart: warmStart)
    guard table.rowCount >= clusterCount else {
      throw .tooLittleData(needed: clusterCount, found: table.rowCount, unit: "rows")
    }
    let isSpherical = options.distance == .cosine
    let encoder: FeatureEncoder
    if options.isWarmStart, let warmStart {
      guard warmStart.distance == options.distance else {
        throw .invalidOption(name: "DISTANCE_TYPE", reason: "must be that of the model to start from")
      }
      encoder = warmStart.encoder
    } else {
      encoder = FeatureEncoder(fitting: table, standardizing: options.standardizesFeatures, centering: !isSpherical)
    }
    var matrix = try encoder.encode(table, magnitudeMax: FeatureEncoder.squarableMax)
    if isSpherical { normalizeRows(&matrix) }
    let data = BlockedRows(matrix, threads: context.threads)
    let lloyd = Lloyd(data: data, clusterCount: clusterCount, isSpherical: isSpherical, threads: context.threads)
    let workspace = Lloyd.Workspace(data, clusterCount: clusterCount)
    let start = try startCentroids(
      matrix, lloyd: lloyd, options: options, encoder: encoder, seed: seed, context: context.part(0...0.8),
      warmStart: warmStart)
    try context.checkCancelled()
    tick()
    let state = lloyd.run(
      from: start, iterationsMax: options.iterationsMax,
      relativeProgressMin: options.stopsEarly ? options.relativeProgressMin : 0,
      workspace: workspace)
    try context.checkCancelled()
    let model = KMeansModel(
      encoder: encoder, distance: options.distance, clusterCount: clusterCount, centroids: state.centroids,
      iterations: max(1, state.iterations))
    let labels = model.nearestCentroids(matrix, lloyd: lloyd, workspace: workspace)
    fitted()
    context.progress(1)
    return KMeansTraining(model: model, assignment: labels, metrics: model.metrics(matrix, labels))
  }

  private static func chosenClusterCount(
    _ options: KMeansOptions, rowCount: Int, warmStart: KMeansModel?
  ) throws(MachineLearningError) -> Int {
    guard options.isWarmStart else {
      if let count = options.clusterCount { return count }
      // BigQuery ML: log10 of the number of rows.
      return min(100, max(2, String(max(1, rowCount)).count - 1))
    }
    guard let warmStart else { throw .invalidOption(name: "WARM_START", reason: "needs a model to start from") }
    guard options.clusterCount == nil || options.clusterCount == warmStart.clusterCount else {
      throw .invalidOption(name: "NUM_CLUSTERS", reason: "must be that of the model to start from")
    }
    return warmStart.clusterCount
  }

  private static func startCentroids(
    _ matrix: Matrix, lloyd: Lloyd, options: KMeansOptions, encoder: FeatureEncoder, seed: UInt64,
    context: TrainingContext,
    warmStart: KMeansModel?
  ) throws(MachineLearningError) -> [Float] {
    if options.isWarmStart, let warmStart { return warmStart.centroids }
    if options.initialization == .custom {
      var centroids = Matrix(rows: options.customCentroids.count, columns: encoder.width)
      for (row, values) in options.customCentroids.enumerated() {
        guard values.count == encoder.width else {
          throw .invalidOption(name: "CUSTOM_CENTROIDS", reason: "must hold \(encoder.width) numbers each")
        }
        for (column, value) in encoder.encodeCentroid(values).enumerated() { centroids[row, column] = value }
      }
      if lloyd.isSpherical { normalizeRows(&centroids) }
      return centroids.values
    }
    var random = SeededRandom(seed: seed)
    let isSampled = matrix.rows > searchRowsMax && options.startCount > 1
    let search = isSampled ? sampled(lloyd, matrix, using: &random) : lloyd
    let workspace = Lloyd.Workspace(search.data, clusterCount: search.clusterCount)
    var best: Lloyd.State?
    for start in 0..<options.startCount {
      try context.checkCancelled()
      context.progress(0.5 * Double(start) / Double(options.startCount))
      let centroids =
        options.initialization == .random ? search.randomRows(using: &random) : search.plusPlus(using: &random)
      if options.startCount == 1 { return centroids }
      let state = search.run(from: centroids, iterationsMax: 100, relativeProgressMin: 1e-4, workspace: workspace)
      if state.inertia < best?.inertia ?? .infinity { best = state }
    }
    guard let best else { return search.plusPlus(using: &random) }
    return try search.improvedBySwaps(
      best, patience: options.startCount * (12 + lloyd.clusterCount / 2), iterationsMax: 100, workspace: workspace,
      using: &random,
      context: context.part(0.5...1)
    ).centroids
  }

  private static func sampled(_ lloyd: Lloyd, _ matrix: Matrix, using random: inout SeededRandom) -> Lloyd {
    let rows = random.sample(searchRowsMax, below: matrix.rows).sorted()
    let sample = Matrix(rows: rows.count, columns: matrix.columns, values: rows.flatMap { matrix.row($0) })
    return Lloyd(
      data: BlockedRows(sample, threads: lloyd.threads), clusterCount: lloyd.clusterCount,
      isSpherical: lloyd.isSpherical,
      threads: lloyd.threads)
  }

  static func normalizeRows(_ matrix: inout Matrix) {
    for row in 0..<matrix.rows {
      let norm = matrix.row(row).reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      guard norm > 0 else { continue }
      for column in 0..<matrix.columns { matrix[row, column] = Float(Double(matrix[row, column]) / norm) }
    }
  }
}

/// What ``KMeans/train(_:options:seed:context:warmStart:tick:fitted:)`` gives.
public struct KMeansTraining: Sendable {
  /// The trained model.
  public let model: KMeansModel
  /// The cluster of each row and how far its centroid is.
  public let assignment: KMeansAssignment
  /// Metrics on the training rows.
  public let metrics: KMeansMetrics
}

/// Rows and their nearest centroids.
public struct KMeansAssignment: Sendable, Equatable {
  /// The nearest centroid's id of each row, 1...k.
  public var centroidIDs: [Int]
  /// Its distance, in standardized space when the model standardizes.
  public var distances: [Double]
}

/// How good a clustering is, under BigQuery ML's names.
public struct KMeansMetrics: Sendable, Equatable {
  /// Mean over clusters of the worst (s_i + s_j) / d_ij (Davies and Bouldin 1979); lower is better.
  public let daviesBouldinIndex: Double
  /// The mean of the rows' squared distances from their centroids.
  public let meanSquaredDistance: Double
  /// The number of rows in each cluster, ids 1...k in order.
  public let clusterSizes: [Int]
}
