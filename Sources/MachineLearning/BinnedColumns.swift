/// Columns cut into at most 64 bins at quantiles; bin 0 holds what is missing.
struct BinnedColumns: Sendable {
  let rowCount: Int
  let columnCount: Int
  /// Row after row, a byte per column.
  let bins: Buffer<UInt8>
  /// Per column the upper edge of each bin from 1 on; the last is infinite.
  let edges: [[Float]]

  init(_ matrix: Matrix) {
    rowCount = matrix.rows
    columnCount = matrix.columns
    bins = Buffer(max(1, matrix.rows * matrix.columns), filledWith: 0)
    var edges: [[Float]] = []
    for column in 0..<matrix.columns {
      let values = (0..<matrix.rows).map { matrix[$0, column] }
      let sorted = values.filter { !$0.isNaN }.sorted()
      var distinct: [Float] = []
      for value in sorted where value != distinct.last { distinct.append(value) }
      var cuts: [Float] = []
      if distinct.count <= 64 {
        cuts = zip(distinct, distinct.dropFirst()).map { $0 + ($1 - $0) / 2 }
      } else {
        for part in 1..<64 {
          let position = part * sorted.count / 64
          let cut = sorted[position - 1] + (sorted[position] - sorted[position - 1]) / 2
          if cut > (cuts.last ?? -.infinity) { cuts.append(cut) }
        }
      }
      cuts.append(.infinity)
      for (row, value) in values.enumerated() where !value.isNaN {
        var low = 0
        var high = cuts.count - 1
        while low < high {
          let middle = (low + high) / 2
          if value <= cuts[middle] { high = middle } else { low = middle + 1 }
        }
        bins[row * matrix.columns + column] = UInt8(low + 1)
      }
      edges.append(cuts)
    }
    self.edges = edges
  }
}
