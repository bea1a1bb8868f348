import BSON
import MachineLearning
import Store

/// Trains on ratings: chooses options and measures on the part before the cut, then fits everything with what was chosen.
struct ExplicitTraining {
  let setting: FactorizationSetting
  private(set) var options: ExplicitOptions
  /// The options of each trial of a search.
  let trials: [ExplicitOptions]

  private var limits: ModelLimits { setting.limits }
  private var seed: UInt64 { setting.seed }

  init(_ setting: FactorizationSetting, options: ExplicitOptions, trials: [ExplicitOptions]) {
    self.setting = setting
    self.options = options
    self.trials = trials
  }

  func run(live: LoadedVersion?, handle: JobHandle) throws(ModelsError) -> TrainedVersion {
    let data = try ExplicitDataReader(store: setting.store, limits: limits, seed: seed).read(handle)
    let found = try search(data, handle)
    var chosen = self
    if let found { chosen.options = found.options }
    return try chosen.run(data, trials: found?.trials ?? [], live: live, handle: handle)
  }

  private func run(
    _ data: ExplicitData, trials: [Trial], live: LoadedVersion?, handle: JobHandle
  ) throws(ModelsError) -> TrainedVersion {
    let judged = try judge(data, handle)
    let verdict = try verdict(judged, data, live: live, handle)
    let context = handle.context("training", 0.5...0.65, threads: limits.trainingThreads)
    let model = try learning { () throws(MachineLearningError) in
      if let judged {
        return try ExplicitFactorization.fit(
          data.all, options: options, settingsOf: judged.model, seed: seed, context: context)
      }
      return try ExplicitFactorization.train(data.all, options: options, seed: seed, context: context).model
    }
    let means = Self.dampedMeans(data.all)
    let serving = FactorizationModel(
      engine: .explicit(model), items: data.products, popularity: means,
      segments: SegmentPopularity.ofRatings(data.all, segments: data.segments, overall: means),
      latestSourceTime: data.window?.upperBound ?? 0)
    return TrainedVersion(
      bytes: serving.serialized(),
      algorithm: options.isLiteral
        ? "alternating least squares with BigQuery ML's objective"
        : model.factorCount == 0 ? "damped biases: factors did not help" : "damped biases with variational factors",
      options: optionDocument(model), chosen: chosen(model),
      data: setting.summary(
        data.all, products: data.products.ids.count, entries: "ratings", window: data.window),
      metrics: judged.map { $0.metrics.document } ?? BSONDocument(),
      baseline: judged.map { judged in
        BSONDocument { $0.append("popularity", judged.popularity.document) }
      },
      holdout: setting.holdout(
        data.cut, known: data.known, targets: data.targets, customersJudged: nil), verdict: verdict,
      limits: [
        "Predicts the ratings of those who rate; who rates has chosen what to rate.",
        "Predictions stay within the range of the ratings that were learned.",
        FactorizationSetting.choiceLimit,
      ], extra: setting.extra(trials))
  }

  // MARK: The search

  /// Trials on a part of what was known before the cut.
  private func search(
    _ data: ExplicitData, _ handle: JobHandle
  ) throws(ModelsError) -> (options: ExplicitOptions, trials: [Trial])? {
    guard !trials.isEmpty, data.known.count >= 10 else { return nil }
    let (train, validation) = try setting.split(data.known)
    return try setting.best(of: trials, handle) { options, context throws(ModelsError) in
      let model = try learning { () throws(MachineLearningError) in
        try ExplicitFactorization.train(train, options: options, seed: seed, context: context).model
      }
      let metrics = Self.errors(validation) { model.predict(user: $0, item: $1) }
      return setting.objective == "R2_SCORE" ? -metrics.r2Score : metrics.meanSquaredError
    }
  }

  // MARK: Metrics

  /// A model of the part before the cut, and how it predicts what came after.
  private struct Judged {
    let model: ExplicitModel
    let metrics: RegressionMetrics
    let popularity: RegressionMetrics
  }

  /// Nil when there is nothing to judge by.
  private func judge(_ data: ExplicitData, _ handle: JobHandle) throws(ModelsError) -> Judged? {
    guard data.targets.count > 0, data.known.count >= 2 else { return nil }
    let context = handle.context("choosing options", 0.25...0.45, threads: limits.trainingThreads)
    let model = try learning { () throws(MachineLearningError) in
      try ExplicitFactorization.train(data.known, options: options, seed: seed, context: context).model
    }
    let means = Self.dampedMeans(data.known)
    return Judged(
      model: model, metrics: Self.errors(data.targets) { model.predict(user: $0, item: $1) },
      popularity: Self.errors(data.targets) { Double(means[$1]) })
  }

  private static func errors(_ targets: SparseRows, _ predict: (Int, Int) -> Double) -> RegressionMetrics {
    var predicted: [Double] = []
    var actual: [Double] = []
    for row in 0..<targets.rowCount {
      for index in targets.range(row) {
        predicted.append(predict(row, Int(targets.columns[index])))
        actual.append(Double(targets.values[index]))
      }
    }
    return RegressionMetrics(predicted: predicted, actual: actual)
  }

  /// So many ratings of the mean are added to each product's own.
  private static let damping = 5.0

  /// The mean rating of each product, drawn to the mean of all where there are few.
  private static func dampedMeans(_ ratings: SparseRows) -> [Float] {
    let mean = ratings.values.reduce(0) { $0 + Double($1) } / Double(max(1, ratings.count))
    let byProduct = ratings.transposed()
    return (0..<byProduct.rowCount).map { product in
      let own = byProduct.range(product)
      let sum = own.reduce(0) { $0 + Double(byProduct.values[$1]) }
      return Float((sum + damping * mean) / (Double(own.count) + damping))
    }
  }

  // MARK: The gate

  /// Fewer ratings than this say too little to refuse a version for.
  private static let judgedRatingsMin = 50
  /// How many times the live version's error is a clear loss.
  private static let clearLossFactor = 1.1

  private func verdict(
    _ judged: Judged?, _ data: ExplicitData, live: LoadedVersion?, _ handle: JobHandle
  ) throws(ModelsError) -> GateVerdict {
    guard let judged, data.targets.count >= Self.judgedRatingsMin else {
      return GateVerdict(
        passed: true, reason: "only \(data.targets.count) ratings can be judged by: too few to refuse a version for")
    }
    let comparison = FactorizationSetting.Comparison(
      own: judged.metrics.meanSquaredError, popularity: judged.popularity.meanSquaredError, isHigherBetter: false,
      clearLoss: Self.clearLossFactor, verb: "predicts", baseline: "the products' means")
    return try setting.verdict(comparison) { () throws(ModelsError) in try rival(data, live: live, handle) }
  }

  /// The error on the same hold-out of the live version's settings, fitted to the same part before the cut: its own bytes may have seen
  /// the answers. Nil when there is no live version of ratings.
  private func rival(_ data: ExplicitData, live: LoadedVersion?, _ handle: JobHandle) throws(ModelsError) -> Double? {
    guard let live, case .explicit(let model)? = live.factorization?.engine else { return nil }
    let context = handle.context("comparing with the live version", 0.45...0.5, threads: limits.trainingThreads)
    let fitted = try learning { () throws(MachineLearningError) in
      try ExplicitFactorization.fit(data.known, options: options, settingsOf: model, seed: seed, context: context)
    }
    return Self.errors(data.targets) { fitted.predict(user: $0, item: $1) }.meanSquaredError
  }

  // MARK: Documents

  private func optionDocument(_ model: ExplicitModel) -> BSONDocument {
    BSONDocument {
      setting.appendOptions(
        .explicit, isLiteral: options.isLiteral, factorCount: model.factorCount,
        regularization: model.regularization, to: &$0)
      $0.append("BIAS_L2_REG", model.biasRegularization)
      $0.append("MAX_ITERATIONS", options.iterationsMax)
      $0.append("EARLY_STOP", options.stopsEarly)
      $0.append("MIN_REL_PROGRESS", options.relativeProgressMin)
    }
  }

  private func chosen(_ model: ExplicitModel) -> BSONDocument {
    BSONDocument { writer in
      if setting.isFeedbackChosen { writer.append("FEEDBACK_TYPE", FactorizationTraining.Feedback.explicit.rawValue) }
      guard !options.isLiteral else { return }
      if options.factorCount == nil { writer.append("NUM_FACTORS", model.factorCount) }
      if options.regularization == nil { writer.append("L2_REG", model.regularization) }
      writer.append("BIAS_L2_REG", model.biasRegularization)
    }
  }
}

extension RegressionMetrics {
  /// Under BigQuery ML's names.
  var document: BSONDocument {
    BSONDocument {
      $0.append("mean_absolute_error", meanAbsoluteError)
      $0.append("mean_squared_error", meanSquaredError)
      $0.append("mean_squared_log_error", meanSquaredLogError)
      $0.append("median_absolute_error", medianAbsoluteError)
      $0.append("r2_score", r2Score)
      $0.append("explained_variance", explainedVariance)
    }
  }
}
