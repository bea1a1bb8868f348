/// Grows the trees of a propensity model: a model per fold, each on the rows outside of its fold, so that every row has a prediction of
/// models that did not see it. Together they predict.
struct PropensityForests {
  /// What was grown.
  struct Grown {
    var models: [BoostedTrees]
    /// For every row the mean log-odds of the models that did not see it.
    var heldOut: [Double]
    /// What these models took, by the clock that was lent.
    var seconds: Double
  }

  private let matrix: Matrix
  private let columns: BinnedColumns
  private let labels: [Bool]
  /// The fold of every row, for each division into folds.
  private let foldings: [[Int]]
  private let foldCount: Int
  private let seed: UInt64

  init(_ matrix: Matrix, labels: [Bool], foldings: [[Int]], seed: UInt64) {
    self.matrix = matrix
    columns = BinnedColumns(matrix)
    self.labels = labels
    self.foldings = foldings
    foldCount = (foldings[0].max() ?? 0) + 1
    self.seed = seed
  }

  /// Boosted trees, each model stopped early on its fold. The size of trees is that of the least loss on the first division's
  /// folds; the other divisions' models follow.
  func boosted(
    _ options: Propensity.Options, context: TrainingContext, now: () -> Double
  ) throws(MachineLearningError) -> Grown {
    var best: (loss: Double, models: [BoostedTrees], settings: BoostedTrees.Settings, seconds: Double)?
    let candidates = [4, 8, 20]
    for (index, leavesMax) in candidates.enumerated() {
      context.progress(0.75 * Double(index) / Double(candidates.count))
      var settings = BoostedTrees.Settings()
      settings.leavesMax = leavesMax
      settings.roundsMax = options.roundsMax
      settings.learningRate = options.learningRate
      settings.rowsPerLeafMin = max(3, min(20, labels.count / 50))
      let start = now()
      let models = try boosted(0..<foldCount, settings, context)
      let seconds = now() - start
      let loss = loss(heldOut(models, 1) { $0 })
      if loss < best?.loss ?? .infinity { best = (loss, models, settings, seconds) }
    }
    guard let best else { return Grown(models: [], heldOut: [], seconds: 0) }
    context.progress(0.75)
    let start = now()
    let models =
      best.models + (try boosted(foldCount..<(foldCount * foldings.count), best.settings, context))
    return Grown(
      models: models, heldOut: heldOut(models, foldings.count) { $0 }, seconds: best.seconds + now() - start)
  }

  /// Models by number: those of the first division's folds, then those of the next.
  private func boosted(
    _ numbers: Range<Int>, _ settings: BoostedTrees.Settings, _ context: TrainingContext
  ) throws(MachineLearningError) -> [BoostedTrees] {
    try each(numbers, context) { number in
      let folds = foldings[number / foldCount]
      // Only cancellation can throw here; an empty slot is how it shows.
      return try? BoostedTrees(
        columns, labels: labels, rows: labels.indices.filter { folds[$0] != number % foldCount },
        validation: labels.indices.filter { folds[$0] == number % foldCount }, settings: settings,
        seed: mixedBits(seed &+ UInt64(number)), context: context.alone)
    }
  }

  /// Bagged trees on the first division's folds: with small leaves, or with large ones where there is much noise.
  func bagged(context: TrainingContext, now: () -> Double) throws(MachineLearningError) -> Grown {
    var best: (loss: Double, grown: Grown)?
    let small = max(3, min(10, labels.count / 100))
    let folds = foldings[0]
    for (index, rowsPerLeafMin) in [small, max(4 * small, labels.count / 200)].enumerated() {
      context.progress(Double(index) / 2)
      let start = now()
      let models = try each(0..<foldCount, context) { fold in
        // As in boosted.
        try? BoostedTrees(
          bagging: columns, labels: labels, rows: labels.indices.filter { folds[$0] != fold }, count: 80,
          rowsPerLeafMin: rowsPerLeafMin, seed: mixedBits(seed ^ UInt64(fold + 100)), context: context.alone)
      }
      let heldOut = heldOut(models, 1) { PropensityModel.logOdds(ofShare: $0) }
      let loss = loss(heldOut)
      if loss < best?.loss ?? .infinity {
        best = (loss, Grown(models: models, heldOut: heldOut, seconds: now() - start))
      }
    }
    return best?.grown ?? Grown(models: [], heldOut: [], seconds: 0)
  }

  private func score(_ model: BoostedTrees, _ row: Int) -> Double {
    model.score(matrix.values, at: row * matrix.columns)
  }

  private func heldOut(_ models: [BoostedTrees], _ foldingCount: Int, _ logOdds: (Double) -> Double) -> [Double] {
    labels.indices.map { row in
      (0..<foldingCount).reduce(0) { $0 + logOdds(score(models[$1 * foldCount + foldings[$1][row]], row)) }
        / Double(foldingCount)
    }
  }

  private func loss(_ logOdds: [Double]) -> Double {
    ClassificationMetrics(probabilities: logOdds.map { logistic($0) }, labels: labels).logLoss
  }

  private func each(
    _ numbers: Range<Int>, _ context: TrainingContext, _ body: @Sendable (Int) -> BoostedTrees?
  ) throws(MachineLearningError) -> [BoostedTrees] {
    let results = Slots<BoostedTrees>(numbers.count)
    concurrently(numbers.count, threads: context.threads) { _, index in
      results.put(body(numbers.lowerBound + index), at: index)
    }
    let models = results.all.compactMap { $0 }
    guard models.count == numbers.count else { throw .cancelled }
    return models
  }
}
