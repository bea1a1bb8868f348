import CKernels

/// Trees that are added up: boosted on the logistic loss, or bagged.
struct BoostedTrees: Sendable, Equatable {
  /// What is said before the first tree.
  var base: Double
  var trees: [DecisionTree]

  init(base: Double, trees: [DecisionTree]) {
    self.base = base
    self.trees = trees
  }

  /// The base and what every tree says of a row.
  func score(_ rows: [Float], at start: Int) -> Double { trees.reduce(base) { $0 + Double($1.value(rows, at: start)) } }
}

extension BoostedTrees {
  struct Boosting: Sendable, Equatable {
    var leavesMax = 8
    var learningRate = 0.08
    var roundsMax = 600
    /// Rounds without a lower loss after which boosting ends.
    var patience = 40
    var rowsPerLeafMin = 20
    /// Of the rows each tree is grown on. It may always ask all columns: with fewer, what only two of them tell together is found late.
    var rowShare = 0.6
  }

  /// Gradient boosting of small trees on the logistic loss (Friedman 2001) over histograms, with second-order leaf values. Trees are grown
  /// on the rows that are not `heldOut` until the loss on those has not fallen for some rounds; their best number is kept. Also gives
  /// the log-odds of the rows held out, in their order.
  static func boosted(
    _ columns: BinnedColumns, labels: Buffer<Float>, heldOut: [Int], settings: Boosting, seed: UInt64,
    context: TrainingContext
  ) throws(MachineLearningError) -> (model: BoostedTrees, heldOut: [Float]) {
    var random = SeededRandom(seed: seed)
    let count = columns.rowCount
    var isHeldOut = [Bool](repeating: false, count: count)
    for row in heldOut { isHeldOut[row] = true }
    let rows = (0..<count).filter { !isHeldOut[$0] }.map(Int32.init)
    let positives = rows.reduce(0.0) { $0 + Double(labels[Int($1)]) }
    var model = BoostedTrees(
      base: naturalLogarithm((positives + 0.5) / (Double(rows.count) - positives + 0.5)), trees: [])
    let scores = Buffer(count, filledWith: Float(model.base))
    let margins = Buffer(heldOut.count, filledWith: Float(0))
    func loss() -> Double {
      for (place, row) in heldOut.enumerated() { margins[place] = labels[row] > 0 ? scores[row] : -scores[row] }
      // As many margins as were written.
      return unsafe ck_logistic_loss(margins.start, heldOut.count) / Double(max(1, heldOut.count))
    }
    let grower = TreeGrower(
      columns,
      settings: .init(
        leavesMax: settings.leavesMax, rowsPerLeafMin: settings.rowsPerLeafMin, rate: Float(settings.learningRate)))
    let bound = UInt16(settings.rowShare * 65536)
    var bestLoss = loss()
    var best = (count: 0, scores: heldOut.map { scores[$0] })
    for round in 0..<settings.roundsMax {
      if round % 16 == 0 { try context.checkCancelled() }
      // All rows: scores, labels and twice as many gradients.
      unsafe ck_logistic_gradients(scores.start, labels.start, count, grower.gradients.start)
      let taken = sample(rows, bound, into: grower.order, &random)
      for (place, row) in heldOut.enumerated() { grower.order[rows.count + place] = Int32(row) }
      guard taken > 0 else { continue }
      let tree = grower.grow(taken, using: &random)
      model.trees.append(tree)
      grower.addValues(of: tree, to: scores)
      let loss = loss()
      if loss < bestLoss - 1e-7 {
        bestLoss = loss
        best = (model.trees.count, heldOut.map { scores[$0] })
      } else if model.trees.count - best.count >= settings.patience {
        break
      }
    }
    model.trees.removeSubrange(best.count...)
    return (model, best.scores)
  }

  /// Writes a random part of rows to the front of `order` and the others behind them; returns how many were taken.
  private static func sample(
    _ rows: [Int32], _ bound: UInt16, into order: Buffer<Int32>, _ random: inout SeededRandom
  ) -> Int {
    var (front, back) = (0, rows.count)
    var bits: UInt64 = 0
    for (place, row) in rows.enumerated() {
      if place % 4 == 0 { bits = random.next() }
      let isTaken = UInt16(truncatingIfNeeded: bits) < bound
      bits >>= 16
      // Written to both ends, kept at one: no branch to guess.
      order[front] = row
      order[back - 1] = row
      front += isTaken ? 1 : 0
      back -= isTaken ? 0 : 1
    }
    return front
  }

  /// Bagged trees.
  struct Bag: Sendable {
    /// Leaves hold the distance from the base.
    var trees: [DecisionTree] = []
    /// Per row what the trees say that did not see it, and how many those are.
    var sums: [Float]
    var counts: [Int32]
  }

  /// Bagged trees for the probability itself (Breiman 2001): each on a random part of the rows, each split choosing from a few columns.
  static func bagged(
    _ columns: BinnedColumns, labels: Buffer<Float>, base: Double, count: Int, rowsPerLeafMin: Int, seed: UInt64,
    context: TrainingContext
  ) throws(MachineLearningError) -> Bag {
    var random = SeededRandom(seed: seed)
    let perSplit = Int((Double(columns.columnCount).squareRoot() * 1.5).rounded(.up))
    let grower = TreeGrower(
      columns,
      settings: .init(
        leavesMax: 96, rowsPerLeafMin: rowsPerLeafMin, penalty: 1, rate: 1,
        columnsPerSplit: min(columns.columnCount, perSplit)))
    for row in 0..<columns.rowCount {
      grower.gradients[2 * row] = Float(base) - labels[row]
      grower.gradients[2 * row + 1] = 1
    }
    let rows = (0..<columns.rowCount).map(Int32.init)
    let sums = Buffer(rows.count, filledWith: Float(0))
    let counts = Buffer(rows.count, filledWith: Int32(0))
    var trees: [DecisionTree] = []
    for _ in 0..<count {
      try context.checkCancelled()
      let taken = sample(rows, UInt16(0.63 * 65536), into: grower.order, &random)
      guard taken > 0 else { continue }
      let tree = grower.grow(taken, using: &random)
      grower.addValuesAlong(of: tree, to: sums, counts: counts)
      trees.append(tree)
    }
    return Bag(trees: trees, sums: sums.array(0..<rows.count), counts: counts.array(0..<rows.count))
  }
}
