/// Grows the trees of a propensity model. Every row also gets predictions of models that did not see it.
struct PropensityForests {
  /// What was grown.
  struct Grown {
    var models: [BoostedTrees]
    /// For every row the log-odds that models say which did not see it.
    var heldOut: [Float]
    /// What these models took, by the clock that was lent.
    var seconds: Double
  }

  /// Bags that each size of leaves is tried with, all of them, and the trees of one: a bag is what one thread grows.
  private static let (bagsTried, bagCount, treesPerBag) = (2, 6, 20)

  private let columns: BinnedColumns
  private let labels: Buffer<Float>
  /// The rows of every fold.
  private let folds: [[Int]]
  private let seed: UInt64

  init(_ matrix: Matrix, labels: Buffer<Float>, folds: [Int], seed: UInt64) {
    columns = BinnedColumns(matrix)
    self.labels = labels
    self.folds = (0...(folds.max() ?? 0)).map { fold in folds.indices.filter { folds[$0] == fold } }
    self.seed = seed
  }

  /// Boosted trees, a model for every fold, stopped early on it. Their size is that of the least loss on the first folds at twice the
  /// learning rate, tried from small to large until one is no better.
  func boosted(
    _ options: Propensity.Options, context: TrainingContext, now: () -> Double
  ) throws(MachineLearningError) -> Grown {
    var settings = BoostedTrees.Boosting()
    settings.roundsMax = options.roundsMax
    settings.rowsPerLeafMin = max(3, min(20, labels.count / 50))
    var best = (loss: Double.infinity, leaves: 8)
    var quick = settings
    quick.learningRate = min(1, 2 * options.learningRate)
    quick.patience = settings.patience / 2
    let candidates = [4, 8, 20]
    for (index, leavesMax) in candidates.enumerated() {
      context.progress(0.3 * Double(index) / Double(candidates.count))
      quick.leavesMax = leavesMax
      let trials = 0..<2
      let loss = loss(of: try boosted(trials, quick, context), trials)
      // Larger ones would cost most and fit noise still more.
      guard loss < best.loss else { break }
      best = (loss, leavesMax)
    }
    context.progress(0.3)
    settings.learningRate = options.learningRate
    settings.leavesMax = best.leaves
    let start = now()
    let grown = try boosted(folds.indices, settings, context)
    var heldOut = [Float](repeating: 0, count: labels.count)
    for (rows, found) in zip(folds, grown) {
      for (row, score) in zip(rows, found.heldOut) { heldOut[row] = score }
    }
    return Grown(models: grown.map(\.model), heldOut: heldOut, seconds: now() - start)
  }

  private typealias Boosted = (model: BoostedTrees, heldOut: [Float])

  /// Models by the number of the fold that they do not see.
  private func boosted(
    _ numbers: Range<Int>, _ settings: BoostedTrees.Boosting, _ context: TrainingContext
  ) throws(MachineLearningError) -> [Boosted] {
    try each(numbers, context) { number in
      // Only cancellation can throw here; an empty slot is how it shows.
      try? BoostedTrees.boosted(
        columns, labels: labels, heldOut: folds[number], settings: settings, seed: mixedBits(seed &+ UInt64(number)),
        context: context.alone)
    }
  }

  private func loss(of grown: [Boosted], _ numbers: Range<Int>) -> Double {
    zip(numbers, grown).reduce(0) { sum, found in
      sum + logisticLoss(of: found.1.heldOut, folds[found.0].map { labels[$0] })
    }
  }

  /// Bagged trees, with small leaves or, where there is much noise, with large ones; a row's held-out probability is that of the trees
  /// which were grown without it.
  func bagged(context: TrainingContext, now: () -> Double) throws(MachineLearningError) -> Grown {
    let base = (0..<labels.count).reduce(0.0) { $0 + Double(labels[$1]) } / Double(labels.count)
    let small = max(3, min(10, labels.count / 100))
    var best: (loss: Double, size: Int, bags: [BoostedTrees.Bag])?
    let start = now()
    for size in [small, max(4 * small, labels.count / 200)] {
      let bags = try bagged(0..<Self.bagsTried, base, size, context)
      let loss = logisticLoss(of: outOfBag(bags, base), labels.array(0..<labels.count))
      if loss < best?.loss ?? .infinity { best = (loss, size, bags) }
    }
    guard let best else { return Grown(models: [], heldOut: [], seconds: 0) }
    let bags = best.bags + (try bagged(Self.bagsTried..<Self.bagCount, base, best.size, context))
    var trees = bags.flatMap(\.trees)
    for tree in trees.indices {
      for node in trees[tree].nodes.indices { trees[tree].nodes[node].value /= Float(trees.count) }
    }
    return Grown(
      models: [BoostedTrees(base: base, trees: trees)], heldOut: outOfBag(bags, base), seconds: now() - start)
  }

  private func bagged(
    _ numbers: Range<Int>, _ base: Double, _ rowsPerLeafMin: Int, _ context: TrainingContext
  ) throws(MachineLearningError) -> [BoostedTrees.Bag] {
    try each(numbers, context) { number in
      // As in boosted.
      try? BoostedTrees.bagged(
        columns, labels: labels, base: base, count: Self.treesPerBag, rowsPerLeafMin: rowsPerLeafMin,
        seed: mixedBits(seed ^ UInt64(number + 100)), context: context.alone)
    }
  }

  private func outOfBag(_ bags: [BoostedTrees.Bag], _ base: Double) -> [Float] {
    (0..<labels.count).map { row in
      let (sum, count) = bags.reduce((Float(0), Int32(0))) { ($0.0 + $1.sums[row], $0.1 + $1.counts[row]) }
      return Float(PropensityModel.logOdds(ofShare: base + Double(sum) / Double(max(1, count))))
    }
  }

  private func each<Result: Sendable>(
    _ numbers: Range<Int>, _ context: TrainingContext, _ body: @Sendable (Int) -> Result?
  ) throws(MachineLearningError) -> [Result] {
    let results = Slots<Result>(numbers.count)
    concurrently(numbers.count, threads: context.threads) { _, index in
      results.put(body(numbers.lowerBound + index), at: index)
    }
    let models = results.all.compactMap { $0 }
    guard models.count == numbers.count else { throw .cancelled }
    return models
  }
}
