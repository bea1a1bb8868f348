extension ItemRegression {
  /// What stands before each form in a stored model.
  private enum Tag: UInt8 {
    case items, users, directions
  }

  func write(to writer: inout ModelWriter) {
    switch form {
    case .items(let head, let weights):
      writer.integer(Tag.items.rawValue)
      writer.ints(head)
      writer.floats(weights)
    case .users(let rows, _, let inverse, let stride, let diagonal):
      writer.integer(Tag.users.rawValue)
      rows.write(to: &writer)
      writer.count(stride)
      writer.floats(inverse)
      writer.floats(diagonal)
    case .directions(let loadings, _):
      writer.integer(Tag.directions.rawValue)
      writer.count(loadings.rank)
      writer.floats(loadings.matrix.values)
    }
  }

  init(from reader: inout ModelReader, itemCount: Int) throws(MachineLearningError) {
    let failure = MachineLearningError.unreadableModel("the item regression does not fit the catalogue")
    switch Tag(rawValue: try reader.integer()) {
    case .items:
      let head = try reader.ints()
      let weights = try reader.floats()
      guard weights.count == head.count * head.count, head.allSatisfy({ $0 >= 0 && $0 < itemCount }), !head.isEmpty
      else { throw failure }
      self.init(itemCount: itemCount, form: .items(head: head, weights: weights))
    case .users:
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
    case .directions:
      let rank = try reader.number(in: 1...4096)
      let values = try reader.floats()
      guard values.count == itemCount * rank else { throw failure }
      self.init(Factors(Matrix(rows: itemCount, columns: rank, values: values)))
    case nil: throw failure
    }
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
