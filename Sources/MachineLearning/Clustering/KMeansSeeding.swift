import CKernels

extension Lloyd {
  /// Greedy k-means++ (Arthur and Vassilvitskii 2007): each centroid is the best of 2 + ln k rows drawn with probability
  /// proportional to their squared distance from the centroids so far. k * candidates passes over the rows.
  func plusPlus(using random: inout SeededRandom) -> [Float] {
    var centroids: [Float] = []
    var current = Buffer(data.norms.count, filledWith: Float(0))
    for row in 0..<data.count { current[row] = .greatestFiniteMagnitude }
    // One candidate for the first centroid: all rows are alike.
    var candidates = [random.index(below: data.count)]
    let candidateCount = 2 + Int(naturalLogarithm(Double(clusterCount)))
    while true {
      var bestTotal = Double.infinity
      var bestRow = candidates[0]
      var bestDistances = current
      for row in candidates {
        let distances = Buffer(data.norms.count, filledWith: Float(0))
        let total = closer(to: row, than: current, into: distances)
        if total < bestTotal {
          bestTotal = total
          bestRow = row
          bestDistances = distances
        }
      }
      centroids += data.row(bestRow)
      current = bestDistances
      if centroids.count == clusterCount * data.width { return centroids }
      let rows = WeightedRows(current, count: data.count)
      candidates = (0..<candidateCount).map { _ in rows.draw(using: &random) }
    }
  }

  /// Different rows drawn at random.
  func randomRows(using random: inout SeededRandom) -> [Float] {
    random.sample(clusterCount, below: data.count).flatMap { data.row($0) }
  }

  /// Looks for better places: again and again a centroid moves to a row drawn by squared distance, a few iterations follow, and the
  /// result is kept when its inertia is lower (Fränti 2018, random swap). The centroid that moves is drawn from those whose rows lose
  /// least by its going, and a move is given up as soon as its last step, twenty times over, would not reach the best so far. It ends after
  /// `patience` moves without a gain, or four times as many in all: clusters that the data do not have offer many places that are almost
  /// as good. The best state is returned, converged as far as `iterationsMax` allows.
  func improvedBySwaps(
    _ start: State, patience: Int, iterationsMax: Int, workspace: Workspace, using random: inout SeededRandom,
    context: TrainingContext
  ) throws(MachineLearningError) -> State {
    var state = start
    var places = places(around: state, workspace: workspace)
    var idle = 0
    for trial in 0..<(4 * patience) where idle < patience {
      try context.checkCancelled()
      context.progress(Double(trial) / Double(4 * patience))
      idle += 1
      let row = places.rows.draw(using: &random)
      let chance = random.uniform()
      let cluster = places.clusters[Int(chance * chance * Double(clusterCount))]
      var moved = state.centroids
      moved.replaceSubrange((cluster * data.width)..<((cluster + 1) * data.width), with: data.row(row))
      let settled = run(
        from: moved, iterationsMax: iterationsMax, relativeProgressMin: 1e-6, mustBeat: state.inertia,
        workspace: workspace)
      guard settled.inertia < state.inertia else { continue }
      if settled.inertia < state.inertia * (1 - 1e-5) { idle = 0 }
      state = settled
      places = self.places(around: state, workspace: workspace)
    }
    return state
  }

  /// Where centroids may go, and which are needed least.
  private func places(around state: State, workspace: Workspace) -> (rows: WeightedRows, clusters: [Int]) {
    _ = assign(state.centroids, workspace: workspace, accumulates: false, wantsSecond: true)
    let distances = Buffer(data.norms.count, filledWith: Float(0))
    var losses = [Double](repeating: 0, count: clusterCount)
    for row in 0..<data.count {
      distances[row] = max(0, workspace.best[row] + data.norms[row])
      losses[Int(workspace.labels[row])] += Double(workspace.second[row] - workspace.best[row])
    }
    return (
      WeightedRows(distances, count: data.count),
      (0..<clusterCount).sorted { (losses[$0], $0) < (losses[$1], $1) }
    )
  }

  private func closer(to row: Int, than current: Buffer<Float>, into distances: Buffer<Float>) -> Double {
    let values = data.row(row)
    let scaled = Buffer(values.map { -2 * $0 }, paddedTo: values.count, with: 0)
    let norm = data.norms[row]
    let data = data
    let partial = Buffer(data.chunkCount, filledWith: 0.0)
    concurrently(data.chunkCount, threads: threads) { _, index in
      let blocks = data.chunk(index).blocks
      let first = blocks.lowerBound * BlockedRows.blockRows
      // Reads shared rows, writes the distances of this chunk only.
      partial[index] = unsafe ck_closer(
        data.blocks.at(first * data.width), blocks.count, data.width, scaled.start, norm, data.norms.at(first),
        current.at(first),
        distances.at(first))
    }
    return (0..<data.chunkCount).reduce(0) { $0 + partial[$1] }
  }
}

/// Rows that are drawn with probability proportional to their weight.
struct WeightedRows {
  private var cumulative: [Double] = []

  init(_ weights: Buffer<Float>, count: Int) {
    cumulative.reserveCapacity(count)
    var total = 0.0
    for row in 0..<count {
      total += Double(weights[row])
      cumulative.append(total)
    }
  }

  /// A row; any, when no weight is above 0. O(log rows).
  func draw(using random: inout SeededRandom) -> Int {
    let total = cumulative.last ?? 0
    guard total > 0 else { return random.index(below: cumulative.count) }
    let target = random.uniform() * total
    var low = 0
    var high = cumulative.count - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > target { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
