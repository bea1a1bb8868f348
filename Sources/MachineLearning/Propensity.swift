/// The chance of a yes (churn, a purchase, a click) from a table of features: boosted trees and logistic regression, blended and calibrated
/// on predictions for rows that the predicting model did not see.
public enum Propensity {
  /// Options under BigQuery ML's names.
  public struct Options: Sendable, Equatable {
    /// MAX_ITERATIONS: trees at most, 1...2000.
    public var roundsMax = 600
    /// LEARN_RATE, 0.001...1.
    public var learningRate = 0.05
    /// NUM_FOLDS (ours), 2...10.
    public var foldCount = 5

    /// The defaults.
    public init() {}

    /// Reads options by name; MODEL_TYPE may be given.
    public init(parsing values: [String: OptionValue]) throws(MachineLearningError) {
      var reader = try OptionReader(values)
      _ = reader.value("MODEL_TYPE")
      roundsMax = try reader.int("MAX_ITERATIONS", in: 1...2000) ?? roundsMax
      learningRate = try reader.double("LEARN_RATE", in: 0.001...1) ?? learningRate
      foldCount = try reader.int("NUM_FOLDS", in: 2...10) ?? foldCount
      try reader.finish()
    }
  }

  /// What a training gives.
  public struct Training: Sendable {
    /// The trained model.
    public let model: PropensityModel
    /// On rows held out in turn.
    public let metrics: ClassificationMetrics
    /// What the models that predict took to fit, without those that were tried beside them, by the clock that was lent.
    public let fitSeconds: Double
  }

  /// Trains on a table. `now` is a clock in seconds, for ``Training/fitSeconds``. O(folds · trees · rows · columns).
  public static func train(
    _ table: FeatureTable, labels: [Bool], options: Options = Options(), seed: UInt64,
    context: TrainingContext = .init(), now: () -> Double = { 0 }
  ) throws(MachineLearningError) -> Training {
    guard labels.count == table.rowCount else { throw .invalidInput("there is not a label for every row") }
    guard !table.columns.isEmpty else { throw .invalidInput("there are no feature columns") }
    let positives = labels.count { $0 }
    guard min(positives, labels.count - positives) >= 2 * options.foldCount else {
      throw .tooLittleData(
        needed: 2 * options.foldCount, found: min(positives, labels.count - positives),
        unit: "rows of the rarer label (\(positives) yes, \(labels.count - positives) no)")
    }
    let design = PropensityDesign(fitting: table)
    let dense = try design.dense(table)
    let raw = try design.raw(table)
    let folds = stratifiedFolds(labels, count: options.foldCount, seed: seed)
    let linear = try bestLinear(dense, labels, folds, context: context.part(0...0.2), now: now)
    let trees = try bestTrees(
      raw, labels, folds, options: options, seed: seed, context: context.part(0.2...0.8), now: now)
    let rest = now()
    let bagged = try baggedTrees(raw, labels, folds, seed: seed, context: context.part(0.8...0.98))
    // Stacking and Platt scaling in one: log-odds of all three as features, each with its held-out predictions.
    let parts = [linear.heldOut, trees.heldOut, bagged.heldOut]
    let blend = try stacked(parts, labels, context: context)
    let heldOut = labels.indices.map { row in
      logistic(parts.indices.reduce(blend[3]) { $0 + blend[$1] * parts[$1][row] })
    }
    let sorted = heldOut.sorted()
    let model = PropensityModel(
      design: design, linear: linear.model, boosted: trees.models, bagged: bagged.models, blend: blend,
      quantiles: (0...100).map { Float(sorted[$0 * (sorted.count - 1) / 100]) })
    context.progress(1)
    return Training(
      model: model, metrics: ClassificationMetrics(probabilities: heldOut, labels: labels),
      fitSeconds: linear.seconds + trees.seconds + now() - rest)
  }

  /// Weights of the parts' log-odds and of 1. A part that would count against the others is left out.
  private static func stacked(
    _ parts: [[Double]], _ labels: [Bool], context: TrainingContext
  ) throws(MachineLearningError) -> [Double] {
    var used = Array(parts.indices)
    while true {
      var stack = Matrix(rows: labels.count, columns: used.count)
      for (column, part) in used.enumerated() {
        for row in labels.indices { stack[row, column] = Float(parts[part][row]) }
      }
      let weights = try LogisticRegression(
        stack, labels: labels, penalty: 10, rows: Array(labels.indices), context: context
      ).weights
      guard let worst = used.indices.min(by: { weights[$0] < weights[$1] }), weights[worst] < 0, used.count > 1 else {
        var blend = [Double](repeating: 0, count: parts.count + 1)
        for (column, part) in used.enumerated() { blend[part] = weights[column] }
        blend[parts.count] = weights[used.count]
        return blend
      }
      used.remove(at: worst)
    }
  }

  /// The fold of every row; each fold gets its share of both labels.
  private static func stratifiedFolds(_ labels: [Bool], count: Int, seed: UInt64) -> [Int] {
    var random = SeededRandom(seed: seed)
    var folds = [Int](repeating: 0, count: labels.count)
    for label in [false, true] {
      let rows = labels.indices.filter { labels[$0] == label }
      for (position, index) in random.sample(rows.count, below: rows.count).enumerated() {
        folds[rows[index]] = position % count
      }
    }
    return folds
  }

  private static func bestLinear(
    _ matrix: Matrix, _ labels: [Bool], _ folds: [Int], context: TrainingContext, now: () -> Double
  ) throws(MachineLearningError) -> (model: LogisticRegression, heldOut: [Double], seconds: Double) {
    var best: (loss: Double, penalty: Double, heldOut: [Double]) = (.infinity, 1, [])
    let foldCount = (folds.max() ?? 0) + 1
    let penalties = [1.0, 10, 100]
    for (index, penalty) in penalties.enumerated() {
      context.progress(Double(index) / Double(penalties.count))
      var heldOut = [Double](repeating: 0, count: labels.count)
      for fold in 0..<foldCount {
        let model = try LogisticRegression(
          matrix, labels: labels, penalty: penalty, rows: labels.indices.filter { folds[$0] != fold }, context: context)
        for row in labels.indices where folds[row] == fold { heldOut[row] = model.score(matrix, row: row) }
      }
      let loss = ClassificationMetrics(probabilities: heldOut.map { logistic($0) }, labels: labels).logLoss
      if loss < best.loss { best = (loss, penalty, heldOut) }
    }
    let start = now()
    let model = try LogisticRegression(
      matrix, labels: labels, penalty: best.penalty, rows: Array(labels.indices), context: context)
    return (model, best.heldOut, now() - start)
  }

  /// One model per fold, stopped early on the fold: together they are the forest that predicts.
  private static func bestTrees(
    _ matrix: Matrix, _ labels: [Bool], _ folds: [Int], options: Options, seed: UInt64, context: TrainingContext,
    now: () -> Double
  ) throws(MachineLearningError) -> (models: [BoostedTrees], heldOut: [Double], seconds: Double) {
    let columns = BinnedColumns(matrix)
    let foldCount = (folds.max() ?? 0) + 1
    var best: (loss: Double, models: [BoostedTrees], heldOut: [Double], seconds: Double) = (.infinity, [], [], 0)
    let candidates = [4, 8, 20]
    for (index, leavesMax) in candidates.enumerated() {
      context.progress(Double(index) / Double(candidates.count))
      var settings = BoostedTrees.Settings()
      settings.leavesMax = leavesMax
      settings.roundsMax = options.roundsMax
      settings.learningRate = options.learningRate
      settings.rowsPerLeafMin = max(3, min(20, labels.count / 50))
      let start = now()
      let (models, heldOut) = try foldModels(
        matrix, columns, labels, folds, foldCount: foldCount, settings: settings, seed: seed, context: context)
      let loss = ClassificationMetrics(probabilities: heldOut.map { logistic($0) }, labels: labels).logLoss
      if loss < best.loss { best = (loss, models, heldOut, now() - start) }
    }
    return (best.models, best.heldOut, best.seconds)
  }

  private static func foldModels(
    _ matrix: Matrix, _ columns: BinnedColumns, _ labels: [Bool], _ folds: [Int], foldCount: Int,
    settings: BoostedTrees.Settings,
    seed: UInt64, context: TrainingContext
  ) throws(MachineLearningError) -> ([BoostedTrees], [Double]) {
    let models = try perFold(foldCount, context) { fold in
      // Only cancellation can throw here; an empty slot is how it shows.
      try? BoostedTrees(
        columns, labels: labels, rows: labels.indices.filter { folds[$0] != fold },
        validation: labels.indices.filter { folds[$0] == fold },
        settings: settings, seed: mixedBits(seed &+ UInt64(fold)), context: context.alone)
    }
    return (models, labels.indices.map { models[folds[$0]].score(matrix.values, at: $0 * matrix.columns) })
  }

  private static func baggedTrees(
    _ matrix: Matrix, _ labels: [Bool], _ folds: [Int], seed: UInt64, context: TrainingContext
  ) throws(MachineLearningError) -> (models: [BoostedTrees], heldOut: [Double]) {
    let columns = BinnedColumns(matrix)
    let models = try perFold((folds.max() ?? 0) + 1, context) { fold in
      // As in foldModels.
      try? BoostedTrees(
        bagging: columns, labels: labels, rows: labels.indices.filter { folds[$0] != fold }, count: 80,
        rowsPerLeafMin: max(3, min(10, labels.count / 100)), seed: mixedBits(seed ^ UInt64(fold + 100)),
        context: context.alone)
    }
    return (
      models,
      labels.indices.map {
        PropensityModel.logOdds(ofShare: models[folds[$0]].score(matrix.values, at: $0 * matrix.columns))
      }
    )
  }

  private static func perFold(
    _ foldCount: Int, _ context: TrainingContext, _ body: @Sendable (Int) -> BoostedTrees?
  ) throws(MachineLearningError) -> [BoostedTrees] {
    let results = Slots<BoostedTrees>(foldCount)
    concurrently(foldCount, threads: context.threads) { _, fold in results.put(body(fold), at: fold) }
    let models = results.all.compactMap { $0 }
    guard models.count == foldCount else { throw .cancelled }
    return models
  }
}
