/// Gradient boosting of small trees on the logistic loss (Friedman 2001) over histograms, with second-order leaf values.
struct BoostedTrees: Sendable, Equatable {
  struct Settings: Sendable, Equatable {
    var leavesMax = 8
    var learningRate = 0.05
    var roundsMax = 600
    var patience = 40
    var rowsPerLeafMin = 20
    var penalty = 2.0
    var rowShare = 0.8
    /// Of the columns each tree may ask about.
    var columnShare = 0.7
    /// Of those, what each split may choose from.
    var splitColumnShare = 1.0
  }

  /// The log-odds before the first tree.
  var base: Double
  var trees: [DecisionTree]

  /// Grows trees on `rows` until the loss on `validation` has not fallen for `patience` rounds; keeps the best number of them.
  init(
    _ columns: BinnedColumns, labels: [Bool], rows: [Int], validation: [Int], settings: Settings, seed: UInt64,
    context: TrainingContext
  ) throws(MachineLearningError) {
    var random = SeededRandom(seed: seed)
    let positives = rows.count { labels[$0] }
    base = naturalLogarithm((Double(positives) + 0.5) / (Double(rows.count - positives) + 0.5))
    trees = []
    var scores = [Double](repeating: base, count: columns.rowCount)
    let grower = TreeGrower(columns, settings: settings)
    var bestLoss = Self.loss(scores, labels, validation)
    var bestCount = 0
    for round in 0..<settings.roundsMax {
      if round % 16 == 0 { try context.checkCancelled() }
      for row in rows {
        let probability = logistic(scores[row])
        grower.gradients[2 * row] = Float(probability - (labels[row] ? 1 : 0))
        grower.gradients[2 * row + 1] = Float(max(1e-6, probability * (1 - probability)))
      }
      let sample = rows.filter { _ in random.uniform() < settings.rowShare }
      let chosen = (0..<columns.columnCount).filter { _ in random.uniform() < settings.columnShare }
      guard !sample.isEmpty, !chosen.isEmpty else { continue }
      let grown = grower.grow(sample, columns: chosen, using: &random)
      trees.append(grown.tree)
      for row in 0..<columns.rowCount { scores[row] += Double(grower.value(grown, row: row)) }
      let loss = Self.loss(scores, labels, validation)
      if loss < bestLoss - 1e-7 {
        bestLoss = loss
        bestCount = trees.count
      } else if trees.count - bestCount >= settings.patience {
        break
      }
    }
    trees.removeSubrange(bestCount...)
  }

  /// Bagged trees for the probability itself (Breiman 2001): each on a random half of `rows`, each split choosing from a few columns;
  /// ``score(_:at:)`` is then the mean of their leaves.
  init(
    bagging columns: BinnedColumns, labels: [Bool], rows: [Int], count: Int, rowsPerLeafMin: Int, seed: UInt64,
    context: TrainingContext
  ) throws(MachineLearningError) {
    var random = SeededRandom(seed: seed)
    base = Double(rows.count { labels[$0] }) / Double(max(1, rows.count))
    trees = []
    var settings = Settings()
    settings.leavesMax = 96
    settings.learningRate = 1 / Double(count)
    settings.rowsPerLeafMin = rowsPerLeafMin
    settings.penalty = 1
    settings.splitColumnShare = max(0.15, 1.5 / Double(max(1, columns.columnCount)).squareRoot())
    let grower = TreeGrower(columns, settings: settings)
    for row in rows {
      grower.gradients[2 * row] = Float(base - (labels[row] ? 1 : 0))
      grower.gradients[2 * row + 1] = 1
    }
    let all = Array(0..<columns.columnCount)
    for _ in 0..<count {
      try context.checkCancelled()
      let sample = rows.filter { _ in random.uniform() < 0.63 }
      guard !sample.isEmpty else { continue }
      trees.append(grower.grow(sample, columns: all, using: &random).tree)
    }
  }

  init(base: Double, trees: [DecisionTree]) {
    self.base = base
    self.trees = trees
  }

  /// The log-odds of a row.
  func score(_ rows: [Float], at start: Int) -> Double { trees.reduce(base) { $0 + Double($1.value(rows, at: start)) } }

  private static func loss(_ scores: [Double], _ labels: [Bool], _ rows: [Int]) -> Double {
    rows.reduce(0.0) { sum, row in
      let margin = labels[row] ? scores[row] : -scores[row]
      return sum
        + (margin > 0
          ? naturalLogarithm(1 + exponential(-margin)) : -margin + naturalLogarithm(1 + exponential(margin)))
    } / Double(max(1, rows.count))
  }
}
