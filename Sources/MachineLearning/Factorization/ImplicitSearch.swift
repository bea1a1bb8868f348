/// Chooses what the options leave open on two validation slices: each a fifth of every user's interactions, drawn by the seed.
struct ImplicitSearch {
  struct Found {
    var choices: ImplicitChoices
    var validation: RankingMetrics?
    var popularity: RankingMetrics?

    func settings(isLiteral: Bool) -> ImplicitFitter.Settings {
      ImplicitFitter.Settings(
        rank: choices.factorCount, regularization: choices.regularization, alpha: choices.alpha, isLiteral: isLiteral)
    }
  }

  /// More interactions than this are sampled down by whole users while searching.
  private static let searchEntriesMax = 400_000
  /// Iterations of a fit during the search: the order of settings shows before they converge.
  private static let searchIterations = 8

  let interactions: SparseRows
  let weak: SparseRows?
  let options: ImplicitOptions
  let seed: UInt64
  let context: TrainingContext
  private let slices: [Slice]

  /// What is learnt from, what is to be found, and what is no candidate.
  private struct Slice {
    let train: SparseRows
    let targets: SparseRows
    let known: SparseRows
  }

  init(_ interactions: SparseRows, weak: SparseRows?, options: ImplicitOptions, seed: UInt64, context: TrainingContext)
  {
    self.options = options
    self.seed = seed
    self.context = context
    let userShare = Double(Self.searchEntriesMax) / Double(max(1, interactions.count + (weak?.count ?? 0)))
    func isSearched(_ user: Int) -> Bool {
      userShare >= 1 || Double(mixedBits(seed &+ UInt64(user)) >> 11) * 0x1p-53 < userShare
    }
    let searched = interactions.filtered { user, _ in isSearched(user) }
    self.interactions = searched
    let searchedWeak = weak?.filtered { user, _ in isSearched(user) }
    self.weak = searchedWeak
    slices = (0..<2).map { slice in
      // Of users with one interaction none is held out: nothing would be left to rank by.
      func isHeldOut(_ user: Int, _ index: Int) -> Bool {
        guard searched.range(user).count > 1 else { return false }
        return mixedBits(seed ^ mixedBits(UInt64(user) << 32 | UInt64(searched.columns[index]))) % 5 == slice
      }
      let train = searched.filtered { !isHeldOut($0, $1) }
      return Slice(
        train: train, targets: searched.filtered { isHeldOut($0, $1) },
        known: searchedWeak.map { train.merged(with: $0) } ?? train)
    }
  }

  /// Interactions with weak ones beside them.
  func evidence(_ strong: SparseRows, weak: SparseRows?, weakWeight: Double) -> SparseRows {
    guard let weak, weakWeight > 0 else { return strong }
    return strong.merged(with: weak.mapValues { $0 * Float(weakWeight) })
  }

  func run() throws(MachineLearningError) -> Found {
    let literalRank = max(
      2, min(200, Int((naturalLogarithm(Double(max(2, interactions.count))) / naturalLogarithm(2)).rounded())))
    var choices = ImplicitChoices(
      factorCount: options.factorCount ?? (options.isLiteral ? literalRank : 64),
      regularization: options.regularization ?? (options.isLiteral ? 1 : 0.01),
      alpha: options.alpha ?? (options.isLiteral ? 40 : 10),
      weakWeight: 0, itemRegularization: 0, blend: 0, iterations: options.iterationsMax)
    guard slices.allSatisfy({ $0.targets.count > 0 }) else { return Found(choices: choices) }
    let counts = slices[0].train.transposed()
    let popularity = RankingMetrics.evaluate(targets: slices[0].targets, known: slices[0].known, context: context) {
      _, scores in
      for item in 0..<counts.rowCount { scores[item] = Float(counts.range(item).count) }
    }
    if !options.isLiteral { try searchFactors(&choices) }
    var fits: [ImplicitFitter.Result] = []
    for slice in slices { fits.append(try fitted(choices, slice, iterations: choices.iterations)) }
    if options.isHybrid { try searchBlend(&choices, fits: fits) }
    let all = evidence(slices[0].train, weak: weak, weakWeight: choices.weakWeight)
    let regression = try ItemRegression.fit(all, choices, context: quiet)
    let model = model(choices, fits[0], regression: regression)
    let validation = RankingMetrics.evaluate(targets: slices[0].targets, known: slices[0].known, context: context) {
      user, scores in
      model.fillScores(model.userVector(user), history: all.history(user), into: &scores)
    }
    return Found(choices: choices, validation: validation, popularity: popularity)
  }

  private var quiet: TrainingContext { TrainingContext(threads: context.threads, isCancelled: context.isCancelled) }

  private func model(_ choices: ImplicitChoices, _ fit: ImplicitFitter.Result, regression: ItemRegression?)
    -> ImplicitModel
  {
    ImplicitModel(
      choices: choices, isLiteral: options.isLiteral, users: fit.users, items: fit.items, eigenvalues: fit.eigenvalues,
      regression: regression, isRanked: false)
  }

  private func fitted(_ choices: ImplicitChoices, _ slice: Slice, iterations: Int) throws(MachineLearningError)
    -> ImplicitFitter.Result
  {
    try ImplicitFitter(
      evidence(slice.train, weak: weak, weakWeight: choices.weakWeight),
      settings: Found(choices: choices).settings(isLiteral: options.isLiteral), seed: seed, context: quiet
    ).run(iterationsMax: iterations)
  }

  private func score(_ choices: ImplicitChoices) throws(MachineLearningError) -> Double {
    var sum = 0.0
    for slice in slices {
      let model = model(choices, try fitted(choices, slice, iterations: Self.searchIterations), regression: nil)
      sum += RankingMetrics.searchScore(targets: slice.targets, known: slice.known, context: context) { user, scores in
        model.fillScores(model.userVector(user), history: .init(), into: &scores)
      }
    }
    return sum / Double(slices.count)
  }

  /// Coordinate search over factors of two: λ, α, the weak weight, and the number of factors.
  private func searchFactors(_ choices: inout ImplicitChoices) throws(MachineLearningError) {
    var best = try score(choices)
    func climb(_ values: [ImplicitChoices]) throws(MachineLearningError) {
      for candidate in values {
        let value = try score(candidate)
        guard value > best else { return }
        best = value
        choices = candidate
      }
    }
    for round in 0..<2 {
      for factor in round == 0 ? [4.0, 2.0] : [2.0, 1.41] {
        if options.regularization == nil {
          for direction in [factor, 1 / factor] {
            let start = choices
            try climb(
              (1...6).map {
                var next = start; next.regularization *= power(direction, Double($0)); return next
              })
          }
        }
        if options.alpha == nil {
          for direction in [factor, 1 / factor] {
            let start = choices
            try climb(
              (1...6).map {
                var next = start; next.alpha *= power(direction, Double($0)); return next
              })
          }
        }
      }
      if let weak, weak.count > 0 {
        let start = choices
        try climb(
          [0.1, 0.2, 0.35, 0.5, 0.7].map {
            var next = start; next.weakWeight = $0; return next
          }.filter { $0.weakWeight > start.weakWeight })
      }
      if options.factorCount == nil {
        let start = choices
        try climb(
          [32].map {
            var next = start; next.factorCount = $0; return next
          })
      }
    }
  }

  // MARK: The item regression

  /// Numbers of directions that are tried in place of all.
  private static let itemRanks = [192, 256]
  /// A share of the whole regression's score from which fewer directions rank as well: far below what another split of the data changes.
  private static let alikeShare = 0.999

  /// λ of the item regression and its share in the blend, both 0 where no share helps; then the fewest directions along which it ranks as
  /// well, for they make a list without a look at every item.
  private func searchBlend(_ choices: inout ImplicitChoices, fits: [ImplicitFitter.Result]) throws(MachineLearningError)
  {
    var factors: [ImplicitModel] = []
    for fit in fits { factors.append(model(choices, fit, regression: nil)) }
    var evidences: [SparseRows] = []
    for slice in slices { evidences.append(evidence(slice.train, weak: weak, weakWeight: choices.weakWeight)) }
    let whole = try bestBlend(factors, evidences) { index, regularization throws(MachineLearningError) in
      try ItemRegression(evidences[index], regularization: regularization, context: quiet)
    }
    guard let whole, whole.blend > 0 else { return }
    choices.blend = whole.blend
    choices.itemRegularization = whole.regularization
    var directions: [PrincipalDirections] = []
    for evidence in evidences {
      directions.append(try PrincipalDirections(evidence, rank: Self.itemRanks.last ?? 0, context: quiet))
    }
    for rank in Self.itemRanks {
      let some = try bestBlend(factors, evidences) { index, regularization throws(MachineLearningError) in
        ItemRegression(directions[index], rank: rank, regularization: regularization)
      }
      guard let some, some.blend > 0, some.value >= Self.alikeShare * whole.value else { continue }
      choices.blend = some.blend
      choices.itemRegularization = some.regularization
      choices.itemRank = rank
      return
    }
  }

  private func bestBlend(
    _ factors: [ImplicitModel], _ evidences: [SparseRows],
    regression: (_ slice: Int, _ regularization: Double) throws(MachineLearningError) -> ItemRegression?
  ) throws(MachineLearningError) -> (value: Double, regularization: Double, blend: Double)? {
    // The first is that of the factors alone.
    let blends: [Float] = [0, 0.2, 0.35, 0.5, 0.65, 0.8, 1]
    var best: (value: Double, regularization: Double, blend: Double)?
    for regularization in [100.0, 200, 400, 800] {
      try context.checkCancelled()
      var sums = [Double](repeating: 0, count: blends.count)
      for (index, slice) in slices.enumerated() {
        guard let regression = try regression(index, regularization) else { return nil }
        let (model, evidence) = (factors[index], evidences[index])
        let values = RankingMetrics.searchScores(
          blends.count, targets: slice.targets, known: slice.known, context: context
        ) { user, lists in
          model.fillScores(model.userVector(user), history: .init(), into: &lists[0])
          var scores = [Float](repeating: 0, count: model.itemCount)
          let history = evidence.history(user)
          regression.addScores(items: history.items, strengths: history.strengths, factor: 1, to: &scores)
          for (list, blend) in blends.enumerated().dropFirst() {
            for item in scores.indices { lists[list][item] = (1 - blend) * lists[0][item] + blend * scores[item] }
          }
        }
        for (blend, value) in values.enumerated() { sums[blend] += value }
      }
      for (blend, sum) in zip(blends, sums) where sum > best?.value ?? -1 {
        best = (sum, regularization, Double(blend * 100).rounded() / 100)
      }
    }
    return best
  }
}

extension SparseRows {
  /// A row as a history.
  public func history(_ row: Int) -> ImplicitModel.History {
    ImplicitModel.History(items: Array(columns[range(row)]), strengths: Array(values[range(row)]))
  }
}
