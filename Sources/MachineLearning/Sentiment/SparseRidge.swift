/// Ridge regression over sparse rows.
enum SparseRidge {
  /// Steps of conjugate gradient at most.
  private static let stepsMax = 150
  /// Share of the first residual at which it ends; the error is then far below the data's noise.
  private static let tolerance = 1e-4

  /// Minimizes Σ weight · (target − row · w)² + Σ penalty · w², by conjugate gradient on the normal equations with the diagonal as
  /// preconditioner. O(steps · values).
  static func solve(
    _ rows: [[(index: Int32, value: Float)]], targets: [Double], weights: [Double], penalties: [Double],
    context: TrainingContext
  ) throws(MachineLearningError) -> [Double] {
    var diagonal = penalties
    var residual = [Double](repeating: 0, count: penalties.count)
    for (row, (target, weight)) in zip(rows, zip(targets, weights)) {
      for (index, value) in row {
        diagonal[Int(index)] += weight * Double(value) * Double(value)
        residual[Int(index)] += weight * target * Double(value)
      }
    }
    func product(_ vector: [Double]) -> [Double] {
      var result = vector
      for index in result.indices { result[index] *= penalties[index] }
      for (row, weight) in zip(rows, weights) where weight > 0 {
        var value = 0.0
        for (index, entry) in row { value += Double(entry) * vector[Int(index)] }
        value *= weight
        for (index, entry) in row { result[Int(index)] += Double(entry) * value }
      }
      return result
    }
    func dot(_ a: [Double], _ b: [Double]) -> Double {
      var sum = 0.0
      for index in a.indices { sum += a[index] * b[index] }
      return sum
    }
    func preconditioned(_ vector: [Double]) -> [Double] {
      var result = vector
      for index in result.indices { result[index] /= diagonal[index] }
      return result
    }
    var solution = [Double](repeating: 0, count: penalties.count)
    var scaled = preconditioned(residual)
    var direction = scaled
    var square = dot(residual, scaled)
    let end = square * tolerance * tolerance
    for step in 0..<stepsMax where square > end {
      try context.checkCancelled()
      context.progress(Double(step) / Double(stepsMax))
      let image = product(direction)
      let length = square / dot(direction, image)
      for index in solution.indices {
        solution[index] += length * direction[index]
        residual[index] -= length * image[index]
      }
      scaled = preconditioned(residual)
      let next = dot(residual, scaled)
      for index in direction.indices { direction[index] = scaled[index] + next / square * direction[index] }
      square = next
    }
    context.progress(1)
    return solution
  }
}
