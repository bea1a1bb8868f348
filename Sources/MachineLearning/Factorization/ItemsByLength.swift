import CKernels

/// Items as the search for the largest products wants them: the longest vectors first, in blocks, the columns that carry most first.
///
/// No product x·y exceeds |x||y|, so the search ends where the lengths that are left cannot reach what is found already; and a block of
/// which the first columns' products and the lengths of the rest stay below is left on the way. Exact, and mostly after the well-known part
/// of a catalogue. (Teflioudi, Gemulla and Mykytiuk 2015; Li, Chan, Yiu and Mamoulis 2017.)
struct ItemsByLength: Sendable {
  private static let blockRows = Int(CK_BLOCK_ROWS)
  /// Columns after which a block is judged.
  private static let stages = [16, 48, 112]
  /// What lengths are raised by, as a share of the whole vector's: far above the rounding of a product.
  private static let room: Float = 0.003

  private let stride: Int
  private let order: [Int32]
  /// The columns of the factors, those with the largest sum of squares first; such as are zero throughout stand nowhere.
  private let columns: [Int]
  /// What each of them was multiplied by, and a query is divided by: both sides then count the same, which keeps |x||y| near x·y.
  private let scales: [Float]
  private let blocks: Buffer<Float>
  /// The longest vector of each block, raised.
  private let lengths: Buffer<Float>
  /// The stages before the last column.
  private let stages: [Int]
  /// For each block and stage, of each row the length of what follows, raised.
  private let rests: Buffer<Float>

  /// `queryEnergies`: sums of squares, by column, of vectors like those that will ask; 0 where nothing is known.
  init(_ items: Factors, queryEnergies: [Double]) {
    precondition(queryEnergies.count == items.stride, "a number for every column")
    let stride = items.stride
    self.stride = stride
    let energies = items.energies
    // Powers of two leave every product as it was.
    let scales = zip(queryEnergies, energies).map { query, item in
      guard query > 0, item > 0 else { return Float(1) }
      return Float(sign: .plus, exponent: max(-60, min(60, Int((query / item).exponent) >> 2)), significand: 1)
    }
    let scaled = zip(energies, scales).map { $0 * Double($1 * $1) }
    let columns = energies.indices.filter { energies[$0] > 0 }.sorted { (-scaled[$0], $0) < (-scaled[$1], $1) }
    var squares = [Float](repeating: 0, count: items.rows)
    for row in 0..<items.rows {
      for column in columns {
        let value = items.values[row * stride + column] * scales[column]
        squares[row] += value * value
      }
    }
    let order = squares.indices.sorted { (-squares[$0], $0) < (-squares[$1], $1) }
    self.columns = columns
    self.scales = columns.map { scales[$0] }
    self.order = order.map { Int32($0) }
    let width = columns.count
    stages = Self.stages.filter { $0 < width }
    let rows = Buffer(items.rows * width, filledWith: Float(0))
    let blockCount = (items.rows + Self.blockRows - 1) / Self.blockRows
    rests = Buffer(blockCount * stages.count * Self.blockRows, filledWith: 0)
    lengths = Buffer(blockCount, filledWith: 0)
    blocks = Buffer(blockCount * Self.blockRows * width, filledWith: 0)
    for (place, item) in order.enumerated() {
      for (position, column) in columns.enumerated() {
        rows[place * width + position] = items.values[item * stride + column] * scales[column]
      }
      let length = squares[item].squareRoot()
      let block = place / Self.blockRows
      for (index, stage) in stages.enumerated() {
        let rest = (stage..<width).reduce(Float(0)) { $0 + rows[place * width + $1] * rows[place * width + $1] }
        rests[(block * stages.count + index) * Self.blockRows + place % Self.blockRows] =
          rest.squareRoot() + Self.room * length
      }
      if place % Self.blockRows == 0 { lengths[block] = length * (1 + Self.room) }
    }
    // As many rows of `width` floats, and room for whole blocks.
    unsafe ck_block_rows(rows.start, width, items.rows, width, blocks.start)
  }

  /// The k best, best first; ties go to the lower index. `score` turns a product into a score that is not larger, or nil for what is
  /// excluded; it is asked only for items whose product would make it into the list.
  func top(_ k: Int, for vector: [Float], score: (_ item: Int, _ product: Float) -> Float?)
    -> [ImplicitModel.Recommendation]
  {
    precondition(vector.count == stride, "as long as the items' vectors")
    let query = zip(columns, scales).map { vector[$0] / $1 }
    // What follows each stage, and at last the whole vector, from the end on.
    var squares = [Float](repeating: 0, count: stages.count + 1)
    for (index, start) in ([0] + stages).enumerated().reversed() {
      let end = index < stages.count ? stages[index] : query.count
      var square: Float = index < stages.count ? squares[index + 1] : 0
      for position in start..<end { square += query[position] * query[position] }
      squares[index] = square
    }
    let length = squares[0].squareRoot()
    let restLengths = squares.dropFirst().map { $0.squareRoot() + Self.room * length }
    var top = TopK(k)
    var products = [Float](repeating: 0, count: Self.blockRows)
    var block = 0
    while true {
      // Blocks, lengths and rests are of `lengths.count` blocks; `query` has a number for every column, `products` one for every row of a
      // block, `stages` and `restLengths` are of one length.
      block = unsafe ck_promising_block(
        blocks.start, block, lengths.count, columns.count, stages, stages.count, lengths.start, rests.start, query,
        length, restLengths, top.threshold, &products)
      guard block < lengths.count else { return top.recommendations }
      let start = block * Self.blockRows
      for index in 0..<min(Self.blockRows, order.count - start) where products[index] >= top.threshold {
        let item = order[start + index]
        if let score = score(Int(item), products[index]) { top.insert(score, item) }
      }
      block += 1
    }
  }
}
