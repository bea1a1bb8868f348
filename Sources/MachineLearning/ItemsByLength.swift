import CKernels

/// Items as the search for the largest products wants them: the longest vectors first, in blocks, the columns that carry most first.
///
/// No product x·y exceeds |x||y|, so the search ends where the lengths that are left cannot reach what is found already; and a block of
/// which the first columns' products and the lengths of the rest stay below is left half way. Exact, and mostly after the well-known part
/// of a catalogue. (Teflioudi, Gemulla and Mykytiuk 2015; Li, Chan, Yiu and Mamoulis 2017.)
struct ItemsByLength: Sendable {
  private static let blockRows = Int(CK_BLOCK_ROWS)
  /// Columns after which a block is judged.
  private static let headMax = 16
  /// What lengths are raised by, as a share of the whole vector's: far above the rounding of a product.
  private static let room: Float = 0.003

  private let stride: Int
  private let order: [Int32]
  /// The columns of the factors, those with the largest sum of squares first; such as are zero throughout stand nowhere.
  private let columns: [Int]
  private let blocks: Buffer<Float>
  /// The longest vector of each block, raised.
  private let lengths: Buffer<Float>
  /// Of each row the length of what follows the head, raised.
  private let rests: Buffer<Float>

  init(_ items: Factors) {
    let stride = items.stride
    self.stride = stride
    var energy = [Double](repeating: 0, count: stride)
    var squares = [Float](repeating: 0, count: items.rows)
    for row in 0..<items.rows {
      for column in 0..<stride {
        let square = items.values[row * stride + column] * items.values[row * stride + column]
        squares[row] += square
        energy[column] += Double(square)
      }
    }
    let columns = energy.indices.filter { energy[$0] > 0 }.sorted { (-energy[$0], $0) < (-energy[$1], $1) }
    let order = squares.indices.sorted { (-squares[$0], $0) < (-squares[$1], $1) }
    self.columns = columns
    self.order = order.map { Int32($0) }
    let width = columns.count
    let rows = Buffer(items.rows * width, filledWith: Float(0))
    let blockCount = (items.rows + Self.blockRows - 1) / Self.blockRows
    rests = Buffer(blockCount * Self.blockRows, filledWith: 0)
    lengths = Buffer(blockCount, filledWith: 0)
    blocks = Buffer(blockCount * Self.blockRows * width, filledWith: 0)
    for (place, item) in order.enumerated() {
      var rest: Float = 0
      for (position, column) in columns.enumerated() {
        let value = items.values[item * stride + column]
        rows[place * width + position] = value
        if position >= Self.headMax { rest += value * value }
      }
      let length = squares[item].squareRoot()
      rests[place] = rest.squareRoot() + Self.room * length
      if place % Self.blockRows == 0 { lengths[place / Self.blockRows] = length * (1 + Self.room) }
    }
    // As many rows of `width` floats, and room for whole blocks.
    unsafe ck_block_rows(rows.start, width, items.rows, width, blocks.start)
  }

  /// The k largest products, best first; ties go to the lower index. `excluding` is asked only for items that would make it into the list.
  func top(_ k: Int, for vector: [Float], excluding: (_ item: Int) -> Bool) -> [ImplicitModel.Recommendation] {
    precondition(vector.count == stride, "as long as the items' vectors")
    let query = columns.map { vector[$0] }
    let head = min(Self.headMax, columns.count)
    var (square, rest) = (Float(0), Float(0))
    for (position, value) in query.enumerated() {
      square += value * value
      if position >= head { rest += value * value }
    }
    let length = square.squareRoot()
    let restLength = rest.squareRoot() + Self.room * length
    var top = TopK(k)
    var scores = [Float](repeating: 0, count: Self.blockRows)
    var block = 0
    while true {
      // Blocks, lengths and rests are of `lengths.count` blocks; `query` has a number for every column, `scores` one for every row of a block.
      block = unsafe ck_promising_block(
        blocks.start, block, lengths.count, columns.count, head, lengths.start, rests.start, query, length, restLength,
        top.threshold, &scores)
      guard block < lengths.count else { return top.recommendations }
      let start = block * Self.blockRows
      for index in 0..<min(Self.blockRows, order.count - start) where scores[index] >= top.threshold {
        let item = order[start + index]
        if !excluding(Int(item)) { top.insert(scores[index], item) }
      }
      block += 1
    }
  }
}
