import CKernels

/// EASE (Steck 2019): the item-item weights B = I - P·diag(1/P_ii), P = (XᵀX + λI)⁻¹, that predict every item of a user from the others.
///
/// Either the items' Gram matrix is inverted (over the `head` of the most met items), or, when there are fewer users than items, the
/// users' one: P = (I - Xᵀ(XXᵀ + λI)⁻¹X)/λ by Woodbury's identity, which needs no item-item matrix at all and covers every item. Or X is
/// taken along the directions in which it extends furthest alone: P = (I - V·diag(e/(e + λ))·Vᵀ)/λ. Then scores are products of vectors.
struct ItemRegression: Sendable {
  /// The largest matrix that is inverted.
  static let sizeMax = 3000

  enum Form: Sendable {
    /// `weights`: size x size over `head`, in row i what item i adds to every item.
    case items(head: [Int32], weights: [Float])
    /// `inverse`: (XXᵀ + λI)⁻¹, users x users with `stride`; `diagonal`: λ·P_ii of every item.
    case users(rows: SparseRows, columns: SparseRows, inverse: [Float], stride: Int, diagonal: [Float])
    /// `loadings`: V·diag(√(e/(e + λ))), a row for each item; `diagonal`: λ·P_ii of every item.
    case directions(loadings: Factors, diagonal: [Float])
  }

  let itemCount: Int
  let form: Form

  /// nil when neither side is small enough for a useful answer.
  init?(
    _ rows: SparseRows, regularization: Double, forcingUsers: Bool? = nil, context: TrainingContext
  ) throws(MachineLearningError) {
    itemCount = rows.columnCount
    // The smaller side; a long catalogue and many users leave the head of the catalogue.
    let isByUsers = forcingUsers ?? (rows.rowCount < rows.columnCount && rows.rowCount <= Self.sizeMax)
    if !isByUsers {
      let columns = rows.transposed()
      let order = (0..<rows.columnCount).sorted { (columns.range($1).count, $0) < (columns.range($0).count, $1) }
      let head = order.prefix(Self.sizeMax).filter { !columns.range($0).isEmpty }.map { Int32($0) }.sorted()
      guard !head.isEmpty else { return nil }
      form = .items(
        head: head, weights: try Self.itemWeights(rows, head: head, regularization: regularization, context: context))
    } else {
      form = try Self.userForm(rows, regularization: regularization, context: context)
    }
  }

  /// Along the first `rank` of `directions`.
  init(_ directions: PrincipalDirections, rank: Int, regularization: Double) {
    let vectors = directions.vectors
    let loadings = Factors(rows: vectors.rows, rank: min(rank, vectors.rank))
    let gains = directions.energies.prefix(loadings.rank).map { Float(($0 / ($0 + regularization)).squareRoot()) }
    for item in 0..<loadings.rows {
      for (column, gain) in gains.enumerated() {
        loadings.values[item * loadings.stride + column] = gain * vectors.values[item * vectors.stride + column]
      }
    }
    self.init(loadings)
  }

  init(_ loadings: Factors) {
    let stride = loadings.stride
    itemCount = loadings.rows
    form = .directions(
      loadings: loadings,
      diagonal: (0..<loadings.rows).map { item in
        // One row, twice.
        let square = unsafe ck_dot(loadings.values.at(item * stride), loadings.values.at(item * stride), stride)
        return max(1e-6, 1 - square)
      })
  }

  /// As `choices` say; nil without a share in the blend, or when there is nothing to learn from.
  static func fit(
    _ rows: SparseRows, _ choices: ImplicitChoices, context: TrainingContext
  ) throws(MachineLearningError) -> ItemRegression? {
    guard choices.blend > 0 else { return nil }
    guard choices.itemRank > 0 else {
      return try ItemRegression(rows, regularization: choices.itemRegularization, context: context)
    }
    return ItemRegression(
      try PrincipalDirections(rows, rank: choices.itemRank, context: context), rank: choices.itemRank,
      regularization: choices.itemRegularization)
  }

  /// Directions that it is taken along; 0 for all.
  var rank: Int { if case .directions(let loadings, _) = form { loadings.rank } else { 0 } }

  init(itemCount: Int, form: Form) {
    self.itemCount = itemCount
    self.form = form
  }

  /// Adds `factor` times the predicted scores of a history to `scores` (one per item).
  func addScores(items: [Int32], strengths: [Float], factor: Float, to scores: inout [Float]) {
    switch form {
    case .items(let head, let weights):
      let size = head.count
      var sums = [Float](repeating: 0, count: size)
      for (item, strength) in zip(items, strengths) {
        guard let row = head.place(of: item) else { continue }
        // Row `row` of a size x size matrix into `size` sums.
        unsafe weights.withUnsafeBufferPointer { matrix in
          // As above.
          unsafe sums.withUnsafeMutableBufferPointer { sums in
            // As above; both base addresses exist since size > 0.
            unsafe ck_axpy(
              strength * factor, matrix.baseAddress.unsafelyUnwrapped + row * size, sums.baseAddress.unsafelyUnwrapped,
              size)
          }
        }
      }
      for (index, item) in head.enumerated() { scores[Int(item)] += sums[index] }
    case .users(let rows, let columns, let inverse, let stride, let diagonal):
      // v = X x, z = K⁻¹ v, y = Xᵀ z.
      var v = [Float](repeating: 0, count: stride)
      for (item, strength) in zip(items, strengths) {
        for index in columns.range(Int(item)) { v[Int(columns.columns[index])] += strength * columns.values[index] }
      }
      var z = [Float](repeating: 0, count: rows.rowCount)
      // `inverse` has rowCount rows of `stride`, v one row, z rowCount numbers.
      unsafe inverse.withUnsafeBufferPointer { matrix in
        // As above.
        unsafe z.withUnsafeMutableBufferPointer { z in
          // As above; never empty since there are users.
          unsafe ck_scores(
            matrix.baseAddress.unsafelyUnwrapped, stride, rows.rowCount, stride, v, z.baseAddress.unsafelyUnwrapped)
        }
      }
      var y = [Float](repeating: 0, count: itemCount)
      for user in 0..<rows.rowCount where z[user] != 0 {
        for index in rows.range(user) { y[Int(rows.columns[index])] += z[user] * rows.values[index] }
      }
      add(y, items: items, strengths: strengths, diagonal: diagonal, factor: factor, to: &scores)
    case .directions(let loadings, let diagonal):
      var vector = [Float](repeating: 0, count: loadings.stride)
      Self.add(items: items, strengths: strengths, of: loadings, to: &vector, from: 0)
      var y = [Float](repeating: 0, count: itemCount)
      // itemCount rows of `stride` floats, as many numbers of `y`.
      unsafe ck_scores(loadings.values.start, loadings.stride, itemCount, loadings.stride, vector, &y)
      add(y, items: items, strengths: strengths, diagonal: diagonal, factor: factor, to: &scores)
    }
  }

  /// score_i = x_i - (x_i - y_i) / (λ P_ii).
  private func add(
    _ y: [Float], items: [Int32], strengths: [Float], diagonal: [Float], factor: Float, to scores: inout [Float]
  ) {
    for item in 0..<itemCount { scores[item] += factor * y[item] / diagonal[item] }
    for (item, strength) in zip(items, strengths) {
      scores[Int(item)] += factor * (strength - strength / diagonal[Int(item)])
    }
  }

  /// Adds the rows of a history, times its strengths, to what stands in `vector` from a place on.
  static func add(
    items: [Int32], strengths: [Float], of loadings: Factors, to vector: inout [Float], from start: Int
  ) {
    precondition(vector.count >= start + loadings.stride, "a place for every direction")
    let stride = loadings.stride
    // The precondition; rows of `stride` floats.
    unsafe vector.withUnsafeMutableBufferPointer { vector in
      // As above: not empty.
      let out = unsafe vector.baseAddress.unsafelyUnwrapped + start
      for (item, strength) in zip(items, strengths) {
        // As above.
        unsafe ck_axpy(strength, loadings.values.at(Int(item) * stride), out, stride)
      }
    }
  }

  private static func itemWeights(
    _ rows: SparseRows, head: [Int32], regularization: Double, context: TrainingContext
  ) throws(MachineLearningError) -> [Float] {
    let size = head.count
    var place = [Int32](repeating: -1, count: rows.columnCount)
    for (index, item) in head.enumerated() { place[Int(item)] = Int32(index) }
    var gram = [Double](repeating: 0, count: size * size)
    for row in 0..<rows.rowCount {
      for left in rows.range(row) where place[Int(rows.columns[left])] >= 0 {
        let from = Int(place[Int(rows.columns[left])]) * size
        for right in rows.range(row) where place[Int(rows.columns[right])] >= 0 {
          gram[from + Int(place[Int(rows.columns[right])])] += Double(rows.values[left] * rows.values[right])
        }
      }
    }
    for index in 0..<size { gram[index * size + index] += regularization }
    let inverse = try PositiveDefinite.inverse(gram.map { Float($0) }, count: size, context: context)
    var weights = [Float](repeating: 0, count: size * size)
    for row in 0..<size {
      for column in 0..<size where row != column {
        weights[row * size + column] = -inverse[row * size + column] / inverse[column * size + column]
      }
    }
    return weights
  }

  private static func userForm(
    _ rows: SparseRows, regularization: Double, context: TrainingContext
  ) throws(MachineLearningError) -> Form {
    let count = rows.rowCount
    let columns = rows.transposed()
    var kernel = [Float](repeating: 0, count: count * count)
    for item in 0..<columns.rowCount {
      let range = columns.range(item)
      for left in range {
        let from = Int(columns.columns[left]) * count
        for right in range {
          kernel[from + Int(columns.columns[right])] += columns.values[left] * columns.values[right]
        }
      }
    }
    for user in 0..<count { kernel[user * count + user] += Float(regularization) }
    let plain = try PositiveDefinite.inverse(kernel, count: count, context: context)
    let stride = (count + 15) / 16 * 16
    var inverse = [Float](repeating: 0, count: count * stride)
    for row in 0..<count {
      for column in 0..<count { inverse[row * stride + column] = plain[row * count + column] }
    }
    var diagonal = [Float](repeating: 1, count: columns.rowCount)
    for item in 0..<columns.rowCount {
      var quadratic = 0.0
      for left in columns.range(item) {
        let from = Int(columns.columns[left]) * stride
        for right in columns.range(item) {
          quadratic +=
            Double(inverse[from + Int(columns.columns[right])]) * Double(columns.values[left] * columns.values[right])
        }
      }
      diagonal[item] = Float(max(1e-6, 1 - quadratic))
    }
    return .users(rows: rows, columns: columns, inverse: inverse, stride: stride, diagonal: diagonal)
  }
}

extension [Int32] {
  /// Where a number stands in an ascending list.
  func place(of number: Int32) -> Int? {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < number { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == number ? low : nil
  }
}
