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
    /// Where its histograms are kept.
    var slot: Int
  }

  /// Columns that may be asked, and where each one's bins start.
  private struct Choice {
    let columns: Buffer<Int32>
    let offsets: Buffer<Int32>
    let binCount: Int

    init(_ chosen: [Int], of columns: BinnedColumns) {
      self.columns = Buffer(chosen.map(Int32.init), paddedTo: chosen.count, with: 0)
      offsets = Buffer(chosen.count, filledWith: 0)
      var next = 0
      for (place, column) in chosen.enumerated() {
        offsets[place] = Int32(next)
        next += columns.edges[column].count + 1
      }
      binCount = next
    }
  }

  private let columns: BinnedColumns
  private let settings: BoostedTrees.Settings
  /// Gradient and hessian of each row, beside each other.
  let gradients: Buffer<Float>
  /// Rows, grouped by leaf.
  private let order: Buffer<Int32>
  /// Four floats per bin: gradients, hessians, rows, nothing. As many slots as there may be leaves, or one when every leaf chooses columns
  /// of its own.
  private let histogram: Buffer<Float>
  private let slotSize: Int

  init(_ columns: BinnedColumns, settings: BoostedTrees.Settings) {
    self.columns = columns
    self.settings = settings
    gradients = Buffer(columns.rowCount * 2, filledWith: 0)
    order = Buffer(columns.rowCount, filledWith: 0)
    slotSize = 4 * columns.edges.reduce(0) { $0 + $1.count + 1 }
    histogram = Buffer(slotSize * (settings.splitColumnShare < 1 ? 1 : settings.leavesMax), filledWith: 0)
  }

  func grow(_ rows: [Int], columns chosen: [Int], using random: inout SeededRandom) -> Grown {
    for (position, row) in rows.enumerated() { order[position] = Int32(row) }
    var tree = DecisionTree(nodes: [])
    var bins: [UInt8] = []
    func leaf(_ range: Range<Int>, slot: Int) -> Leaf {
      var gradient = 0.0
      var hessian = 0.0
      for position in range {
        gradient += Double(gradients[2 * Int(order[position])])
        hessian += Double(gradients[2 * Int(order[position]) + 1])
      }
      let value = Float(-settings.learningRate * gradient / (hessian + settings.penalty))
      tree.nodes.append(.init(column: -1, threshold: 0, missingGoesLeft: false, left: 0, right: 0, value: value))
      bins.append(0)
      return Leaf(
        node: tree.nodes.count - 1, rows: range, gradient: gradient, hessian: hessian, split: nil, slot: slot)
    }
    let isShared = settings.splitColumnShare >= 1
    let choice = Choice(chosen, of: columns)
    func searched(_ leaf: Leaf) -> Leaf {
      guard leaf.rows.count >= 2 * settings.rowsPerLeafMin else { return leaf }
      var leaf = leaf
      if isShared {
        leaf.split = bestSplit(leaf, choice)
      } else {
        let own = Choice(chosen.filter { _ in random.uniform() < settings.splitColumnShare }, of: columns)
        count(leaf.rows, own, slot: 0)
        leaf.split = bestSplit(leaf, own)
      }
      return leaf
    }
    let root = leaf(0..<rows.count, slot: 0)
    if isShared { count(root.rows, choice, slot: 0) }
    var leaves = [searched(root)]
    while leaves.count < settings.leavesMax {
      guard
        let index = leaves.indices.filter({ leaves[$0].split != nil }).max(by: { gain(leaves[$0]) < gain(leaves[$1]) }),
        let split = leaves[index].split
      else { break }
      let parent = leaves.remove(at: index)
      let middle = partition(parent.rows, split)
      let (low, high) = (parent.rows.lowerBound..<middle, middle..<parent.rows.upperBound)
      var slots = (0, 0)
      if isShared {
        // The smaller side is counted; the other has what is left of the parent's histograms, in their place.
        let free = leaves.count + 1
        slots = low.count <= high.count ? (free, parent.slot) : (parent.slot, free)
        count(low.count <= high.count ? low : high, choice, slot: free)
        subtract(free, from: parent.slot, binCount: choice.binCount)
      }
      let left = leaf(low, slot: slots.0)
      let right = leaf(high, slot: slots.1)
      tree.nodes[parent.node].column = Int32(split.column)
      tree.nodes[parent.node].threshold = columns.edges[split.column][split.bin - 1]
      tree.nodes[parent.node].missingGoesLeft = split.missingGoesLeft
      tree.nodes[parent.node].left = Int32(left.node)
      tree.nodes[parent.node].right = Int32(right.node)
      bins[parent.node] = UInt8(split.bin)
      leaves.append(searched(left))
      leaves.append(searched(right))
    }
    return Grown(tree: tree, bins: bins)
  }

  /// The tree's value for a binned row.
  func value(_ grown: Grown, row: Int) -> Float {
    var index = 0
    while grown.tree.nodes[index].column >= 0 {
      let node = grown.tree.nodes[index]
      let bin = columns.bins[row * columns.columnCount + Int(node.column)]
      index = Int((bin == 0 ? node.missingGoesLeft : bin <= grown.bins[index]) ? node.left : node.right)
    }
    return grown.tree.nodes[index].value
  }

  private func gain(_ leaf: Leaf) -> Double { leaf.split?.gain ?? 0 }

  /// Adds up the histograms of the chosen columns over rows.
  private func count(_ range: Range<Int>, _ choice: Choice, slot: Int) {
    for index in (slot * slotSize)..<(slot * slotSize + 4 * choice.binCount) { histogram[index] = 0 }
    // Bins and gradients of all rows, the columns chosen with their offsets, a slot with four floats for every bin.
    unsafe ck_histogram(
      columns.bins.start, columns.columnCount, choice.columns.start, choice.offsets.start, choice.columns.count,
      gradients.start, order.at(range.lowerBound), range.count, histogram.at(slot * slotSize))
  }

  private func subtract(_ slot: Int, from parent: Int, binCount: Int) {
    for index in 0..<(4 * binCount) { histogram[parent * slotSize + index] -= histogram[slot * slotSize + index] }
  }

  private func bestSplit(_ leaf: Leaf, _ choice: Choice) -> Split? {
    var best: Split?
    let whole = leaf.gradient * leaf.gradient / (leaf.hessian + settings.penalty)
    for place in 0..<choice.columns.count {
      let column = Int(choice.columns[place])
      let binCount = columns.edges[column].count + 1
      let start = leaf.slot * slotSize + 4 * Int(choice.offsets[place])
      let missing = (Double(histogram[start]), Double(histogram[start + 1]), Double(histogram[start + 2]))
      for missingGoesLeft in missing.2 > 0 ? [false, true] : [false] {
        var (gradient, hessian, count) = missingGoesLeft ? missing : (0, 0, 0)
        for bin in 1..<max(1, binCount - 1) {
          let at = start + 4 * bin
          gradient += Double(histogram[at])
          hessian += Double(histogram[at + 1])
          count += Double(histogram[at + 2])
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
      let bin = Int(columns.bins[Int(row) * columns.columnCount + split.column])
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
