import CKernels

/// Trained centroids: immutable, shared by all threads.
public struct KMeansModel: Sendable, Equatable {
  /// How tables become rows.
  public let encoder: FeatureEncoder
  /// The distance.
  public let distance: KMeansOptions.Distance
  /// k.
  public let clusterCount: Int
  /// k rows of ``FeatureEncoder/width`` values in encoded space.
  let centroids: [Float]
  /// Iterations of the final run.
  public let iterations: Int

  /// A prediction for one row.
  public struct Prediction: Sendable, Equatable {
    /// The id of the nearest centroid, 1...k.
    public let nearestCentroidID: Int
    /// All ids, nearest first.
    public let centroidIDs: [Int]
    /// The distances in that order.
    public let distances: [Double]
  }

  /// The centroids in the units of the table, id 1 first: a number per encoded column (``FeatureEncoder/outputNames``).
  public var centroidValues: [[Double]] {
    (0..<clusterCount).map { encoder.decode(centroids[($0 * encoder.width)..<(($0 + 1) * encoder.width)]) }
  }

  /// The distances of every row to all centroids. O(rows * k * columns).
  public func predict(_ table: FeatureTable) throws(MachineLearningError) -> [Prediction] {
    let matrix = try encoder.encode(table, magnitudeMax: FeatureEncoder.squarableMax)
    let ranking = CentroidRanking(self)
    var distances = [Double](repeating: 0, count: clusterCount)
    var ids = [Int](repeating: 0, count: clusterCount)
    return (0..<matrix.rows).map { row in
      var values = Array(matrix.row(row))
      var encoded = values.mutableSpan
      var nearestDistances = distances.mutableSpan
      var nearestIDs = ids.mutableSpan
      ranking.rank(&encoded, distances: &nearestDistances, ids: &nearestIDs)
      return Prediction(nearestCentroidID: ids[0], centroidIDs: ids, distances: distances)
    }
  }

  /// Only the nearest centroid of every row: the fast way for many rows.
  public func assign(_ table: FeatureTable, threads: Int = 1) throws(MachineLearningError) -> KMeansAssignment {
    let matrix = try encoded(table)
    let data = BlockedRows(matrix, threads: threads)
    let lloyd = Lloyd(data: data, clusterCount: clusterCount, isSpherical: distance == .cosine, threads: threads)
    return nearestCentroids(matrix, lloyd: lloyd, workspace: Lloyd.Workspace(data, clusterCount: clusterCount))
  }

  /// Metrics on a table.
  public func evaluate(_ table: FeatureTable) throws(MachineLearningError) -> KMeansMetrics {
    guard table.rowCount > 0 else { throw .tooLittleData(needed: 1, found: 0, unit: "rows") }
    return metrics(try encoded(table), try assign(table))
  }

  /// The same centroids in the space of another model, so that the distances of both can be compared; nil when the other has other
  /// features, categories, another distance or another number of clusters.
  public func inSpace(of other: KMeansModel) -> KMeansModel? {
    guard clusterCount == other.clusterCount, distance == other.distance,
      encoder.outputNames == other.encoder.outputNames
    else { return nil }
    var moved = Matrix(rows: clusterCount, columns: other.encoder.width)
    for (row, values) in centroidValues.enumerated() {
      for (column, value) in other.encoder.encodeCentroid(values).enumerated() { moved[row, column] = value }
    }
    if distance == .cosine { KMeans.normalizeRows(&moved) }
    return KMeansModel(
      encoder: other.encoder, distance: distance, clusterCount: clusterCount, centroids: moved.values,
      iterations: iterations)
  }

  private func encoded(_ table: FeatureTable) throws(MachineLearningError) -> Matrix {
    var matrix = try encoder.encode(table, magnitudeMax: FeatureEncoder.squarableMax)
    if distance == .cosine { KMeans.normalizeRows(&matrix) }
    return matrix
  }

  /// Nearest by Float32 kernels; where the runner-up is as near as rounding reaches, by Float64.
  func nearestCentroids(_ matrix: Matrix, lloyd: Lloyd, workspace: Lloyd.Workspace) -> KMeansAssignment {
    _ = lloyd.assign(centroids, workspace: workspace, accumulates: false, wantsSecond: true)
    let norms = lloyd.prepared(centroids).norms
    let normMax = (0..<clusterCount).reduce(Float(0)) { max($0, norms[$1]) }
    let ids = Buffer(matrix.rows, filledWith: 0)
    let distances = Buffer(matrix.rows, filledWith: 0.0)
    concurrently(lloyd.data.chunkCount, threads: lloyd.threads) { _, chunk in
      for row in lloyd.data.chunk(chunk).rows {
        var nearest = Int(workspace.labels[row])
        let margin = 1e-5 * (lloyd.data.norms[row] + normMax)
        if workspace.second[row] - workspace.best[row] <= margin {
          nearest = 0
          var least = squaredDistance(of: matrix, row: row, to: 0)
          for cluster in 1..<clusterCount {
            let squared = squaredDistance(of: matrix, row: row, to: cluster)
            if squared < least {
              least = squared
              nearest = cluster
            }
          }
        }
        ids[row] = nearest + 1
        distances[row] = distance(of: matrix, row: row, to: nearest)
      }
    }
    return KMeansAssignment(centroidIDs: ids.array(0..<matrix.rows), distances: distances.array(0..<matrix.rows))
  }

  /// For rows and centroids of length 1, |x - c|^2 = 2(1 - cos); a row of zeros has cosine 0 with everything.
  private func distance(of matrix: Matrix, row: Int, to cluster: Int) -> Double {
    let squared = squaredDistance(of: matrix, row: row, to: cluster)
    switch distance {
    case .euclidean: return squared.squareRoot()
    case .cosine: return matrix.row(row).allSatisfy { $0 == 0 } ? 1 : (squared / 2).squareRoot()
    }
  }

  private func squaredDistance(of matrix: Matrix, row: Int, to cluster: Int) -> Double {
    let width = matrix.columns
    var sum = 0.0
    for column in 0..<width {
      let difference = Double(matrix.values[row * width + column]) - Double(centroids[cluster * width + column])
      sum += difference * difference
    }
    return sum
  }

  /// Davies-Bouldin over the means of the rows as labelled, as scikit-learn computes it.
  func metrics(_ matrix: Matrix, _ assignment: KMeansAssignment) -> KMeansMetrics {
    let width = matrix.columns
    var counts = [Int](repeating: 0, count: clusterCount)
    var means = [Double](repeating: 0, count: clusterCount * width)
    for (row, id) in assignment.centroidIDs.enumerated() {
      counts[id - 1] += 1
      for column in 0..<width { means[(id - 1) * width + column] += Double(matrix.values[row * width + column]) }
    }
    for cluster in 0..<clusterCount where counts[cluster] > 0 {
      for column in 0..<width { means[cluster * width + column] /= Double(counts[cluster]) }
    }
    var scatter = [Double](repeating: 0, count: clusterCount)
    for (row, id) in assignment.centroidIDs.enumerated() {
      var sum = 0.0
      for column in 0..<width {
        let difference = Double(matrix.values[row * width + column]) - means[(id - 1) * width + column]
        sum += difference * difference
      }
      scatter[id - 1] += sum.squareRoot()
    }
    let present = (0..<clusterCount).filter { counts[$0] > 0 }
    var index = 0.0
    for cluster in present {
      var worst = 0.0
      for other in present where other != cluster {
        var gap = 0.0
        for column in 0..<width {
          let difference = means[cluster * width + column] - means[other * width + column]
          gap += difference * difference
        }
        let spread = scatter[cluster] / Double(counts[cluster]) + scatter[other] / Double(counts[other])
        if gap > 0 { worst = max(worst, spread / gap.squareRoot()) }
      }
      index += worst
    }
    let squares = assignment.distances.reduce(0) { $0 + $1 * $1 }
    return KMeansMetrics(
      daviesBouldinIndex: present.isEmpty ? 0 : index / Double(present.count),
      meanSquaredDistance: squares / Double(max(1, assignment.distances.count)), clusterSizes: counts)
  }
}

extension KMeansModel {
  private static let formatVersion: UInt16 = 1

  /// The model as bytes for a registry: equal models give equal bytes.
  public func serialized() -> [UInt8] {
    var writer = ModelWriter(.kMeans, version: Self.formatVersion)
    writer.bool(distance == .cosine)
    writer.count(clusterCount)
    writer.count(iterations)
    encoder.write(to: &writer)
    writer.floats(centroids)
    return writer.bytes
  }

  /// Reads what ``serialized()`` wrote; throws ``MachineLearningError/unreadableModel(_:)`` on anything else.
  public init(serialized bytes: [UInt8]) throws(MachineLearningError) {
    var reader = try ModelReader(bytes, .kMeans, version: Self.formatVersion)
    distance = try reader.bool() ? .cosine : .euclidean
    clusterCount = try reader.number(in: 2...100)
    iterations = try reader.number(in: 0...Int.max)
    encoder = try FeatureEncoder(from: &reader)
    centroids = try reader.floats()
    try reader.finish()
    guard centroids.count == clusterCount * encoder.width else {
      throw .unreadableModel("centroids do not fit the features")
    }
  }
}
