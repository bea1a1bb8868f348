import CKernels

/// Lloyd's iterations (1982) over rows in memory. Distances are |c|^2 - 2 x.c + |x|^2, with the norms computed once; sums are
/// added per chunk in Float32 and over chunks in Float64, in the order of the rows.
struct Lloyd: Sendable {
  let data: BlockedRows
  let clusterCount: Int
  /// Centroids are brought to length 1 after each step: k-means on the sphere, for cosine distance.
  let isSpherical: Bool
  let threads: Int

  /// Where a run stands.
  struct State: Sendable {
    var centroids: [Float]
    /// Σ |x - c|^2 over all rows, for the labels found with `centroids`.
    var inertia: Double
    var iterations: Int
    /// No row changed its cluster in the last step.
    var isConverged: Bool
  }

  /// Scratch that runs share.
  final class Workspace: Sendable {
    let labels: Buffer<Int32>
    let best: Buffer<Float>
    let second: Buffer<Float>
    let sums: Buffer<Float>
    let counts: Buffer<Int32>
    let partialInertia: Buffer<Double>
    let changed: Buffer<Bool>

    init(_ data: BlockedRows, clusterCount: Int) {
      labels = Buffer(data.norms.count, filledWith: -1)
      best = Buffer(data.norms.count, filledWith: 0)
      second = Buffer(data.norms.count, filledWith: 0)
      sums = Buffer(data.chunkCount * 2 * clusterCount * data.stride, filledWith: 0)
      counts = Buffer(data.chunkCount * clusterCount, filledWith: 0)
      partialInertia = Buffer(data.chunkCount, filledWith: 0)
      changed = Buffer(data.chunkCount, filledWith: false)
    }
  }

  /// Iterates from given centroids until nothing changes, `iterationsMax` is reached, or the inertia falls by less than
  /// `relativeProgressMin` (0: never) in a step. With `mustBeat`, a run ends as well when twenty more steps like its last would leave it above.
  func run(
    from start: [Float], iterationsMax: Int, relativeProgressMin: Double, mustBeat: Double = .infinity,
    workspace: Workspace
  ) -> State {
    var state = State(centroids: start, inertia: .infinity, iterations: 0, isConverged: false)
    // Labels of an earlier run must not look like convergence.
    for index in 0..<workspace.labels.count { workspace.labels[index] = -1 }
    while state.iterations < iterationsMax {
      let step = assign(state.centroids, workspace: workspace, accumulates: true)
      if !step.isChanged {
        state.inertia = step.inertia
        state.isConverged = true
        break
      }
      let before = state.inertia
      state.inertia = step.inertia
      state.centroids = means(of: workspace, keeping: state.centroids)
      state.iterations += 1
      guard before.isFinite else { continue }
      let gain = before - step.inertia
      if relativeProgressMin > 0, gain < relativeProgressMin * before { break }
      if step.inertia - 20 * gain > mustBeat { break }
    }
    return state
  }

  /// Gives every row its nearest centroid; with `accumulates`, adds up the clusters.
  func assign(_ centroids: [Float], workspace: Workspace, accumulates: Bool, wantsSecond: Bool = false) -> (
    inertia: Double, isChanged: Bool
  ) {
    let (data, clusterCount, stride) = (data, clusterCount, data.stride)
    let (scaled, norms) = prepared(centroids)
    concurrently(data.chunkCount, threads: threads) { _, index in
      let (rows, blocks) = data.chunk(index)
      let firstPadded = blocks.lowerBound * BlockedRows.blockRows
      var isChanged: Int32 = 0
      // Blocks, labels and distances of this chunk are written by this call alone.
      workspace.partialInertia[index] = unsafe ck_assign(
        data.blocks.at(firstPadded * data.width), blocks.count, data.width, scaled.start, norms.start, clusterCount,
        data.norms.at(firstPadded), workspace.labels.at(firstPadded), workspace.best.at(firstPadded),
        wantsSecond ? workspace.second.at(firstPadded) : nil, &isChanged)
      workspace.changed[index] = isChanged != 0
      guard accumulates else { return }
      let sumsStart = index * 2 * clusterCount * stride
      for offset in 0..<(2 * clusterCount * stride) { workspace.sums[sumsStart + offset] = 0 }
      for offset in 0..<clusterCount { workspace.counts[index * clusterCount + offset] = 0 }
      // Sums and counts of this chunk, as above; labels are below clusterCount.
      unsafe ck_accumulate(
        data.rows.at(rows.lowerBound * stride), stride, rows.count, workspace.labels.at(rows.lowerBound), clusterCount,
        workspace.sums.at(sumsStart), workspace.counts.at(index * clusterCount))
    }
    var inertia = 0.0
    var isChanged = false
    for index in 0..<data.chunkCount {
      inertia += workspace.partialInertia[index]
      isChanged = isChanged || workspace.changed[index]
    }
    return (inertia, isChanged)
  }

  /// -2c and |c|^2.
  func prepared(_ centroids: [Float]) -> (scaled: Buffer<Float>, norms: Buffer<Float>) {
    let width = data.width
    let scaled = Buffer(centroids.count, filledWith: Float(0))
    let norms = Buffer(clusterCount, filledWith: Float(0))
    for cluster in 0..<clusterCount {
      var norm: Float = 0
      for column in 0..<width {
        let value = centroids[cluster * width + column]
        scaled[cluster * width + column] = -2 * value
        norm += value * value
      }
      norms[cluster] = norm
    }
    return (scaled, norms)
  }

  /// The means of the clusters as last accumulated. An empty cluster takes the row that lies farthest from its centroid.
  private func means(of workspace: Workspace, keeping centroids: [Float]) -> [Float] {
    let (width, stride) = (data.width, data.stride)
    var sums = [Double](repeating: 0, count: clusterCount * width)
    var counts = [Int](repeating: 0, count: clusterCount)
    for chunk in 0..<data.chunkCount {
      let start = chunk * 2 * clusterCount * stride
      for cluster in 0..<clusterCount {
        counts[cluster] += Int(workspace.counts[chunk * clusterCount + cluster])
        for column in 0..<width {
          let even = workspace.sums[start + cluster * stride + column]
          let odd = workspace.sums[start + (clusterCount + cluster) * stride + column]
          sums[cluster * width + column] += Double(even) + Double(odd)
        }
      }
    }
    var taken: Set<Int> = []
    for cluster in 0..<clusterCount where counts[cluster] == 0 {
      guard let row = farthestRow(workspace, counts: counts, except: taken) else { continue }
      taken.insert(row)
      let from = Int(workspace.labels[row])
      counts[from] -= 1
      counts[cluster] = 1
      for column in 0..<width {
        let value = Double(data.rows[row * stride + column])
        sums[from * width + column] -= value
        sums[cluster * width + column] = value
      }
    }
    var result = centroids
    for cluster in 0..<clusterCount where counts[cluster] > 0 {
      var scale = 1 / Double(counts[cluster])
      if isSpherical {
        let norm = sums[(cluster * width)..<((cluster + 1) * width)].reduce(0) { $0 + $1 * $1 }.squareRoot()
        scale = norm > 0 ? 1 / norm : 0
      }
      for column in 0..<width { result[cluster * width + column] = Float(sums[cluster * width + column] * scale) }
    }
    return result
  }

  private func farthestRow(_ workspace: Workspace, counts: [Int], except taken: Set<Int>) -> Int? {
    var farthest: Int?
    var distanceMax: Float = 0
    for row in 0..<data.count where !taken.contains(row) && counts[Int(workspace.labels[row])] > 1 {
      let distance = workspace.best[row] + data.norms[row]
      if distance > distanceMax {
        distanceMax = distance
        farthest = row
      }
    }
    return farthest
  }
}
