import BSON
import MachineLearning
import Store

/// Trains on what customers did: chooses options and measures on the part before the cut, then fits everything with what was chosen.
struct ImplicitTraining {
  let setting: FactorizationSetting
  private(set) var options: ImplicitOptions
  /// The options of each trial of a search.
  let trials: [ImplicitOptions]

  private var limits: ModelLimits { setting.limits }
  private var seed: UInt64 { setting.seed }

  init(_ setting: FactorizationSetting, options: ImplicitOptions, trials: [ImplicitOptions]) {
    self.setting = setting
    self.options = options
    self.trials = trials
  }

  func run(live: LoadedVersion?, handle: JobHandle) throws(ModelsError) -> TrainedVersion {
    let data = try ImplicitDataReader(store: setting.store, limits: limits, seed: seed).read(handle)
    let found = try search(data, handle)
    var chosen = self
    if let found { chosen.options = found.options }
    return try chosen.run(data, trials: found?.trials ?? [], live: live, handle: handle)
  }

  private func run(
    _ data: ImplicitData, trials: [Trial], live: LoadedVersion?, handle: JobHandle
  ) throws(ModelsError) -> TrainedVersion {
    let judged = try judge(data, handle)
    let verdict = try verdict(judged, data, live: live, handle)
    let context = handle.context("training", 0.5...0.65, threads: limits.trainingThreads)
    let model = try learning { () throws(MachineLearningError) in
      if let judged {
        return try ImplicitFactorization.fit(
          data.all, options: options, choices: judged.model.choices, seed: seed, context: context)
      }
      return try ImplicitFactorization.train(data.all, options: options, seed: seed, context: context).model
    }
    let popularity = popularity(data)
    let serving = FactorizationModel(
      engine: .implicit(model), items: data.products, popularity: popularity,
      segments: SegmentPopularity.ofDeeds(data.all, segments: data.segments, overall: popularity),
      latestSourceTime: data.window.upperBound)
    return TrainedVersion(
      bytes: serving.serialized(),
      algorithm: options.isLiteral
        ? "alternating least squares with BigQuery ML's objective"
        : "iALS with frequency-scaled regularization"
          + (model.choices.blend > 0 ? ", blended with item regression (EASE)" : ""),
      options: optionDocument(model.choices), chosen: chosen(model.choices),
      data: setting.summary(
        data.all, products: data.products.ids.count, entries: "interactions", window: data.window),
      metrics: judged.map { $0.metrics.document } ?? BSONDocument(),
      baseline: judged.map { judged in
        BSONDocument { $0.append("popularity", judged.popularity.document) }
      },
      holdout: setting.holdout(
        data.cut, known: data.known, targets: data.targets, customersJudged: judged?.metrics.userCount ?? 0),
      verdict: verdict,
      limits: [
        "Knows products that somebody has met; new ones are only used to fill up.",
        "Scores are confidences near 0...1 for ordering, not probabilities.",
        "Metrics leave out customers of whom nothing was known before the cut, and products that nobody knew.",
        FactorizationSetting.choiceLimit,
      ],
      extra: BSONDocument { writer in
        writer.append(contentsOf: setting.extra(trials))
        writer.append("profiles", InterestColumns.profiles(data.all, data.products))
      })
  }

  // MARK: The search

  /// Trials on a part of what was known before the cut.
  private func search(
    _ data: ImplicitData, _ handle: JobHandle
  ) throws(ModelsError) -> (options: ImplicitOptions, trials: [Trial])? {
    guard !trials.isEmpty, data.known.count >= 10 else { return nil }
    let (train, validation) = try setting.split(data.known)
    let name = setting.objective ?? "NORMALIZED_DISCOUNTED_CUMULATIVE_GAIN"
    return try setting.best(of: trials, handle) { options, context throws(ModelsError) in
      let model = try learning { () throws(MachineLearningError) in
        try ImplicitFactorization.train(train, options: options, seed: seed, context: context).model
      }
      let metrics = RankingMetrics.judge(
        targets: validation, known: train, context: TrainingContext(threads: limits.trainingThreads),
        scores: { model.scores(model.userVector($0), history: train.history($0)) })
      return switch name {
      case "MEAN_AVERAGE_PRECISION": -metrics.meanAveragePrecision
      case "AVERAGE_RANK": metrics.averageRank
      case "MEAN_SQUARED_ERROR": metrics.meanSquaredError
      default: -metrics.normalizedDiscountedCumulativeGain
      }
    }
  }

  // MARK: Metrics

  /// A model of the part before the cut, and how it ranks what came after.
  private struct Judged {
    let model: ImplicitModel
    let metrics: RankingMetrics
    let popularity: RankingMetrics
  }

  /// Nil when there is nothing to judge by.
  private func judge(_ data: ImplicitData, _ handle: JobHandle) throws(ModelsError) -> Judged? {
    guard data.targets.count > 0, data.known.count >= 2 else { return nil }
    let context = handle.context("choosing options", 0.25...0.45, threads: limits.trainingThreads)
    let model = try learning { () throws(MachineLearningError) in
      try ImplicitFactorization.train(data.known, options: options, seed: seed, context: context).model
    }
    let counts = data.known.transposed()
    let popularity = (0..<counts.rowCount).map { Float(counts.range($0).count) }
    let most = max(1, popularity.max() ?? 1)
    let shares = popularity.map { $0 / most }
    return Judged(
      model: model, metrics: ranking(data) { model.scores(model.userVector($0), history: data.known.history($0)) },
      popularity: ranking(data) { _ in shares })
  }

  private func ranking(_ data: ImplicitData, _ scores: @escaping @Sendable (Int) -> [Float]) -> RankingMetrics {
    RankingMetrics.judge(
      targets: data.targets, known: data.known, context: TrainingContext(threads: limits.trainingThreads),
      scores: scores)
  }

  // MARK: The gate

  /// Fewer customers than this say too little to refuse a version for.
  private static let judgedCustomersMin = 20
  /// A share of the live version's metric below which the new one clearly loses.
  private static let clearLossShare = 0.9

  private func verdict(
    _ judged: Judged?, _ data: ImplicitData, live: LoadedVersion?, _ handle: JobHandle
  ) throws(ModelsError) -> GateVerdict {
    guard let judged, judged.metrics.userCount >= Self.judgedCustomersMin else {
      let count = judged?.metrics.userCount ?? 0
      return GateVerdict(
        passed: true, reason: "only \(count) customers can be judged by: too few to refuse a version for")
    }
    let comparison = FactorizationSetting.Comparison(
      own: judged.metrics.normalizedDiscountedCumulativeGain,
      popularity: judged.popularity.normalizedDiscountedCumulativeGain, isHigherBetter: true,
      clearLoss: Self.clearLossShare, verb: "ranks", baseline: "popularity")
    return try setting.verdict(comparison) { () throws(ModelsError) in
      try rival(data, live: live, judged: judged, handle)
    }
  }

  /// What the live version reaches on the same hold-out: nil when it cannot be compared.
  ///
  /// Bytes that were trained on the held-out part would win by having seen the answers. So only a version whose data end before the cut
  /// is asked itself; of a later one, its choices are fitted to the same part before the cut.
  private func rival(
    _ data: ImplicitData, live: LoadedVersion?, judged: Judged, _ handle: JobHandle
  ) throws(ModelsError) -> Double? {
    guard let live, let rival = live.factorization, case .implicit(let model) = rival.engine else { return nil }
    if case .time(_, let at) = data.cut, rival.latestSourceTime <= at {
      let items = data.products.ids.map { rival.items.index(of: ByteString($0)) }
      return ranking(data) { row in
        let known = data.known.range(row).compactMap { index in
          items[Int(data.known.columns[index])].map { ($0, data.known.values[index]) }
        }
        let history = ImplicitModel.History(items: known.map(\.0), strengths: known.map(\.1))
        let scores = model.scores(model.foldIn(history), history: history)
        return items.map { $0.map { scores[Int($0)] } ?? 0 }
      }.normalizedDiscountedCumulativeGain
    }
    var same = judged.model.choices
    same.iterations = model.choices.iterations
    if same == model.choices, options.isLiteral == model.isLiteral {
      return judged.metrics.normalizedDiscountedCumulativeGain
    }
    var rivalOptions = options
    rivalOptions.isLiteral = model.isLiteral
    rivalOptions.iterationsMax = max(1, model.choices.iterations)
    let context = handle.context("comparing with the live version", 0.45...0.5, threads: limits.trainingThreads)
    let fitted = try learning { () throws(MachineLearningError) in
      try ImplicitFactorization.fit(
        data.known, options: rivalOptions, choices: model.choices, seed: seed, context: context)
    }
    return ranking(data) { fitted.scores(fitted.userVector($0), history: data.known.history($0)) }
      .normalizedDiscountedCumulativeGain
  }

  // MARK: Documents

  /// The share of the customers who did something with each product.
  private func popularity(_ data: ImplicitData) -> [Float] {
    let counts = data.all.transposed()
    return (0..<counts.rowCount).map { Float(counts.range($0).count) / Float(max(1, data.customers)) }
  }

  private func optionDocument(_ choices: ImplicitChoices) -> BSONDocument {
    BSONDocument {
      setting.appendOptions(
        .implicit, isLiteral: options.isLiteral, factorCount: choices.factorCount,
        regularization: choices.regularization, to: &$0)
      $0.append("WALS_ALPHA", choices.alpha)
      $0.append("MAX_ITERATIONS", options.iterationsMax)
      $0.append("EARLY_STOP", options.stopsEarly)
      $0.append("MIN_REL_PROGRESS", options.relativeProgressMin)
      $0.append("HYBRID", options.isHybrid)
      $0.append("ITEM_L2_REG", choices.itemRegularization)
      $0.append("BLEND", choices.blend)
      $0.append("ITEM_RANK", choices.itemRank)
    }
  }

  private func chosen(_ choices: ImplicitChoices) -> BSONDocument {
    BSONDocument { writer in
      if setting.isFeedbackChosen { writer.append("FEEDBACK_TYPE", FactorizationTraining.Feedback.implicit.rawValue) }
      guard !options.isLiteral else { return }
      if options.factorCount == nil { writer.append("NUM_FACTORS", choices.factorCount) }
      if options.regularization == nil { writer.append("L2_REG", choices.regularization) }
      if options.alpha == nil { writer.append("WALS_ALPHA", choices.alpha) }
      guard options.isHybrid else { return }
      writer.append("ITEM_L2_REG", choices.itemRegularization)
      writer.append("BLEND", choices.blend)
      writer.append("ITEM_RANK", choices.itemRank)
    }
  }
}

extension RankingMetrics {
  /// Under BigQuery ML's names.
  var document: BSONDocument {
    BSONDocument {
      $0.append("mean_average_precision", meanAveragePrecision)
      $0.append("mean_squared_error", meanSquaredError)
      $0.append("normalized_discounted_cumulative_gain", normalizedDiscountedCumulativeGain)
      $0.append("average_rank", averageRank)
      $0.append("recall", recall)
    }
  }
}
