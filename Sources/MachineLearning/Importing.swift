/// Models whose numbers were learned elsewhere, such as by Spark MLlib, made to serve here.
extension ImplicitModel {
  /// Item factors of an implicit alternating least squares: confidence 1 + α·r, preference 1, λ on the squared norms. Customers are
  /// folded in by the same objective. O(items · factors² + factors³).
  ///
  /// - Parameters:
  ///   - factors: a row for each item, all of one length, 2...200.
  ///   - regularization: λ. Spark scales it by each row's number of entries; a fold-in takes it as it is.
  ///   - alpha: α.
  public init(
    importing factors: [[Float]], regularization: Double, alpha: Double
  ) throws(MachineLearningError) {
    let rank = factors.first?.count ?? 0
    guard (2...200).contains(rank), factors.allSatisfy({ $0.count == rank && $0.allSatisfy(\.isFinite) }) else {
      throw .invalidInput("factors must be rows of 2...200 finite numbers of one length")
    }
    guard regularization >= 0, regularization.isFinite, alpha > 0, alpha.isFinite else {
      throw .invalidInput("the regularization must be at least 0 and alpha above 0")
    }
    let items = Factors(rows: factors.count, rank: rank)
    for (row, values) in factors.enumerated() {
      for (column, value) in values.enumerated() { items.values[row * items.stride + column] = value }
    }
    let turned = AlternatingSolver.diagonalize(items, Factors(rows: 0, rank: rank), threads: 1)
    self.init(
      choices: ImplicitChoices(
        factorCount: rank, regularization: regularization, alpha: alpha, weakWeight: 0, itemRegularization: 0, blend: 0,
        iterations: 0),
      isLiteral: true, users: turned.solved, items: turned.fixed, eigenvalues: turned.eigenvalues, regression: nil)
  }
}

extension KMeansModel {
  /// Centroids of numeric features, in the features' own units.
  ///
  /// - Parameters:
  ///   - names: the features.
  ///   - means: what stands for a missing value of each, and what is subtracted.
  ///   - deviations: what each is divided by before distances are taken; nil leaves features as they are.
  ///   - centroids: a row for each cluster, 2...100.
  public init(
    importing centroids: [[Double]], names: [String], means: [Double], deviations: [Double]?
  ) throws(MachineLearningError) {
    guard (2...100).contains(centroids.count), !names.isEmpty, Set(names).count == names.count,
      means.count == names.count, deviations?.count ?? names.count == names.count,
      centroids.allSatisfy({ $0.count == names.count && $0.allSatisfy(\.isFinite) }),
      means.allSatisfy(\.isFinite), deviations?.allSatisfy({ $0.isFinite && $0 >= 0 }) ?? true
    else { throw .invalidInput("centroids must be 2...100 rows of a finite number for each feature") }
    let features = names.indices.map { index in
      let deviation = deviations?[index] ?? 1
      return FeatureEncoder.Feature.numeric(
        mean: means[index], shift: means[index], scale: deviation > 0 ? 1 / deviation : 0)
    }
    let encoder = FeatureEncoder(names: names, features: features, imputedCounts: names.map { _ in 0 })
    self.init(
      encoder: encoder, distance: .euclidean, clusterCount: centroids.count,
      centroids: centroids.flatMap { encoder.encodeCentroid($0) }, iterations: 1)
  }
}
