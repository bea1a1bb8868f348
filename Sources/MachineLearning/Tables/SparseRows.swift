/// A sparse matrix by rows: who met what, and how strongly.
public struct SparseRows: Sendable, Equatable {
  /// One entry to build from.
  public struct Entry: Sendable, Equatable {
    /// The row, from 0.
    public var row: Int32
    /// The column, from 0.
    public var column: Int32
    /// The strength or rating.
    public var value: Float

    /// An entry.
    public init(row: Int32, column: Int32, value: Float) {
      self.row = row
      self.column = column
      self.value = value
    }
  }

  /// Rows.
  public let rowCount: Int
  /// Columns.
  public let columnCount: Int
  /// Where each row starts in ``columns``; `rowCount + 1` numbers.
  public let starts: [Int]
  /// The columns of each row's entries, ascending within a row.
  public let columns: [Int32]
  /// Their values.
  public var values: [Float]

  /// The number of entries.
  public var count: Int { columns.count }

  /// The entries of a row.
  public func range(_ row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }

  /// Builds rows from entries in any order; values of equal places add up (or the last counts, with `keepsLast`). Throws
  /// ``MachineLearningError/invalidInput(_:)`` for an entry outside the shape or a value that is not finite. O(entries + rows + columns).
  public init(rowCount: Int, columnCount: Int, entries: [Entry], keepsLast: Bool = false) throws(MachineLearningError) {
    for entry in entries {
      guard entry.row >= 0, entry.row < rowCount, entry.column >= 0, entry.column < columnCount, entry.value.isFinite
      else {
        throw .invalidInput("an entry lies outside the matrix or is not finite")
      }
    }
    // Two stable counting sorts: by column, then by row.
    let byColumn = Self.order(
      entries.count, keys: columnCount, by: { Int(entries[$0].column) }, from: Array(entries.indices))
    let order = Self.order(entries.count, keys: rowCount, by: { Int(entries[$0].row) }, from: byColumn)
    var starts = [Int](repeating: 0, count: rowCount + 1)
    var columns: [Int32] = []
    var values: [Float] = []
    var lastRow: Int32 = -1
    for index in order {
      let entry = entries[index]
      if entry.row == lastRow, let last = columns.last, last == entry.column {
        values[values.count - 1] = keepsLast ? entry.value : values[values.count - 1] + entry.value
        continue
      }
      columns.append(entry.column)
      values.append(entry.value)
      lastRow = entry.row
      starts[Int(entry.row) + 1] += 1
    }
    for row in 0..<rowCount { starts[row + 1] += starts[row] }
    self.init(rowCount: rowCount, columnCount: columnCount, starts: starts, columns: columns, values: values)
  }

  init(rowCount: Int, columnCount: Int, starts: [Int], columns: [Int32], values: [Float]) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.starts = starts
    self.columns = columns
    self.values = values
  }

  private static func order(_ count: Int, keys: Int, by key: (Int) -> Int, from indexes: [Int]) -> [Int] {
    var next = [Int](repeating: 0, count: keys + 1)
    for index in indexes { next[key(index) + 1] += 1 }
    for key in 0..<keys { next[key + 1] += next[key] }
    var result = [Int](repeating: 0, count: count)
    for index in indexes {
      let place = key(index)
      result[next[place]] = index
      next[place] += 1
    }
    return result
  }

  /// Columns as rows. O(entries).
  public func transposed() -> SparseRows {
    var starts = [Int](repeating: 0, count: columnCount + 1)
    for column in columns { starts[Int(column) + 1] += 1 }
    for column in 0..<columnCount { starts[column + 1] += starts[column] }
    var next = starts
    var rows = [Int32](repeating: 0, count: count)
    var turned = [Float](repeating: 0, count: count)
    for row in 0..<rowCount {
      for index in range(row) {
        let place = next[Int(columns[index])]
        next[Int(columns[index])] += 1
        rows[place] = Int32(row)
        turned[place] = values[index]
      }
    }
    return SparseRows(rowCount: columnCount, columnCount: rowCount, starts: starts, columns: rows, values: turned)
  }

  /// The entries for which `keeps` says yes, told the row and the entry's index.
  func filtered(_ keeps: (_ row: Int, _ index: Int) -> Bool) -> SparseRows {
    var starts = [0]
    starts.reserveCapacity(rowCount + 1)
    var columns: [Int32] = []
    var values: [Float] = []
    for row in 0..<rowCount {
      for index in range(row) where keeps(row, index) {
        columns.append(self.columns[index])
        values.append(self.values[index])
      }
      starts.append(columns.count)
    }
    return SparseRows(rowCount: rowCount, columnCount: columnCount, starts: starts, columns: columns, values: values)
  }

  /// All places of both matrices (of the same shape); their values mean nothing.
  public func union(_ other: SparseRows) -> SparseRows { merged(with: other) }

  /// This matrix plus another of the same shape times a factor; itself for a factor of 0.
  public func adding(_ other: SparseRows, scaledBy factor: Float) -> SparseRows {
    factor == 0 ? self : merged(with: other.mapValues { $0 * factor })
  }

  /// The sum of two matrices of the same shape.
  func merged(with other: SparseRows) -> SparseRows {
    var starts = [0]
    var columns: [Int32] = []
    var values: [Float] = []
    for row in 0..<rowCount {
      var (left, right) = (self.starts[row], other.starts[row])
      let (leftEnd, rightEnd) = (self.starts[row + 1], other.starts[row + 1])
      while left < leftEnd || right < rightEnd {
        if right == rightEnd || (left < leftEnd && self.columns[left] < other.columns[right]) {
          columns.append(self.columns[left])
          values.append(self.values[left])
          left += 1
        } else if left == leftEnd || other.columns[right] < self.columns[left] {
          columns.append(other.columns[right])
          values.append(other.values[right])
          right += 1
        } else {
          columns.append(self.columns[left])
          values.append(self.values[left] + other.values[right])
          left += 1
          right += 1
        }
      }
      starts.append(columns.count)
    }
    return SparseRows(rowCount: rowCount, columnCount: columnCount, starts: starts, columns: columns, values: values)
  }

  /// The same places with other values.
  func mapValues(_ transform: (Float) -> Float) -> SparseRows {
    var copy = self
    copy.values = values.map(transform)
    return copy
  }
}
