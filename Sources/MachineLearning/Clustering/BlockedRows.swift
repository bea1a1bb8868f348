import CKernels

/// Rows in the two layouts that k-means needs: blocks of 32 rows with columns first, where the assignment compares 32 rows at a time,
/// and rows padded to a multiple of 8 floats, where sums of clusters add whole rows.
final class BlockedRows: Sendable {
  static let blockRows = Int(CK_BLOCK_ROWS)
  /// Rows that one parallel step takes: also the unit in which sums are added up, so results do not depend on threads.
  static let chunkRows = 8192

  let count: Int
  let width: Int
  let stride: Int
  let blocks: Buffer<Float>
  let rows: Buffer<Float>
  /// |x|^2 of each row, below zero for padding rows.
  let norms: Buffer<Float>

  var blockCount: Int { (count + Self.blockRows - 1) / Self.blockRows }
  var chunkCount: Int { (count + Self.chunkRows - 1) / Self.chunkRows }

  /// The rows and blocks of a chunk.
  func chunk(_ index: Int) -> (rows: Range<Int>, blocks: Range<Int>) {
    let start = index * Self.chunkRows
    let end = min(count, start + Self.chunkRows)
    return (start..<end, (start / Self.blockRows)..<((end + Self.blockRows - 1) / Self.blockRows))
  }

  init(_ matrix: Matrix, threads: Int) {
    count = matrix.rows
    width = matrix.columns
    stride = (matrix.columns + 7) / 8 * 8
    let paddedCount = (count + Self.blockRows - 1) / Self.blockRows * Self.blockRows
    blocks = Buffer(paddedCount * width, filledWith: 0)
    rows = Buffer(count * stride, filledWith: 0)
    norms = Buffer(paddedCount, filledWith: -.greatestFiniteMagnitude)
    let (count, width, stride, rows, norms, blocks) = (count, width, stride, rows, norms, blocks)
    concurrently(chunkCount, threads: threads) { _, index in
      let start = index * Self.chunkRows
      let end = min(count, start + Self.chunkRows)
      for row in start..<end {
        var norm: Float = 0
        for column in 0..<width {
          let value = matrix.values[row * width + column]
          rows[row * stride + column] = value
          norm += value * value
        }
        norms[row] = norm
      }
      // The chunk's rows and blocks belong to this call alone; a chunk is a whole number of blocks.
      unsafe ck_block_rows(rows.at(start * stride), stride, end - start, width, blocks.at(start * width))
    }
  }

  /// The values of a row.
  func row(_ index: Int) -> [Float] { rows.array((index * stride)..<(index * stride + width)) }
}
