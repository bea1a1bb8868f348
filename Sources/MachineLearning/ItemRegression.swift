import CKernels

/// EASE (Steck 2019): the item-item weights B = I - P·diag(1/P_ii), P = (XᵀX + λI)⁻¹, that predict every item of a user from the others.
///
/// Either the items' Gram matrix is inverted (over the `head` of the most met items), or, when there are fewer users than items, the
/// users' one: P = (I - Xᵀ(XXᵀ + λI)⁻¹X)/λ by Woodbury's identity, which needs no item-item matrix at all and covers every item.
struct ItemRegression: Sendable, Equatable {
  /// The largest matrix that is inverted.
  static let sizeMax = 3000

  enum Form: Sendable, Equatable {
    /// `weights`: size x size over `head`, in row i what item i adds to every item.
    case items(head: [Int32], weights: [Float])
    /// `inverse`: (XXᵀ + λI)⁻¹, users x users with `stride`; `diagonal`: λ·P_ii of every item.
    case users(rows: SparseRows, columns: SparseRows, inverse: [Float], stride: Int, diagonal: [Float])
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

  private init(itemCount: Int, form: Form) {
    self.itemCount = itemCount
    self.form = form
  }

  /// Adds `factor` times the predicted scores of a history to `scores` (one per item).
  func addScores(items: [Int32], strengths: [Float], factor: Float, to scores: inout [Float]) {
    switch form {
    case .items(let head, let weights):
      let size = head.count
      var position = 0
      var sums = [Float](repeating: 0, count: size)
      for (item, strength) in zip(items, strengths) {
        guard let row = Self.index(of: item, in: head, from: &position) else { continue }
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
      // v = X x, z = K⁻¹ v, y = Xᵀ z; score_i = x_i - (x_i - y_i) / (λ P_ii).
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
      for item in 0..<itemCount { scores[item] += factor * y[item] / diagonal[item] }
      for (item, strength) in zip(items, strengths) {
        scores[Int(item)] += factor * (strength - strength / diagonal[Int(item)])
      }
    }
  }

  private static func index(of item: Int32, in head: [Int32], from position: inout Int) -> Int? {
    var low = 0
    var high = head.count
    while low < high {
      let middle = (low + high) / 2
      if head[middle] < item { low = middle + 1 } else { high = middle }
    }
    return low < head.count && head[low] == item ? low : nil
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

  func write(to writer: inout ModelWriter) {
    switch form {
    case .items(let head, let weights):
      writer.bool(false)
      writer.ints(head)
      writer.floats(weights)
    case .users(let rows, _, let inverse, let stride, let diagonal):
      writer.bool(true)
      rows.write(to: &writer)
      writer.count(stride)
      writer.floats(inverse)
      writer.floats(diagonal)
    }
  }

  init(from reader: inout ModelReader, itemCount: Int) throws(MachineLearningError) {
    let failure = MachineLearningError.unreadableModel("the item regression does not fit the catalogue")
    guard try reader.bool() else {
      let head = try reader.ints()
      let weights = try reader.floats()
      guard weights.count == head.count * head.count, head.allSatisfy({ $0 >= 0 && $0 < itemCount }), !head.isEmpty
      else { throw failure }
      self.init(itemCount: itemCount, form: .items(head: head, weights: weights))
      return
    }
    let rows = try SparseRows(from: &reader)
    let stride = try reader.number(in: 0...Int(Int32.max))
    let inverse = try reader.floats()
    let diagonal = try reader.floats()
    guard rows.columnCount == itemCount, diagonal.count == itemCount, stride >= rows.rowCount, stride % 16 == 0,
      inverse.count == rows.rowCount * stride, rows.rowCount > 0
    else { throw failure }
    self.init(
      itemCount: itemCount,
      form: .users(rows: rows, columns: rows.transposed(), inverse: inverse, stride: stride, diagonal: diagonal))
  }
}

extension SparseRows {
  func write(to writer: inout ModelWriter) {
    writer.count(rowCount)
    writer.count(columnCount)
    writer.ints((0..<rowCount).map { Int32(range($0).count) })
    writer.ints(columns)
    writer.floats(values)
  }

  init(from reader: inout ModelReader) throws(MachineLearningError) {
    let rowCount = try reader.number(in: 0...Int(Int32.max))
    let columnCount = try reader.number(in: 0...Int(Int32.max))
    let counts = try reader.ints()
    let columns = try reader.ints()
    let values = try reader.floats()
    var starts = [0]
    for count in counts {
      guard count >= 0 else { throw .unreadableModel("a count is wrong") }
      starts.append((starts.last ?? 0) + Int(count))
    }
    guard counts.count == rowCount, starts.last == columns.count, columns.count == values.count,
      columns.allSatisfy({ $0 >= 0 && $0 < columnCount })
    else { throw .unreadableModel("a sparse matrix does not fit") }
    self.init(rowCount: rowCount, columnCount: columnCount, starts: starts, columns: columns, values: values)
  }
}
