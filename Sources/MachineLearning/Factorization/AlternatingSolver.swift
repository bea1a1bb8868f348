import CKernels

/// Row-major factors whose rows are padded with zeros to a multiple of 16 floats, as the kernels want them.
final class Factors: Sendable {
  let rows: Int
  let rank: Int
  let stride: Int
  let values: Buffer<Float>

  init(rows: Int, rank: Int) {
    self.rows = rows
    self.rank = rank
    stride = (rank + 15) / 16 * 16
    values = Buffer(rows * stride, filledWith: 0)
  }

  /// Normal values of deviation 0.1/√rank (Rendle et al. 2021).
  convenience init(rows: Int, rank: Int, using random: inout SeededRandom) {
    self.init(rows: rows, rank: rank)
    let scale = 0.1 / Double(max(1, rank)).squareRoot()
    for row in 0..<rows {
      for column in 0..<rank { values[row * stride + column] = Float(random.gaussian() * scale) }
    }
  }

  convenience init(_ matrix: Matrix) {
    self.init(rows: matrix.rows, rank: matrix.columns)
    for row in 0..<rows {
      for column in 0..<rank { values[row * stride + column] = matrix[row, column] }
    }
  }

  var matrix: Matrix {
    var matrix = Matrix(rows: rows, columns: rank)
    for row in 0..<rows {
      for column in 0..<rank { matrix[row, column] = values[row * stride + column] }
    }
    return matrix
  }

  /// The sum of squares of each column, `stride` of them.
  var energies: [Double] {
    var energies = [Double](repeating: 0, count: stride)
    for row in 0..<rows {
      for column in 0..<stride {
        energies[column] += Double(values[row * stride + column] * values[row * stride + column])
      }
    }
    return energies
  }

  /// FᵀF (stride x stride). Partial sums of 2,048 rows are added in order, so threads change nothing.
  func gram(threads: Int) -> [Double] {
    let chunkRows = 2048
    let chunkCount = (rows + chunkRows - 1) / chunkRows
    let partial = Buffer(chunkCount * stride * stride, filledWith: Float(0))
    let (rows, stride, values) = (rows, stride, values)
    concurrently(chunkCount, threads: threads) { _, chunk in
      let start = chunk * chunkRows
      let part = values
      // Rows of this chunk are read, its own square of `partial` is written.
      unsafe ck_gemm(
        stride, stride, min(chunkRows, rows - start), 1, part.at(start * stride), 1, stride, part.at(start * stride),
        stride,
        partial.at(chunk * stride * stride), stride)
    }
    var gram = [Double](repeating: 0, count: stride * stride)
    for chunk in 0..<chunkCount {
      for index in 0..<(stride * stride) { gram[index] += Double(partial[chunk * stride * stride + index]) }
    }
    return gram
  }

  /// F·Q for an orthogonal Q (stride x stride).
  func rotated(by rotation: Buffer<Float>, threads: Int) -> Factors {
    let result = Factors(rows: rows, rank: rank)
    let chunkRows = 1024
    let (rows, stride, values) = (rows, stride, values)
    concurrently((rows + chunkRows - 1) / chunkRows, threads: threads) { _, chunk in
      let start = chunk * chunkRows
      // Rows of this chunk only.
      unsafe ck_gemm(
        min(chunkRows, rows - start), stride, stride, 1, values.at(start * stride), stride, 1, rotation.start, stride,
        result.values.at(start * stride), stride)
    }
    return result
  }
}

/// The half step of alternating least squares that all our implicit models share: for every row u,
/// minimize  Σ_j w_uj (t_uj - x·y_j)² + base·Σ_all (x·y)² + λ_u |x|².
///
/// The term over all columns is base·xᵀ(YᵀY)x. Factors may be rotated freely, so both sides are brought into the eigenbasis of YᵀY once
/// per half step: there that term is diagonal, a conjugate-gradient step costs O(entries · rank) instead of O(rank²) on top, and the
/// preconditioner takes nearly everything but the row's own entries out of the condition number.
struct AlternatingSolver: Sendable {
  let base: Double
  let steps: Int
  let threads: Int

  /// Weighted targets: `weights` w and `rights` w·t, for the entries of `rows`.
  struct Problem: Sendable {
    let rows: SparseRows
    let columns: Buffer<Int32>
    let weights: Buffer<Float>
    let rights: Buffer<Float>
    /// λ_u of every row.
    let penalties: [Float]

    init(rows: SparseRows, weights: [Float], rights: [Float], penalties: [Float]) {
      self.rows = rows
      columns = Buffer(rows.columns, paddedTo: rows.count, with: 0)
      self.weights = Buffer(weights, paddedTo: weights.count, with: 0)
      self.rights = Buffer(rights, paddedTo: rights.count, with: 0)
      self.penalties = penalties
    }
  }

  /// Brings `fixed` and `solved` into the eigenbasis of fixedᵀfixed; the eigenvalues (0 for padding) come with them.
  static func diagonalize(_ fixed: Factors, _ solved: Factors, threads: Int) -> (
    fixed: Factors, solved: Factors, eigenvalues: [Float]
  ) {
    let (rank, stride) = (fixed.rank, fixed.stride)
    let gram = fixed.gram(threads: threads)
    var square = [Double](repeating: 0, count: rank * rank)
    for i in 0..<rank {
      for j in 0..<rank { square[i * rank + j] = gram[i * stride + j] }
    }
    let eigen = SymmetricEigen(square, count: rank)
    let rotation = Buffer(stride * stride, filledWith: Float(0))
    for i in 0..<rank {
      for j in 0..<rank { rotation[i * stride + j] = Float(eigen.vectors[i * rank + j]) }
    }
    let eigenvalues = eigen.values.map { Float(max(0, $0)) } + [Float](repeating: 0, count: stride - rank)
    return (fixed.rotated(by: rotation, threads: threads), solved.rotated(by: rotation, threads: threads), eigenvalues)
  }

  /// Solves every row of `solved` from where it stands; `fixed` is diagonal with `eigenvalues`.
  func solve(_ problem: Problem, fixed: Factors, solved: Factors, eigenvalues: [Float]) {
    let stride = fixed.stride
    let (columns, weights, rights) = (problem.columns, problem.weights, problem.rights)
    let scratch = (0..<max(1, threads)).map { _ in Buffer(6 * stride, filledWith: Float(0)) }
    let chunkRows = 64
    let (base, steps) = (base, steps)
    concurrently((problem.rows.rowCount + chunkRows - 1) / chunkRows, threads: threads) { worker, chunk in
      let memory = scratch[worker]
      for row in (chunk * chunkRows)..<min(problem.rows.rowCount, (chunk + 1) * chunkRows) {
        let range = problem.rows.range(row)
        guard !range.isEmpty else {
          for column in 0..<stride { solved.values[row * stride + column] = 0 }
          continue
        }
        for column in 0..<stride { memory[column] = Float(base) * eigenvalues[column] + problem.penalties[row] }
        // This row of `solved` and this worker's memory are written, the rest is read; indexes are columns of the problem, rows of `fixed`.
        unsafe ck_conjugate_gradient(
          fixed.values.start, stride, memory.start, columns.at(range.lowerBound), weights.at(range.lowerBound),
          rights.at(range.lowerBound), range.count, solved.values.at(row * stride), memory.at(stride), Int32(steps))
      }
    }
  }
}
