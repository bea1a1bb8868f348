import CKernels

/// Grows one tree best-first: the leaf whose split gains most is split next.
final class TreeGrower {
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
