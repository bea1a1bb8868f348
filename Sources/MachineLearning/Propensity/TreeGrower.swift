import CKernels

/// Grows trees best-first: the leaf whose split gains most is split next. Memory is that of one tree, used again for each.
final class TreeGrower {
  struct Settings: Sendable, Equatable {
    var leavesMax = 8
    var rowsPerLeafMin = 20
    var penalty: Float = 2
    /// What leaf values are multiplied by.
    var rate: Float = 0.05
    /// Columns that each split chooses from, at random; nil for all.
    var columnsPerSplit: Int?
  }

  /// Rows of a leaf stand beside each other in the grower's order: those it was grown on, and those that only came along.
  private struct Leaf {
    var node: Int
    var grown: Range<Int>
    var along: Range<Int>
    /// Gradients, hessians and rows.
    var totals: (Float, Float, Float)
    var split: ck_split?
    /// The column that it asks.
    var column = 0
    /// Where its histograms are kept.
    var slot: Int
  }

  private let columns: BinnedColumns
  private let settings: Settings
  /// Gradient and hessian of each row, beside each other.
  let gradients: Buffer<Float>
  /// Rows: those to grow on first, then those that come along.
  let order: Buffer<Int32>
  private let scratch: Buffer<Int32>
  /// All columns, in random order where splits choose from some.
  private let allowed: Buffer<Int32>
  /// Columns of a split, and where the bins of each start.
  private let chosen: Buffer<Int32>
  private let offsets: Buffer<Int32>
  private let totals = Buffer(3, filledWith: Float(0))
  /// Four floats per bin: gradients, hessians, rows, nothing. As many slots as there may be leaves, or one when every leaf chooses columns
  /// of its own.
  private let histogram: Buffer<Float>
  private let slotSize: Int
  private let isShared: Bool
  private var chosenCount = 0
  private var leaves: [Leaf] = []

  init(_ columns: BinnedColumns, settings: Settings) {
    self.columns = columns
    self.settings = settings
    gradients = Buffer(columns.rowCount * 2, filledWith: 0)
    order = Buffer(columns.rowCount, filledWith: 0)
    scratch = Buffer(columns.rowCount, filledWith: 0)
    allowed = Buffer(columns.columnCount, filledWith: 0)
    chosen = Buffer(columns.columnCount, filledWith: 0)
    offsets = Buffer(columns.columnCount + 1, filledWith: 0)
    slotSize = 4 * columns.edges.reduce(0) { $0 + $1.count + 1 }
    isShared = settings.columnsPerSplit == nil
    histogram = Buffer(slotSize * (isShared ? settings.leavesMax : 1), filledWith: 0)
  }

  /// Grows a tree on the first `grown` rows of ``order``; the rows behind them come along to their leaves.
  func grow(_ grown: Int, using random: inout SeededRandom) -> DecisionTree {
    for column in 0..<columns.columnCount { allowed[column] = Int32(column) }
    if isShared { choose(columns.columnCount) }
    var tree = DecisionTree(nodes: [])
    tree.nodes.reserveCapacity(2 * settings.leavesMax)
    var sums = (0.0, 0.0)
    for position in 0..<grown {
      let row = Int(order[position])
      sums.0 += Double(gradients[2 * row])
      sums.1 += Double(gradients[2 * row + 1])
    }
    leaves.removeAll(keepingCapacity: true)
    let root = leaf(
      0..<grown, grown..<order.count, (Float(sums.0), Float(sums.1), Float(grown)), slot: 0, in: &tree)
    if isShared { count(root) }
    leaves.append(searched(root, &random))
    while leaves.count < settings.leavesMax {
      var index = -1
      var gain: Float = 0
      for (place, leaf) in leaves.enumerated() {
        if let split = leaf.split, split.gain > gain { (index, gain) = (place, split.gain) }
      }
      guard index >= 0, let split = leaves[index].split else { break }
      let parent = leaves.remove(at: index)
      let middle = partition(parent.grown, parent.column, split)
      let middleAlong = partition(parent.along, parent.column, split)
      let (low, high) = (parent.grown.lowerBound..<middle, middle..<parent.grown.upperBound)
      let first = split.left
      let second = (parent.totals.0 - first.0, parent.totals.1 - first.1, parent.totals.2 - first.2)
      // The smaller side is counted; the other has what is left of the parent's histograms, in their place.
      let isLeftCounted = low.count <= high.count
      let free = isShared ? leaves.count + 1 : 0
      let left = leaf(
        low, parent.along.lowerBound..<middleAlong, first, slot: isLeftCounted ? free : parent.slot, in: &tree)
      let right = leaf(
        high, middleAlong..<parent.along.upperBound, second, slot: isLeftCounted ? parent.slot : free, in: &tree)
      let most = max(low.count, high.count)
      if isShared, most >= 2 * settings.rowsPerLeafMin, leaves.count + 2 < settings.leavesMax {
        count(isLeftCounted ? left : right)
        subtract(free, from: parent.slot)
      }
      tree.nodes[parent.node].column = Int32(parent.column)
      tree.nodes[parent.node].threshold = columns.edges[parent.column][Int(split.bin) - 1]
      tree.nodes[parent.node].missingGoesLeft = split.missingGoesLeft != 0
      tree.nodes[parent.node].left = Int32(left.node)
      tree.nodes[parent.node].right = Int32(right.node)
      // No leaf of a finished tree needs a split.
      let isLast = leaves.count + 2 >= settings.leavesMax
      leaves.append(isLast ? left : searched(left, &random))
      leaves.append(isLast ? right : searched(right, &random))
    }
    return tree
  }

  /// Adds what the last tree says to every row that it was grown on or that came along.
  func addValues(of tree: DecisionTree, to sums: Buffer<Float>) {
    for leaf in leaves {
      let value = tree.nodes[leaf.node].value
      for position in leaf.grown { sums[Int(order[position])] += value }
      for position in leaf.along { sums[Int(order[position])] += value }
    }
  }

  /// The same for those that came along alone, which are also counted.
  func addValuesAlong(of tree: DecisionTree, to sums: Buffer<Float>, counts: Buffer<Int32>) {
    for leaf in leaves {
      let value = tree.nodes[leaf.node].value
      for position in leaf.along {
        sums[Int(order[position])] += value
        counts[Int(order[position])] += 1
      }
    }
  }

  private func leaf(
    _ grown: Range<Int>, _ along: Range<Int>, _ totals: (Float, Float, Float), slot: Int, in tree: inout DecisionTree
  ) -> Leaf {
    let value = -settings.rate * totals.0 / (totals.1 + settings.penalty)
    tree.nodes.append(.init(column: -1, threshold: 0, missingGoesLeft: false, left: 0, right: 0, value: value))
    return Leaf(node: tree.nodes.count - 1, grown: grown, along: along, totals: totals, split: nil, slot: slot)
  }

  private func searched(_ leaf: Leaf, _ random: inout SeededRandom) -> Leaf {
    guard leaf.grown.count >= 2 * settings.rowsPerLeafMin else { return leaf }
    var leaf = leaf
    if let some = settings.columnsPerSplit {
      for place in 0..<some {
        let other = place + random.index(below: columns.columnCount - place)
        (allowed[place], allowed[other]) = (allowed[other], allowed[place])
      }
      choose(some)
      count(leaf)
    }
    var split = ck_split()
    (totals[0], totals[1], totals[2]) = leaf.totals
    // A slot of the histogram with the bins of the columns chosen, three totals, one result.
    unsafe ck_best_split(
      histogram.at(leaf.slot * slotSize), offsets.start, chosenCount, totals.start, Float(settings.rowsPerLeafMin),
      settings.penalty, &split)
    if split.place >= 0 {
      leaf.split = split
      leaf.column = Int(chosen[Int(split.place)])
    }
    return leaf
  }

  /// The first columns allowed become those of the next histogram.
  private func choose(_ count: Int) {
    var next: Int32 = 0
    for place in 0..<count {
      chosen[place] = allowed[place]
      offsets[place] = next
      next += Int32(columns.edges[Int(allowed[place])].count + 1)
    }
    offsets[count] = next
    chosenCount = count
  }

  private var binCount: Int { Int(offsets[chosenCount]) }

  /// Adds up the histograms of the chosen columns over a leaf's rows.
  private func count(_ leaf: Leaf) {
    let start = leaf.slot * slotSize
    for index in start..<(start + 4 * binCount) { histogram[index] = 0 }
    // Bins and gradients of all rows, the columns chosen with their offsets, a slot with four floats for every bin.
    unsafe ck_histogram(
      columns.rows.start, columns.columnCount, isShared ? nil : chosen.start, offsets.start, chosenCount,
      gradients.start,
      order.at(leaf.grown.lowerBound), leaf.grown.count, histogram.at(start))
  }

  private func subtract(_ slot: Int, from parent: Int) {
    // Two slots of equal length.
    unsafe ck_axpy(-1, histogram.at(slot * slotSize), histogram.at(parent * slotSize), 4 * binCount)
  }

  /// Where the rows that go right begin.
  private func partition(_ range: Range<Int>, _ column: Int, _ split: ck_split) -> Int {
    // One column's bins, a part of the order, scratch for all of it.
    unsafe range.lowerBound
      + ck_partition(
        columns.columns.at(column * columns.rowCount), order.at(range.lowerBound), range.count, UInt8(split.bin),
        split.missingGoesLeft, scratch.start)
  }
}
