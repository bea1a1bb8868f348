/// Columns cut into at most 64 bins at quantiles; bin 0 holds what is missing.
struct BinnedColumns: Sendable {
  let rowCount: Int
  let columnCount: Int
  /// Row after row, a byte per column: what histograms are counted from.
  let rows: Buffer<UInt8>
  /// Column after column, a byte per row: what a leaf is divided by.
  let columns: Buffer<UInt8>
  /// Per column the upper edge of each bin from 1 on; the last is infinite.
  let edges: [[Float]]

  private static let binsMax = 64
  /// Quantiles are those of at most so many rows.
  private static let sampleMax = 4096

  init(_ matrix: Matrix) {
    rowCount = matrix.rows
    columnCount = matrix.columns
    rows = Buffer(max(1, matrix.rows * matrix.columns), filledWith: 0)
    columns = Buffer(max(1, matrix.rows * matrix.columns), filledWith: 0)
    var edges: [[Float]] = []
    for column in 0..<matrix.columns {
      let values = (0..<matrix.rows).map { matrix.values[$0 * matrix.columns + column] }
      let cuts = Self.cuts(values)
      for (row, value) in values.enumerated() where !value.isNaN {
        // Where the first cut is that is not below: halves of a known length, so no branch is guessed.
        var low = 0
        var rest = cuts.count
        while rest > 1 {
          let half = rest / 2
          low += cuts[low + half - 1] < value ? half : 0
          rest -= half
        }
        rows[row * matrix.columns + column] = UInt8(low + 1)
        columns[column * matrix.rows + row] = UInt8(low + 1)
      }
      edges.append(cuts)
    }
    self.edges = edges
  }

  /// Halfway between all values when they are few, else between quantiles; infinity last.
  private static func cuts(_ values: [Float]) -> [Float] {
    var cuts: [Float] = []
    if let distinct = fewValues(values) {
      cuts = zip(distinct, distinct.dropFirst()).map { $0 + ($1 - $0) / 2 }
    } else {
      let step = (values.count + sampleMax - 1) / sampleMax
      let sorted = stride(from: 0, to: values.count, by: step).map { values[$0] }.filter { !$0.isNaN }.sorted()
      for part in 1..<binsMax {
        let position = part * sorted.count / binsMax
        guard position > 0 else { continue }
        let cut = sorted[position - 1] + (sorted[position] - sorted[position - 1]) / 2
        if cut > (cuts.last ?? -.infinity) { cuts.append(cut) }
      }
    }
    return cuts + [.infinity]
  }

  /// The different values in order; nil when there are more than bins.
  private static func fewValues(_ values: [Float]) -> [Float]? {
    var distinct: [Float] = []
    for value in values where !value.isNaN {
      var low = 0
      var high = distinct.count
      while low < high {
        let middle = (low + high) / 2
        if distinct[middle] < value { low = middle + 1 } else { high = middle }
      }
      guard low == distinct.count || distinct[low] != value else { continue }
      guard distinct.count < binsMax else { return nil }
      distinct.insert(value, at: low)
    }
    return distinct
  }
}
