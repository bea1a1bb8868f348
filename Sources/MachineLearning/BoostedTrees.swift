import CKernels

/// A decision tree over raw values: a row goes left when its value is at most the threshold, or is missing and missing goes left.
struct DecisionTree: Sendable, Equatable {
  struct Node: Sendable, Equatable {
    /// The column asked, -1 in a leaf.
    var column: Int32
    var threshold: Float
    var missingGoesLeft: Bool
    var left: Int32
    var right: Int32
    /// What the tree says here: in a leaf the answer, in a branch what it would say without going on.
    var value: Float
  }

  var nodes: [Node]

  /// The leaf's value for a row of a row-major table of `width` columns.
  func value(_ rows: [Float], at start: Int) -> Float {
    var index = 0
    while nodes[index].column >= 0 { index = next(index, rows, start) }
    return nodes[index].value
  }

  /// Adds to each column what its questions changed in the answer on the way to the leaf (Saabas 2014).
  func addContributions(_ rows: [Float], at start: Int, scale: Double, to contributions: inout [Double]) {
    var index = 0
    while nodes[index].column >= 0 {
      let following = next(index, rows, start)
      contributions[Int(nodes[index].column)] += scale * Double(nodes[following].value - nodes[index].value)
      index = following
    }
  }

  private func next(_ index: Int, _ rows: [Float], _ start: Int) -> Int {
    let node = nodes[index]
    let value = rows[start + Int(node.column)]
    return Int((value.isNaN ? node.missingGoesLeft : value <= node.threshold) ? node.left : node.right)
  }
}

/// Columns cut into at most 254 bins at quantiles; bin 0 holds what is missing.
struct BinnedColumns: Sendable {
  static let binsMax = 255

  let rowCount: Int
  let columnCount: Int
  /// Column after column, a byte per row.
  let bins: Buffer<UInt8>
  /// Per column the upper edge of each bin from 1 on; the last is infinite.
  let edges: [[Float]]

  init(_ matrix: Matrix) {
    rowCount = matrix.rows
    columnCount = matrix.columns
    bins = Buffer(max(1, matrix.rows * matrix.columns), filledWith: 0)
    var edges: [[Float]] = []
    for column in 0..<matrix.columns {
      let values = (0..<matrix.rows).map { matrix[$0, column] }
      let sorted = values.filter { !$0.isNaN }.sorted()
      var distinct: [Float] = []
      for value in sorted where value != distinct.last { distinct.append(value) }
      var cuts: [Float] = []
      if distinct.count <= 64 {
        cuts = zip(distinct, distinct.dropFirst()).map { $0 + ($1 - $0) / 2 }
      } else {
        for part in 1..<64 {
          let position = part * sorted.count / 64
          let cut = sorted[position - 1] + (sorted[position] - sorted[position - 1]) / 2
          if cut > (cuts.last ?? -.infinity) { cuts.append(cut) }
        }
      }
      cuts.append(.infinity)
      for (row, value) in values.enumerated() where !value.isNaN {
        var low = 0
        var high = cuts.count - 1
        while low < high {
          let middle = (low + high) / 2
          if value <= cuts[middle] { high = middle } else { low = middle + 1 }
        }
        bins[column * matrix.rows + row] = UInt8(low + 1)
      }
      edges.append(cuts)
    }
    self.edges = edges
  }
}

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

/// Grows one tree best-first: the leaf whose split gains most is split next.
private final class TreeGrower {
  /// A grown tree and, per branch, the bin up to which rows go left.
  struct Grown {
    var tree: DecisionTree
    var bins: [UInt8]
  }

  private struct Split {
    var gain: Double
    var column: Int
    var bin: Int
    var missingGoesLeft: Bool
  }

  private struct Leaf {
    var node: Int
    var rows: Range<Int>
    var gradient: Double
    var hessian: Double
    var split: Split?
  }

  private let columns: BinnedColumns
  private let settings: BoostedTrees.Settings
  /// Gradient and hessian of each row, beside each other.
  let gradients: Buffer<Float>
  /// Rows, grouped by leaf.
  private let order: Buffer<Int32>
  private let histogram: Buffer<Float>

  init(_ columns: BinnedColumns, settings: BoostedTrees.Settings) {
    self.columns = columns
    self.settings = settings
    gradients = Buffer(columns.rowCount * 2, filledWith: 0)
    order = Buffer(columns.rowCount, filledWith: 0)
    histogram = Buffer(3 * (BinnedColumns.binsMax + 1), filledWith: 0)
  }

  func grow(_ rows: [Int], columns chosen: [Int], using random: inout SeededRandom) -> Grown {
    for (position, row) in rows.enumerated() { order[position] = Int32(row) }
    var tree = DecisionTree(nodes: [])
    var bins: [UInt8] = []
    func leaf(_ range: Range<Int>) -> Leaf {
      var gradient = 0.0
      var hessian = 0.0
      for position in range {
        gradient += Double(gradients[2 * Int(order[position])])
        hessian += Double(gradients[2 * Int(order[position]) + 1])
      }
      let value = Float(-settings.learningRate * gradient / (hessian + settings.penalty))
      tree.nodes.append(.init(column: -1, threshold: 0, missingGoesLeft: false, left: 0, right: 0, value: value))
      bins.append(0)
      var leaf = Leaf(node: tree.nodes.count - 1, rows: range, gradient: gradient, hessian: hessian, split: nil)
      let share = settings.splitColumnShare
      leaf.split = bestSplit(leaf, share < 1 ? chosen.filter { _ in random.uniform() < share } : chosen)
      return leaf
    }
    var leaves = [leaf(0..<rows.count)]
    while leaves.count < settings.leavesMax {
      guard
        let index = leaves.indices.filter({ leaves[$0].split != nil }).max(by: { gain(leaves[$0]) < gain(leaves[$1]) }),
        let split = leaves[index].split
      else { break }
      let parent = leaves.remove(at: index)
      let middle = partition(parent.rows, split)
      let left = leaf(parent.rows.lowerBound..<middle)
      let right = leaf(middle..<parent.rows.upperBound)
      tree.nodes[parent.node].column = Int32(split.column)
      tree.nodes[parent.node].threshold = columns.edges[split.column][split.bin - 1]
      tree.nodes[parent.node].missingGoesLeft = split.missingGoesLeft
      tree.nodes[parent.node].left = Int32(left.node)
      tree.nodes[parent.node].right = Int32(right.node)
      bins[parent.node] = UInt8(split.bin)
      leaves += [left, right]
    }
    return Grown(tree: tree, bins: bins)
  }

  /// The tree's value for a binned row.
  func value(_ grown: Grown, row: Int) -> Float {
    var index = 0
    while grown.tree.nodes[index].column >= 0 {
      let node = grown.tree.nodes[index]
      let bin = columns.bins[Int(node.column) * columns.rowCount + row]
      index = Int((bin == 0 ? node.missingGoesLeft : bin <= grown.bins[index]) ? node.left : node.right)
    }
    return grown.tree.nodes[index].value
  }

  private func gain(_ leaf: Leaf) -> Double { leaf.split?.gain ?? 0 }

  private func bestSplit(_ leaf: Leaf, _ chosen: [Int]) -> Split? {
    guard leaf.rows.count >= 2 * settings.rowsPerLeafMin else { return nil }
    var best: Split?
    let whole = leaf.gradient * leaf.gradient / (leaf.hessian + settings.penalty)
    for column in chosen {
      let binCount = columns.edges[column].count + 1
      for index in 0..<(3 * binCount) { histogram[index] = 0 }
      // Bins of this column, gradients of all rows, a histogram of 3 * 256 floats; rows and bins are in range.
      unsafe ck_histogram(
        columns.bins.at(column * columns.rowCount), gradients.start, order.at(leaf.rows.lowerBound), leaf.rows.count,
        histogram.start)
      let missing = (Double(histogram[0]), Double(histogram[1]), Double(histogram[2]))
      for missingGoesLeft in missing.2 > 0 ? [false, true] : [false] {
        var (gradient, hessian, count) = missingGoesLeft ? missing : (0, 0, 0)
        for bin in 1..<max(1, binCount - 1) {
          gradient += Double(histogram[3 * bin])
          hessian += Double(histogram[3 * bin + 1])
          count += Double(histogram[3 * bin + 2])
          let restCount = Double(leaf.rows.count) - count
          guard count >= Double(settings.rowsPerLeafMin), restCount >= Double(settings.rowsPerLeafMin) else { continue }
          let (restGradient, restHessian) = (leaf.gradient - gradient, leaf.hessian - hessian)
          let gain =
            gradient * gradient / (hessian + settings.penalty) + restGradient * restGradient
            / (restHessian + settings.penalty) - whole
          if gain > (best?.gain ?? 1e-6) {
            best = Split(gain: gain, column: column, bin: bin, missingGoesLeft: missingGoesLeft)
          }
        }
      }
    }
    return best
  }

  /// Brings the rows that go left to the front, both sides keeping their order.
  private func partition(_ range: Range<Int>, _ split: Split) -> Int {
    var right: [Int32] = []
    var position = range.lowerBound
    for index in range {
      let row = order[index]
      let bin = Int(columns.bins[split.column * columns.rowCount + Int(row)])
      if bin == 0 ? split.missingGoesLeft : bin <= split.bin {
        order[position] = row
        position += 1
      } else {
        right.append(row)
      }
    }
    for (offset, row) in right.enumerated() { order[position + offset] = row }
    return position
  }
}
