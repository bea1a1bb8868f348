import CKernels

/// The chance of a yes (churn, a purchase, a click) from a table of features: boosted trees and logistic regression, blended and calibrated
/// on predictions for rows that the predicting model did not see.
public enum Propensity {
  /// Options under BigQuery ML's names.
  public struct Options: Sendable, Equatable {
    /// MAX_ITERATIONS: trees at most, 1...2000.
    public var roundsMax = 600
    /// LEARN_RATE, 0.001...1.
    public var learningRate = 0.08
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
    let truth = Buffer(labels.map { $0 ? Float(1) : 0 }, paddedTo: labels.count, with: 0)
    let linear = try bestLinear(dense, truth, folds, context: context.part(0...0.1), now: now)
    let growing = PropensityForests(raw, labels: truth, folds: folds, seed: seed)
    let trees = try growing.boosted(options, context: context.part(0.1...0.7), now: now)
    let bagged = try growing.bagged(context: context.part(0.7...0.98), now: now)
    let rest = now()
    // Stacking and Platt scaling in one: log-odds of all three as features, each with its held-out predictions.
    let parts = [linear.heldOut, trees.heldOut, bagged.heldOut]
    let blend = try stacked(parts, truth, context: context)
    let heldOut = labels.indices.map { row in
      logistic(parts.indices.reduce(blend[3]) { $0 + blend[$1] * Double(parts[$1][row]) })
    }
    let sorted = heldOut.sorted()
    let model = PropensityModel(
      design: design, linear: linear.model, boosted: trees.models, bagged: bagged.models, blend: blend,
      quantiles: (0...100).map { Float(sorted[$0 * (sorted.count - 1) / 100]) })
    context.progress(1)
    return Training(
      model: model, metrics: ClassificationMetrics(probabilities: heldOut, labels: labels),
      fitSeconds: linear.seconds + trees.seconds + bagged.seconds + now() - rest)
  }

  /// Weights of the parts' log-odds and of 1. A part that would count against the others is left out.
  private static func stacked(
    _ parts: [[Float]], _ labels: Buffer<Float>, context: TrainingContext
  ) throws(MachineLearningError) -> [Double] {
    var used = Array(parts.indices)
    while true {
      var stack = Matrix(rows: labels.count, columns: used.count)
      for (column, part) in used.enumerated() {
        for row in 0..<labels.count { stack[row, column] = parts[part][row] }
      }
      let weights = try LogisticFitter(stack, labels: labels, context: context).fit(penalty: 10).weights
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
    _ matrix: Matrix, _ labels: Buffer<Float>, _ folds: [Int], context: TrainingContext, now: () -> Double
  ) throws(MachineLearningError) -> (model: LogisticRegression, heldOut: [Float], seconds: Double) {
    let fitter = LogisticFitter(matrix, labels: labels, context: context)
    let penalties = [10.0, 1, 100]
    let heldOut = try fitter.heldOut(penalties: penalties, folds: folds, start: fitter.fit(penalty: penalties[0]))
    let truth = labels.array(0..<labels.count)
    let losses = heldOut.map { logisticLoss(of: $0, truth) }
    let best = losses.indices.min { losses[$0] < losses[$1] } ?? 0
    let start = now()
    return (try fitter.fit(penalty: penalties[best]), heldOut[best], now() - start)
  }
}

/// The mean logistic loss of log-odds; labels are 0 and 1.
func logisticLoss(of logOdds: [Float], _ labels: [Float]) -> Double {
  let margins = Buffer(zip(logOdds, labels).map { $1 > 0 ? $0 : -$0 }, paddedTo: logOdds.count, with: 0)
  // As many margins as there are.
  return unsafe ck_logistic_loss(margins.start, margins.count) / Double(max(1, margins.count))
}
