import CKernels

/// The directions in the space of the columns along which sparse rows extend furthest: right singular vectors, by subspace iteration from
/// a random start (Halko, Martinsson and Tropp 2011). The far ones are near the truth after five iterations, the rest mixed with
/// what follows them. O(entries · rank + (rows + columns) · rank²) an iteration and rank³ once; memory for columns and the smaller side.
struct PrincipalDirections: Sendable {
  private static let iterations = 5
  /// Rows that are multiplied at a time.
  private static let chunkRows = 4096

  /// A row for each column of the matrix, a column for each direction, the furthest first: orthonormal, or zero where there are no more.
  let vectors: Factors
  /// Sums of squares of the rows along each direction.
  let energies: [Double]

  init(_ rows: SparseRows, rank: Int, seed: UInt64 = 1, context: TrainingContext) throws(MachineLearningError) {
    let threads = context.threads
    // Both sides have the same directions: they are sought on the smaller one, and carried over.
    let isTurned = rows.rowCount < rows.columnCount
    let matrix = isTurned ? rows.transposed() : rows
    var random = SeededRandom(seed: seed)
    let rank = min(rank, matrix.columnCount)
    var vectors = Factors(rows: matrix.columnCount, rank: rank, using: &random)
    for iteration in 0..<Self.iterations {
      try context.checkCancelled()
      var image = Factors(rows: matrix.columnCount, rank: rank)
      // Of random vectors the near directions would drown in single precision beside the far ones, so at first both sides are made
      // orthonormal: XᵀZT, T does it to Z = XV. Later each vector has little of those before it.
      let left = Self.multiply(matrix, vectors, addingTo: image, withGram: iteration == 0, threads: threads)
      if let left {
        image = image.rotated(by: Self.orthonormalizing(left, rank: rank, stride: image.stride), threads: threads)
      }
      let right = image.gram(threads: threads)
      vectors = image.rotated(by: Self.orthonormalizing(right, rank: rank, stride: image.stride), threads: threads)
    }
    // Rayleigh and Ritz: the best of what lies in the subspace.
    let stride = vectors.stride
    let gram = Self.multiply(matrix, vectors, addingTo: nil, withGram: true, threads: threads) ?? []
    var square = [Double](repeating: 0, count: rank * rank)
    for i in 0..<rank {
      for j in 0..<rank { square[i * rank + j] = gram[i * stride + j] }
    }
    let eigen = SymmetricEigen(square, count: rank)
    energies = eigen.values.reversed().map { max(0, $0) }
    let most = energies.first ?? 0
    let scales = energies.map { isTurned ? ($0 > 1e-6 * most ? 1 / $0.squareRoot() : 0) : 1 }
    let rotation = Buffer(stride * stride, filledWith: Float(0))
    for i in 0..<rank {
      for j in 0..<rank { rotation[i * stride + j] = Float(eigen.vectors[i * rank + rank - 1 - j] * scales[j]) }
    }
    let best = vectors.rotated(by: rotation, threads: threads)
    self.vectors =
      isTurned ? Self.product(matrix, 0..<matrix.rowCount, best, threads: threads) : best
  }

  /// Some of the rows times the vectors.
  private static func product(_ rows: SparseRows, _ range: Range<Int>, _ vectors: Factors, threads: Int) -> Factors {
    let result = Factors(rows: range.count, rank: vectors.rank)
    let stride = vectors.stride
    let perWorker = 64
    concurrently((range.count + perWorker - 1) / perWorker, threads: threads) { _, worker in
      for row in (worker * perWorker)..<min(range.count, (worker + 1) * perWorker) {
        for index in rows.range(range.lowerBound + row) {
          // Rows of `stride` floats; this one of the result belongs to this worker.
          unsafe ck_axpy(
            rows.values[index], vectors.values.at(Int(rows.columns[index]) * stride), result.values.at(row * stride),
            stride)
        }
      }
    }
    return result
  }

  /// The Gram matrix of Z = XV, if wanted; adds XᵀZ to `sums`. Z itself is forgotten part by part.
  private static func multiply(
    _ rows: SparseRows, _ vectors: Factors, addingTo sums: Factors?, withGram: Bool, threads: Int
  ) -> [Double]? {
    let stride = vectors.stride
    var gram = [Double](repeating: 0, count: stride * stride)
    let stripes = min(threads, stride / 16)
    for start in Swift.stride(from: 0, to: rows.rowCount, by: chunkRows) {
      let range = start..<min(start + chunkRows, rows.rowCount)
      let part = product(rows, range, vectors, threads: threads)
      if withGram {
        for (index, value) in part.gram(threads: threads).enumerated() { gram[index] += value }
      }
      guard let sums else { continue }
      concurrently(stripes, threads: threads) { _, stripe in
        // Each thread has columns of its own, so sums are in the order of the rows with any number of threads.
        let from = stride / 16 * stripe / stripes * 16
        let width = stride / 16 * (stripe + 1) / stripes * 16 - from
        for row in range {
          for index in rows.range(row) {
            // `width` of the `stride` floats of a row each.
            unsafe ck_axpy(
              rows.values[index], part.values.at((row - start) * stride + from),
              sums.values.at(Int(rows.columns[index]) * stride + from), width)
          }
        }
      }
    }
    return withGram ? gram : nil
  }

  /// What a column must keep of its squared length beside those before it: less is the rounding of single precision.
  private static let independenceMin = 1e-5

  /// What makes the columns of a matrix with this Gram matrix orthonormal, by Cholesky's factors, each scaled to length 1 before; a
  /// column that depends on those before it becomes zero.
  private static func orthonormalizing(_ gram: [Double], rank: Int, stride: Int) -> Buffer<Float> {
    let scales = (0..<rank).map { index in
      let square = gram[index * stride + index]
      return square > 0 ? 1 / square.squareRoot() : 0
    }
    // Row j of `inverse` is row j of L⁻¹, grown row by row together with L.
    var lower = [Double](repeating: 0, count: rank * rank)
    var inverse = [Double](repeating: 0, count: rank * rank)
    for j in 0..<rank where scales[j] > 0 {
      var pivot = 1.0
      for k in 0..<j where inverse[k * rank + k] > 0 {
        var value = gram[j * stride + k] * scales[j] * scales[k]
        for l in 0..<k { value -= lower[j * rank + l] * lower[k * rank + l] }
        value *= inverse[k * rank + k]
        lower[j * rank + k] = value
        pivot -= value * value
      }
      guard pivot > independenceMin else {
        for k in 0..<j { lower[j * rank + k] = 0 }
        continue
      }
      let reciprocal = 1 / pivot.squareRoot()
      for k in 0..<j where lower[j * rank + k] != 0 {
        let factor = lower[j * rank + k] * reciprocal
        for l in 0...k { inverse[j * rank + l] -= factor * inverse[k * rank + l] }
      }
      inverse[j * rank + j] = reciprocal
    }
    let rotation = Buffer(stride * stride, filledWith: Float(0))
    for j in 0..<rank {
      for k in 0...j { rotation[k * stride + j] = Float(inverse[j * rank + k] * scales[k]) }
    }
    return rotation
  }
}
