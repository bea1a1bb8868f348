import CSV
import MachineLearning

/// `lab mf`: learns from ratings what to recommend, or which rating a user would give.
public struct FactorizationLab: Sendable {
  /// What ratings mean.
  public enum Feedback: String, Sendable, CaseIterable {
    /// A rating from the threshold up is a yes; the order of recommendations counts.
    case implicit
    /// The rating itself is predicted.
    case explicit
  }

  /// What to write.
  public enum Task: Sendable, Equatable {
    /// The best items of every user: `user_id,item_id,rank,score`.
    case recommend(count: Int)
    /// The pairs of a file, in its order: `user_id,item_id,predicted_rating`.
    case predict(pairs: String)
  }

  /// `user_id,item_id,rating[,timestamp]`.
  public var train: String
  /// What ratings mean.
  public var feedback: Feedback
  /// The rating from which on an interaction is positive; nil takes all.
  public var threshold: Double?
  /// NUM_FACTORS; chosen by validation when nil.
  public var factorCount: Int?
  /// L2_REG; chosen by validation when nil.
  public var regularization: Double?
  /// WALS_ALPHA; chosen by validation when nil.
  public var alpha: Double?
  /// Blend with item regression.
  public var isHybrid = false
  /// BigQuery ML's objective and defaults, literally.
  public var isLiteral = false
  /// The seed of everything random.
  public var seed: UInt64 = 0
  /// Threads.
  public var threads = 1
  /// What to write.
  public var task: Task
  /// Where to write it.
  public var output: String

  /// A command over a file.
  public init(train: String, feedback: Feedback, task: Task, output: String) {
    self.train = train
    self.feedback = feedback
    self.task = task
    self.output = output
  }

  /// Trains, writes the output and tells what was chosen and how good it is on the hold-out.
  public func run() throws(LabError) -> Report {
    if let factorCount, !(2...200).contains(factorCount) {
      throw .usage("--factors must be 2...200, not \(factorCount)")
    }
    if let regularization, !(regularization >= 0 && regularization.isFinite) {
      throw .usage("--l2-reg must be a number from 0")
    }
    if let alpha, !(alpha > 0 && alpha.isFinite) { throw .usage("--wals-alpha must be a number above 0") }
    try checkThreads(threads)
    let ratings = try RatingsFile(train)
    switch feedback {
    case .implicit: return try runImplicit(ratings)
    case .explicit: return try runExplicit(ratings)
    }
  }

  private func runImplicit(_ ratings: RatingsFile) throws(LabError) -> Report {
    guard case .recommend(let count) = task, count > 0 else {
      throw .usage("implicit feedback needs --recommend with a number above 0")
    }
    let (interactions, weak) = try modelling(train) { () throws(MachineLearningError) in
      try split(ratings.entries, of: ratings)
    }
    var options = ImplicitOptions()
    options.factorCount = factorCount
    options.regularization = regularization
    options.alpha = alpha
    options.isHybrid = isHybrid
    options.isLiteral = isLiteral
    if isLiteral { options.iterationsMax = 20 }
    let clock = ContinuousClock()
    let start = clock.now
    var (fitStart, fitProcessorStart) = (start, 0.0)
    let training = try modelling(train) { () throws(MachineLearningError) in
      try ImplicitFactorization.train(
        interactions, weak: weak, options: options, seed: seed, context: TrainingContext(threads: threads),
        tick: {
          fitStart = clock.now
          fitProcessorStart = processorSeconds()
        })
    }
    let (end, fitProcessorEnd) = (clock.now, processorSeconds())
    let model = training.model
    let known = interactions.union(weak)
    let all = interactions.adding(weak, scaledBy: Float(model.choices.weakWeight))
    let takers = interactions.transposed()
    let popular = (0..<takers.rowCount).map {
      ImplicitModel.Recommendation(
        item: $0, score: Float(takers.range($0).count) / Float(ratings.users.count))
    }.sorted { ($1.score, $0.item) < ($0.score, $1.item) }
    var file = try OutputFile(output, header: ["user_id", "item_id", "rank", "score"])
    for user in ratings.users.indices {
      let seen = Set(known.columns[known.range(user)])
      // Of whom nothing positive is known gets what most took.
      let best =
        all.range(user).isEmpty
        ? popular.lazy.filter { !seen.contains(Int32($0.item)) }.prefix(count).map { $0 }
        : model.topK(model.userVector(user), history: all.history(user), k: count) { seen.contains(Int32($0)) }
      for (rank, recommendation) in best.enumerated() {
        try file.row {
          $0.field(ratings.users[user])
          $0.field(ratings.items[recommendation.item])
          $0.field(rank + 1)
          $0.field(recommendation.score)
        }
      }
    }
    try file.finish()
    var report = Report()
    report.add("fit_seconds", seconds(end - fitStart))
    report.add("fit_cpu_seconds", fitProcessorEnd - fitProcessorStart)
    report.add("search_seconds", seconds(fitStart - start))
    let serving = serving(model, all, known: known, count: count)
    report.add("recommend_microseconds", serving.recommend)
    report.add("fold_in_microseconds", serving.foldIn)
    report.add("users", ratings.users.count)
    report.add("items", ratings.items.count)
    report.add("interactions", interactions.count)
    report.add("num_factors", model.choices.factorCount)
    report.add("l2_reg", model.choices.regularization)
    report.add("wals_alpha", model.choices.alpha)
    report.add("weak_weight", model.choices.weakWeight)
    report.add("iterations", model.choices.iterations)
    report.add("item_l2_reg", model.choices.itemRegularization)
    report.add("blend", model.choices.blend)
    report.add("item_rank", model.choices.itemRank)
    if let validation = training.validation, let popularity = training.popularity {
      report.add("holdout", ranking(validation))
      report.add("holdout_popularity", ranking(popularity))
    }
    if let holdout = TimeHoldout(ratings) {
      let judged = try modelling(train) { () throws(MachineLearningError) in
        try holdout.judge(
          ratings, options: options, choices: model.choices, seed: seed, context: TrainingContext(threads: threads)
        ) { entries throws(MachineLearningError) in try split(entries, of: ratings) }
      }
      if let judged {
        report.add("time_holdout_from", holdout.cut)
        report.add("time_holdout", ranking(judged.model))
        report.add("time_holdout_popularity", ranking(judged.popularity))
      }
    }
    return report
  }

  /// Microseconds of processor time of one user's list and of one fold-in, over up to 1,000 users who took something.
  private func serving(_ model: ImplicitModel, _ all: SparseRows, known: SparseRows, count: Int) -> (
    recommend: Double, foldIn: Double
  ) {
    let users = (0..<all.rowCount).lazy.filter { !all.range($0).isEmpty }.prefix(1000).map { user in
      (user, all.history(user), Set(known.columns[known.range(user)]))
    }
    let tastes = Array(users)
    let start = processorSeconds()
    for (user, history, seen) in tastes {
      _ = model.topK(model.userVector(user), history: history, k: count) { seen.contains(Int32($0)) }
    }
    let middle = processorSeconds()
    for (_, history, _) in tastes { _ = model.foldIn(history) }
    let end = processorSeconds()
    let scale = 1e6 / Double(max(1, tastes.count))
    return ((middle - start) * scale, (end - middle) * scale)
  }

  /// Ratings from the threshold up, and those below it.
  private func split(
    _ entries: [SparseRows.Entry], of ratings: RatingsFile
  ) throws(MachineLearningError) -> (strong: SparseRows, weak: SparseRows) {
    let threshold = Float(threshold ?? -.infinity)
    func rows(_ keeps: (Float) -> Bool) throws(MachineLearningError) -> SparseRows {
      try SparseRows(
        rowCount: ratings.users.count, columnCount: ratings.items.count,
        entries: entries.filter { keeps($0.value) }.map { .init(row: $0.row, column: $0.column, value: 1) },
        keepsLast: true)
    }
    return (try rows { $0 >= threshold }, try rows { $0 < threshold })
  }

  private func runExplicit(_ ratings: RatingsFile) throws(LabError) -> Report {
    var options = ExplicitOptions()
    options.factorCount = factorCount
    options.regularization = regularization
    options.isLiteral = isLiteral
    if isLiteral { options.iterationsMax = 20 }
    let clock = ContinuousClock()
    let start = clock.now
    var (fitStart, fitProcessorStart) = (start, 0.0)
    let training = try modelling(train) { () throws(MachineLearningError) in
      let rows = try SparseRows(
        rowCount: ratings.users.count, columnCount: ratings.items.count, entries: ratings.entries, keepsLast: true)
      return try ExplicitFactorization.train(
        rows, options: options, seed: seed, context: TrainingContext(threads: threads),
        tick: {
          fitStart = clock.now
          fitProcessorStart = processorSeconds()
        })
    }
    let (end, fitProcessorEnd) = (clock.now, processorSeconds())
    let model = training.model
    switch task {
    case .recommend(let count): try writeBest(count, ratings, model)
    case .predict(let pairs): try writePredictions(pairs, ratings, model)
    }
    var report = Report()
    report.add("fit_seconds", seconds(end - fitStart))
    report.add("fit_cpu_seconds", fitProcessorEnd - fitProcessorStart)
    report.add("search_seconds", seconds(fitStart - start))
    report.add("users", ratings.users.count)
    report.add("items", ratings.items.count)
    report.add("ratings", ratings.entries.count)
    report.add("num_factors", model.factorCount)
    report.add("l2_reg", model.regularization)
    report.add("bias_l2_reg", model.biasRegularization)
    report.add("iterations", model.iterations)
    if let validation = training.validation { report.add("holdout", errors(validation)) }
    if let biases = training.biases { report.add("holdout_biases", errors(biases)) }
    if let popularity = training.popularity { report.add("holdout_popularity", errors(popularity)) }
    if let holdout = TimeHoldout(ratings) {
      let judged = try modelling(train) { () throws(MachineLearningError) in
        try holdout.judge(
          ratings, options: options, settingsOf: model, seed: seed, context: TrainingContext(threads: threads))
      }
      if let judged {
        report.add("time_holdout_from", holdout.cut)
        report.add("time_holdout", errors(judged.model))
        report.add("time_holdout_popularity", errors(judged.popularity))
      }
    }
    return report
  }

  private func writeBest(_ count: Int, _ ratings: RatingsFile, _ model: ExplicitModel) throws(LabError) {
    guard count > 0 else { throw .usage("--recommend needs a number above 0") }
    var rated = [Set<Int32>](repeating: [], count: ratings.users.count)
    for entry in ratings.entries { rated[Int(entry.row)].insert(entry.column) }
    var file = try OutputFile(output, header: ["user_id", "item_id", "rank", "score"])
    for user in ratings.users.indices {
      guard let vector = model.userVector(user) else { continue }
      for (rank, best) in model.topK(vector, k: count, excluding: { rated[user].contains(Int32($0)) }).enumerated() {
        try file.row {
          $0.field(ratings.users[user])
          $0.field(ratings.items[best.item])
          $0.field(rank + 1)
          $0.field(best.score)
        }
      }
    }
    try file.finish()
  }

  private func writePredictions(_ pairs: String, _ ratings: RatingsFile, _ model: ExplicitModel) throws(LabError) {
    var source = try CSVFile(pairs)
    let user = try source.column("user_id")
    let item = try source.column("item_id")
    var file = try OutputFile(output, header: ["user_id", "item_id", "predicted_rating"])
    while let row = try source.next() {
      let userName = try source.text(row, user)
      let itemName = try source.text(row, item)
      let rating = model.predict(
        user: ratings.userIndexes[userName].map { Int($0) }, item: ratings.itemIndexes[itemName].map { Int($0) })
      try file.row {
        $0.field(userName)
        $0.field(itemName)
        $0.field(rating)
      }
    }
    try file.finish()
  }

  private func errors(_ metrics: RegressionMetrics) -> Report {
    var report = Report()
    report.add("root_mean_squared_error", metrics.rootMeanSquaredError)
    report.add("mean_absolute_error", metrics.meanAbsoluteError)
    report.add("mean_squared_error", metrics.meanSquaredError)
    report.add("mean_squared_log_error", metrics.meanSquaredLogError)
    report.add("median_absolute_error", metrics.medianAbsoluteError)
    report.add("r2_score", metrics.r2Score)
    report.add("explained_variance", metrics.explainedVariance)
    return report
  }

  private func ranking(_ metrics: RankingMetrics) -> Report {
    var report = Report()
    report.add("normalized_discounted_cumulative_gain", metrics.normalizedDiscountedCumulativeGain)
    report.add("mean_average_precision", metrics.meanAveragePrecision)
    report.add("recall", metrics.recall)
    report.add("average_rank", metrics.averageRank)
    report.add("mean_squared_error", metrics.meanSquaredError)
    return report
  }
}
