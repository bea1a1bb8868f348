import MachineLearning

/// What came last, to judge what was learned from the rest: ratings after the moment by which four fifths had been given. Nobody is judged
/// by what happened before.
struct TimeHoldout: Sendable {
  /// The first second that is held out.
  let cut: Double
  /// Whether each rating lies before it.
  private let isKnown: [Bool]

  /// Nil without timestamps, or where nearly all ratings came at one moment.
  init?(_ ratings: RatingsFile) {
    let sorted = ratings.timestamps.sorted()
    guard sorted.count >= 50 else { return nil }
    let cut = sorted[sorted.count * 4 / 5]
    isKnown = ratings.timestamps.map { $0 < cut }
    self.cut = cut
    guard isKnown.count(where: { $0 }) >= sorted.count / 2 else { return nil }
  }

  /// Entries on one side of the cut.
  func entries(_ ratings: RatingsFile, known: Bool) -> [SparseRows.Entry] {
    ratings.entries.indices.filter { isKnown[$0] == known }.map { ratings.entries[$0] }
  }

  /// How a model with the choices of another, trained on what lies before the cut, ranks what came after it, beside popularity; nil
  /// where nothing can be judged. `split` turns ratings into positive and weak interactions.
  func judge(
    _ ratings: RatingsFile, options: ImplicitOptions, choices: ImplicitChoices, seed: UInt64, context: TrainingContext,
    split: ([SparseRows.Entry]) throws(MachineLearningError) -> (strong: SparseRows, weak: SparseRows)
  ) throws(MachineLearningError) -> (model: RankingMetrics, popularity: RankingMetrics)? {
    let (strong, weak) = try split(entries(ratings, known: true))
    guard strong.count >= 2 else { return nil }
    let known = strong.union(weak)
    let counts = strong.transposed()
    let taken = (0..<known.rowCount).map { Set(known.columns[known.range($0)]) }
    // Who and what nobody knew before the cut cannot be ranked; what was met before is no news.
    let later = try split(entries(ratings, known: false)).strong
    var targets: [SparseRows.Entry] = []
    for user in 0..<later.rowCount where !strong.range(user).isEmpty {
      for index in later.range(user) {
        let item = later.columns[index]
        guard !counts.range(Int(item)).isEmpty, !taken[user].contains(item) else { continue }
        targets.append(.init(row: Int32(user), column: item, value: 1))
      }
    }
    guard !targets.isEmpty else { return nil }
    let held = try SparseRows(rowCount: known.rowCount, columnCount: known.columnCount, entries: targets)
    let evidence = strong.adding(weak, scaledBy: Float(choices.weakWeight))
    let model = try ImplicitFactorization.fit(
      evidence, options: options, choices: choices, seed: seed, context: context)
    let popularity = (0..<counts.rowCount).map { Float(counts.range($0).count) }
    return (
      RankingMetrics.judge(targets: held, known: known, context: context) {
        model.scores(model.userVector($0), history: evidence.history($0))
      },
      RankingMetrics.judge(targets: held, known: known, context: context) { _ in popularity }
    )
  }

  /// The same for ratings: errors of a model with the settings of another, beside those of the items' means.
  func judge(
    _ ratings: RatingsFile, options: ExplicitOptions, settingsOf model: ExplicitModel, seed: UInt64,
    context: TrainingContext
  ) throws(MachineLearningError) -> (model: RegressionMetrics, popularity: RegressionMetrics)? {
    let known = try SparseRows(
      rowCount: ratings.users.count, columnCount: ratings.items.count, entries: entries(ratings, known: true),
      keepsLast: true)
    let later = entries(ratings, known: false)
    guard known.count >= 2, !later.isEmpty else { return nil }
    let early = try ExplicitFactorization.fit(
      known, options: options, settingsOf: model, seed: seed, context: context)
    let mean = known.values.reduce(0.0) { $0 + Double($1) } / Double(known.count)
    let items = known.transposed()
    let means = (0..<items.rowCount).map { item in
      let values = items.values[items.range(item)]
      // Damped by five ratings of the mean, as where the search compares.
      return (values.reduce(0.0) { $0 + Double($1) } + 5 * mean) / Double(values.count + 5)
    }
    func exists(_ rows: SparseRows, _ row: Int32) -> Int? { rows.range(Int(row)).isEmpty ? nil : Int(row) }
    let targets = later.map { Double($0.value) }
    return (
      RegressionMetrics(
        predicted: later.map { Double(early.predict(user: exists(known, $0.row), item: exists(items, $0.column))) },
        actual: targets),
      RegressionMetrics(predicted: later.map { means[Int($0.column)] }, actual: targets)
    )
  }
}
