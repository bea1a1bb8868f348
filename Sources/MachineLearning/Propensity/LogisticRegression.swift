import CKernels

/// Logistic regression with an L2 penalty on all weights but the intercept.
struct LogisticRegression: Sendable, Equatable {
  /// The intercept last.
  var weights: [Double]

  init(weights: [Double]) { self.weights = weights }

  /// The log-odds of a row.
  func score(_ matrix: Matrix, row: Int) -> Double {
    var score = weights[matrix.columns]
    for column in 0..<matrix.columns { score += weights[column] * Double(matrix.values[row * matrix.columns + column]) }
    return score
  }
}

/// Fits logistic regressions to one matrix and one row of labels by Newton's method, keeping a matrix of second derivatives for as long as
/// steps with it shrink well (Shamanskii 1967): a step with a kept one is O(rows · columns), a new one O(rows · columns²).
final class LogisticFitter {
  private let rowCount: Int
  private let width: Int
  /// Floats from row to row: a column of ones for the intercept, then zeros up to a multiple of 16.
  private let stride: Int
  private let x: Buffer<Float>
  private let labels: Buffer<Float>
  private let order: Buffer<Int32>
  private let scores: Buffer<Float>
  /// Error and curvature of each row, beside each other.
  private let derivatives: Buffer<Float>
  private let work: Buffer<Float>
  private let gram: Buffer<Float>
  private let context: TrainingContext

  init(_ matrix: Matrix, labels: Buffer<Float>, context: TrainingContext) {
    rowCount = matrix.rows
    width = matrix.columns + 1
    stride = (width + 15) / 16 * 16
    x = Buffer(rowCount * stride, filledWith: 0)
    for row in 0..<rowCount {
      for column in 0..<matrix.columns { x[row * stride + column] = matrix.values[row * matrix.columns + column] }
      x[row * stride + matrix.columns] = 1
    }
    self.labels = labels
    order = Buffer((0..<rowCount).map(Int32.init), paddedTo: rowCount, with: 0)
    scores = Buffer(rowCount, filledWith: 0)
    derivatives = Buffer(2 * rowCount, filledWith: 0)
    work = Buffer(max(rowCount, stride), filledWith: 0)
    gram = Buffer(stride * stride, filledWith: 0)
    self.context = context
  }

  /// The weights of least loss, Σ logloss + λ/2 |w|², of all rows.
  func fit(penalty: Double) throws(MachineLearningError) -> LogisticRegression {
    let rows = order.array(0..<rowCount)
    let positives = rows.reduce(0.0) { $0 + Double(labels[Int($1)]) }
    var weights = [Double](repeating: 0, count: width)
    weights[width - 1] = naturalLogarithm((positives + 0.5) / (Double(rowCount) - positives + 0.5))
    try improve(&weights, penalty: penalty, without: [], curvature: nil)
    return LogisticRegression(weights: weights)
  }

  /// For every row the log-odds of a fit to the rows outside of its fold, by penalty.
  func heldOut(penalties: [Double], folds: [Int], start: LogisticRegression) throws(MachineLearningError) -> [[Float]] {
    let foldCount = (folds.max() ?? 0) + 1
    let members = (0..<foldCount).map { fold in folds.indices.filter { folds[$0] == fold }.map(Int32.init) }
    derive(start.weights)
    let parts = members.map { curvature(of: $0) }
    let whole = (0..<(width * width)).map { index in parts.reduce(0) { $0 + $1[index] } }
    var results = [[Float]](repeating: [Float](repeating: 0, count: rowCount), count: penalties.count)
    for fold in 0..<foldCount {
      let rest = zip(whole, parts[fold]).map { $0 - $1 }
      var weights = start.weights
      for (index, penalty) in penalties.enumerated() {
        try improve(&weights, penalty: penalty, without: members[fold], curvature: rest)
        score(weights)
        for row in members[fold] { results[index][Int(row)] = scores[Int(row)] }
      }
    }
    return results
  }

  private func improve(
    _ weights: inout [Double], penalty: Double, without: [Int32], curvature kept: [Double]?
  ) throws(MachineLearningError) {
    var matrix = kept
    var last = 0.0
    for _ in 0..<40 {
      try context.checkCancelled()
      derive(weights)
      for row in without {
        derivatives[2 * Int(row)] = 0
        derivatives[2 * Int(row) + 1] = 0
      }
      if matrix == nil { matrix = curvature(of: order.array(0..<rowCount)) }
      var hessian = matrix ?? []
      var gradient = self.gradient()
      for i in 0..<(width - 1) {
        gradient[i] += penalty * weights[i]
        hessian[i * width + i] += penalty
      }
      for i in 0..<width { hessian[i * width + i] += 1e-9 }
      guard let step = solveSymmetric(hessian, gradient) else { return }
      var largest = 0.0
      for i in 0..<width {
        // A step of more than 5 on a standardized column overshoots.
        let change = max(-5, min(5, step[i]))
        weights[i] -= change
        largest = max(largest, abs(change))
      }
      if largest < 1e-4 { return }
      if largest > last / 8 { matrix = nil }
      last = largest
    }
  }

  private func score(_ weights: [Double]) {
    for i in 0..<stride { work[i] = i < width ? Float(weights[i]) : 0 }
    // Rows of `stride` floats, a multiple of 16, times as many weights.
    unsafe ck_scores(x.start, stride, rowCount, stride, work.start, scores.start)
  }

  private func derive(_ weights: [Double]) {
    score(weights)
    // A score and a label of every row, two derivatives.
    unsafe ck_logistic_gradients(scores.start, labels.start, rowCount, derivatives.start)
  }

  /// Σ error · row.
  private func gradient() -> [Double] {
    var sums = [Double](repeating: 0, count: width)
    for start in Swift.stride(from: 0, to: rowCount, by: 512) {
      for i in 0..<stride { work[i] = 0 }
      // One row of errors (every second float) times rows of x.
      unsafe ck_gemm(
        1, stride, min(512, rowCount - start), 1, derivatives.at(2 * start), 2, 2, x.at(start * stride), stride,
        work.start, stride)
      for i in 0..<width { sums[i] += Double(work[i]) }
    }
    return sums
  }

  /// Σ p (1 - p) · row · rowᵀ, the lower triangle.
  private func curvature(of rows: [Int32]) -> [Double] {
    var sums = [Double](repeating: 0, count: width * width)
    let indexes = Buffer(rows, paddedTo: rows.count, with: 0)
    for (place, row) in rows.enumerated() { work[place] = derivatives[2 * Int(row) + 1] }
    for start in Swift.stride(from: 0, to: rows.count, by: 2048) {
      for i in 0..<(stride * stride) { gram[i] = 0 }
      // Rows of `stride` floats by their indexes, a weight for each.
      unsafe ck_weighted_gram(
        x.start, stride, indexes.at(start), work.at(start), min(2048, rows.count - start), gram.start)
      for i in 0..<width {
        for j in 0...i { sums[i * width + j] += Double(gram[i * stride + j]) }
      }
    }
    return sums
  }
}
/// Solves A x = b for a symmetric positive definite A given by its lower triangle; nil when it is not. O(n³), Float64.
func solveSymmetric(_ matrix: [Double], _ right: [Double]) -> [Double]? {
  let n = right.count
  var a = matrix
  var x = right
  for i in 0..<n {
    for j in 0...i {
      var sum = a[i * n + j]
      for k in 0..<j { sum -= a[i * n + k] * a[j * n + k] }
      if i == j {
        guard sum > 0 else { return nil }
        a[i * n + i] = sum.squareRoot()
      } else {
        a[i * n + j] = sum / a[j * n + j]
      }
    }
  }
  for i in 0..<n {
    for k in 0..<i { x[i] -= a[i * n + k] * x[k] }
    x[i] /= a[i * n + i]
  }
  for i in stride(from: n - 1, through: 0, by: -1) {
    for k in (i + 1)..<max(i + 1, n) { x[i] -= a[k * n + i] * x[k] }
    x[i] /= a[i * n + i]
  }
  return x
}
