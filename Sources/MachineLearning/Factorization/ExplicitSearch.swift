/// Chooses the number and the prior of factors on a tenth of the ratings, drawn by the seed.
struct ExplicitSearch {
  struct Found {
    var settings: VariationalFitter.Settings
    var validation: RegressionMetrics?
    var biases: RegressionMetrics?
    var popularity: RegressionMetrics?
  }

  let ratings: SparseRows
  let options: ExplicitOptions
  let seed: UInt64
  let context: TrainingContext

  init(_ ratings: SparseRows, options: ExplicitOptions, seed: UInt64, context: TrainingContext) {
    self.ratings = ratings
    self.options = options
    self.seed = seed
    self.context = context
  }

  func run() throws(MachineLearningError) -> Found {
    func isHeldOut(_ user: Int, _ index: Int) -> Bool {
      mixedBits(seed ^ mixedBits(UInt64(user) << 32 | UInt64(ratings.columns[index]))) % 10 == 0
    }
    let train = ratings.filtered { !isHeldOut($0, $1) }
    let targets = ratings.filtered { isHeldOut($0, $1) }
    let literalRank = max(2, min(200, Int((naturalLogarithm(Double(ratings.count)) / naturalLogarithm(2)).rounded())))
    if options.isLiteral {
      let settings = VariationalFitter.Settings(
        factorCount: options.factorCount ?? literalRank, factorPenalty: options.regularization ?? 1, biasPenalty: 1,
        noise: 1,
        isLiteral: true)
      guard train.count > 1, targets.count > 0 else { return Found(settings: settings) }
      let model = try fit(train, settings)
      return Found(settings: settings, validation: metrics(model, targets))
    }
    // Biases alone: their penalty, and the noise that they leave.
    var best = VariationalFitter.Settings(factorCount: 0, factorPenalty: 1, biasPenalty: 4, noise: 1, isLiteral: false)
    guard train.count > 1, targets.count > 0 else { return Found(settings: best) }
    var bestModel = try fit(train, best)
    var bestError = metrics(bestModel, targets).meanSquaredError
    for penalty in [1.0, 2, 8, 16] {
      var candidate = best
      candidate.biasPenalty = penalty
      let model = try fit(train, candidate)
      let error = metrics(model, targets).meanSquaredError
      if error < bestError { (best, bestModel, bestError) = (candidate, model, error) }
    }
    let biases = metrics(bestModel, targets)
    best.noise = max(1e-6, residualVariance(bestModel, train))
    for factorCount in options.factorCount.map({ [$0] }) ?? [15, 31] {
      let unit = (best.noise * Double(factorCount)).squareRoot()
      // Prior deviations of x·y about the noise's: from timid to bold, until the error rises.
      let penalties = options.regularization.map { [$0] } ?? [0.35, 0.5, 0.65, 0.8, 1, 1.3].map { unit / $0 }
      var last = Double.infinity
      for penalty in penalties {
        try context.checkCancelled()
        var candidate = best
        candidate.factorCount = factorCount
        candidate.factorPenalty = penalty
        let model = try fit(train, candidate)
        let error = metrics(model, targets).meanSquaredError
        if error < bestError { (best, bestModel, bestError) = (candidate, model, error) }
        if error > last { break }
        last = error
      }
    }
    return Found(
      settings: best, validation: metrics(bestModel, targets), biases: biases,
      popularity: RegressionMetrics(predicted: itemMeans(train, targets), actual: targets.values.map { Double($0) }))
  }

  private func fit(_ train: SparseRows, _ settings: VariationalFitter.Settings) throws(MachineLearningError)
    -> ExplicitModel
  {
    let quiet = TrainingContext(threads: context.threads, isCancelled: context.isCancelled)
    return try ExplicitFactorization.fit(train, settings: settings, options: options, seed: seed, context: quiet)
  }

  private func metrics(_ model: ExplicitModel, _ targets: SparseRows) -> RegressionMetrics {
    var predicted: [Double] = []
    for user in 0..<targets.rowCount {
      for index in targets.range(user) {
        predicted.append(model.predict(user: user, item: Int(targets.columns[index])))
      }
    }
    return RegressionMetrics(predicted: predicted, actual: targets.values.map { Double($0) })
  }

  private func residualVariance(_ model: ExplicitModel, _ ratings: SparseRows) -> Double {
    metrics(model, ratings).meanSquaredError
  }

  /// Item means, damped by five ratings of the overall mean.
  private func itemMeans(_ train: SparseRows, _ targets: SparseRows) -> [Double] {
    let columns = train.transposed()
    let mean = train.values.reduce(0.0) { $0 + Double($1) } / Double(train.count)
    return targets.columns.map { item in
      let range = columns.range(Int(item))
      return (range.reduce(5 * mean) { $0 + Double(columns.values[$1]) }) / Double(range.count + 5)
    }
  }
}
