import CKernels

/// Inversion of symmetric positive definite matrices by blocked Cholesky: nearly all the work is matrix products.
enum PositiveDefinite {
  private static let blockSize = 48

  /// The inverse of a (count x count, row-major). Float32; good for the well-conditioned matrices that ridge terms make.
  /// Throws ``MachineLearningError/invalidInput(_:)`` when a is not positive definite. O(count³).
  static func inverse(_ matrix: [Float], count: Int, context: TrainingContext) throws(MachineLearningError) -> [Float] {
    // Padded with an identity to whole blocks, which changes nothing for the rest.
    let size = (count + blockSize - 1) / blockSize * blockSize
    let a = Buffer(size * size, filledWith: Float(0))
    for row in 0..<size {
      if row >= count { a[row * size + row] = 1 }
    }
    for row in 0..<count {
      for column in 0..<count { a[row * size + column] = matrix[row * count + column] }
    }
    try factor(a, size: size, context: context)
    let inverse = invertedTriangle(a, size: size, threads: context.threads)
    // A⁻¹ = L⁻ᵀ L⁻¹: below row k, column j of L⁻¹ is zero for j > k, so blocks start at the larger of their indexes.
    let result = Buffer(size * size, filledWith: Float(0))
    let blocks = size / blockSize
    concurrently(blocks, threads: context.threads) { _, block in
      let start = block * Self.blockSize
      // Rows start... of the result: Σ_{k >= start} L⁻¹[k, rows]ᵀ L⁻¹[k, 0..<size].
      unsafe ck_gemm(
        Self.blockSize, size, size - start, 1, inverse.at(start * size + start), 1, size, inverse.at(start * size),
        size,
        result.at(start * size), size)
    }
    var values = [Float](repeating: 0, count: count * count)
    for row in 0..<count {
      for column in 0..<count {
        values[row * count + column] = (result[row * size + column] + result[column * size + row]) / 2
      }
    }
    return values
  }

  /// a = L·Lᵀ; L replaces the lower triangle.
  private static func factor(_ a: Buffer<Float>, size: Int, context: TrainingContext) throws(MachineLearningError) {
    let b = blockSize
    for start in stride(from: 0, to: size, by: b) {
      try context.checkCancelled()
      for column in start..<(start + b) {
        var pivot = Double(a[column * size + column])
        for k in start..<column { pivot -= Double(a[column * size + k]) * Double(a[column * size + k]) }
        guard pivot > 0 else { throw .invalidInput("a matrix is not positive definite") }
        let diagonal = Float(pivot.squareRoot())
        a[column * size + column] = diagonal
        for row in (column + 1)..<max(column + 1, size) {
          // Columns before `start` were taken off by the updates of earlier blocks.
          let dot = unsafe ck_dot(a.at(row * size + start), a.at(column * size + start), column - start)
          a[row * size + column] = (a[row * size + column] - dot) / diagonal
        }
      }
      let next = start + b
      guard next < size else { return }
      // Trailing part -= panel · panelᵀ; the transposed panel is contiguous for the kernel.
      let rest = size - next
      let turned = Buffer(b * rest, filledWith: Float(0))
      for row in 0..<rest {
        for k in 0..<b { turned[k * rest + row] = a[(next + row) * size + start + k] }
      }
      concurrently(rest / b, threads: context.threads) { _, block in
        let row = next + block * b
        // Rows of this block only, up to the diagonal block; `rest` and b are multiples of 16.
        unsafe ck_gemm(
          b, (block + 1) * b, b, -1, a.at(row * size + start), size, 1, turned.start, rest, a.at(row * size + next),
          size)
      }
    }
  }

  /// L⁻¹ by blocks of rows: X_i = L_ii⁻¹ (I_i - Σ_{k<i} L_ik X_k).
  private static func invertedTriangle(_ a: Buffer<Float>, size: Int, threads: Int) -> Buffer<Float> {
    let b = blockSize
    let x = Buffer(size * size, filledWith: Float(0))
    for start in stride(from: 0, to: size, by: b) {
      for row in 0..<b { x[(start + row) * size + start + row] = 1 }
      concurrently((start + b) / b, threads: threads) { _, block in
        let column = block * b
        // A b x b block of row `start`: reads finished rows column..<start, which hold all that is not zero.
        unsafe ck_gemm(
          b, b, start - column, -1, a.at(start * size + column), size, 1, x.at(column * size + column), size,
          x.at(start * size + column), size)
        for row in 0..<b {
          let at = (start + row) * size
          for k in 0..<row {
            // Earlier rows of the same block are finished.
            unsafe ck_axpy(-a[at + start + k], x.at((start + k) * size + column), x.at(at + column), b)
          }
          let scale = 1 / a[at + start + row]
          for j in column..<(column + b) { x[at + j] *= scale }
        }
      }
    }
    return x
  }
}
