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
      candidates = draw(candidateCount, byWeight: current, using: &random)
    }
  }

  /// Different rows drawn at random.
  func randomRows(using random: inout SeededRandom) -> [Float] {
    random.sample(clusterCount, below: data.count).flatMap { data.row($0) }
  }

  /// Looks for better places: again and again a centroid moves to a row drawn by squared distance, a few iterations follow, and the
  /// result is kept when its inertia is lower (Fränti 2018, random swap). It ends after `patience` moves without a gain, or four times as
  /// many in all: clusters that the data do not have offer many places that are almost as good. The best state is returned, converged as
  /// far as `iterationsMax` allows.
  func improvedBySwaps(
    _ start: State, patience: Int, iterationsMax: Int, workspace: Workspace, using random: inout SeededRandom,
    context: TrainingContext
  ) throws(MachineLearningError) -> State {
    var state = start
    var idle = 0
    for trial in 0..<(4 * patience) where idle < patience {
      try context.checkCancelled()
      context.progress(Double(trial) / Double(4 * patience))
      idle += 1
      _ = assign(state.centroids, workspace: workspace, accumulates: false)
      let distances = Buffer(data.norms.count, filledWith: Float(0))
      for row in 0..<data.count { distances[row] = max(0, workspace.best[row] + data.norms[row]) }
      let row = draw(1, byWeight: distances, using: &random)[0]
      let cluster = random.index(below: clusterCount)
      var moved = state.centroids
      moved.replaceSubrange((cluster * data.width)..<((cluster + 1) * data.width), with: data.row(row))
      let brief = run(from: moved, iterationsMax: 3, relativeProgressMin: 0, workspace: workspace)
      // Three steps tell a hopeless move; one within a tenth may still end lower.
      guard brief.inertia < state.inertia * 1.1 else { continue }
      let settled = run(
        from: brief.centroids, iterationsMax: iterationsMax, relativeProgressMin: 1e-5, workspace: workspace)
      guard settled.inertia < state.inertia else { continue }
      if settled.inertia < state.inertia * (1 - 1e-5) { idle = 0 }
      state = settled
    }
    return state
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

  /// Rows drawn with probability proportional to their weight.
  private func draw(_ count: Int, byWeight weights: Buffer<Float>, using random: inout SeededRandom) -> [Int] {
    var cumulative: [Double] = []
    cumulative.reserveCapacity(data.count)
    var total = 0.0
    for row in 0..<data.count {
      total += Double(weights[row])
      cumulative.append(total)
    }
    return (0..<count).map { _ in
      guard total > 0 else { return random.index(below: data.count) }
      let target = random.uniform() * total
      var low = 0
      var high = data.count - 1
      while low < high {
        let middle = (low + high) / 2
        if cumulative[middle] > target { high = middle } else { low = middle + 1 }
      }
      return low
    }
  }
}
