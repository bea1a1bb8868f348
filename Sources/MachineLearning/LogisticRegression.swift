/// Logistic regression with an L2 penalty on all weights but the intercept, fitted by Newton's method (iteratively reweighted least
/// squares). O(rows · columns²) per step.
struct LogisticRegression: Sendable, Equatable {
  /// The intercept last.
  var weights: [Double]

  /// Fits rows of `matrix` to labels; `penalty` is λ in Σ logloss + λ/2 |w|².
  init(_ matrix: Matrix, labels: [Bool], penalty: Double, rows: [Int], context: TrainingContext)
    throws(MachineLearningError)
  {
    let width = matrix.columns + 1
    weights = [Double](repeating: 0, count: width)
    let positives = rows.count { labels[$0] }
    weights[width - 1] = naturalLogarithm((Double(positives) + 0.5) / (Double(rows.count - positives) + 0.5))
    for _ in 0..<25 {
      try context.checkCancelled()
      var hessian = [Double](repeating: 0, count: width * width)
      var gradient = [Double](repeating: 0, count: width)
      for row in rows {
        var score = weights[width - 1]
        for column in 0..<(width - 1) {
          score += weights[column] * Double(matrix.values[row * matrix.columns + column])
        }
        let probability = logistic(score)
        let error = probability - (labels[row] ? 1 : 0)
        let curvature = max(1e-6, probability * (1 - probability))
        for i in 0..<width {
          let x = i < width - 1 ? Double(matrix.values[row * matrix.columns + i]) : 1
          guard x != 0 else { continue }
          gradient[i] += error * x
          let scaled = curvature * x
          for j in 0...i {
            hessian[i * width + j] += scaled * (j < width - 1 ? Double(matrix.values[row * matrix.columns + j]) : 1)
          }
        }
      }
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
      if largest < 1e-6 { return }
    }
  }

  init(weights: [Double]) { self.weights = weights }

  /// The log-odds of a row.
  func score(_ matrix: Matrix, row: Int) -> Double {
    var score = weights[matrix.columns]
    for column in 0..<matrix.columns { score += weights[column] * Double(matrix.values[row * matrix.columns + column]) }
    return score
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
