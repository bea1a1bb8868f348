import CKernels

/// Items in the order of their vectors' lengths, the longest first. No product x·y exceeds |x||y|, so a search for the largest products
/// ends where the lengths that are left cannot reach what is found already: exact, and mostly after the well-known part of a catalogue.
struct ItemsByLength: Sendable {
  private static let blockRows = 256

  private let stride: Int
  private let order: [Int32]
  private let rows: Buffer<Float>
  /// The longest vector of each block, with room for the rounding of products.
  private let lengths: [Float]

  init(_ items: Factors) {
    let stride = items.stride
    self.stride = stride
    // One row of `stride` floats each.
    let lengths = (0..<items.rows).map { row in
      unsafe ck_dot(items.values.at(row * stride), items.values.at(row * stride), stride).squareRoot()
    }
    order = (0..<Int32(items.rows)).sorted { (-lengths[Int($0)], $0) < (-lengths[Int($1)], $1) }
    rows = Buffer(items.rows * stride, filledWith: 0)
    for (place, item) in order.enumerated() {
      for column in 0..<stride { rows[place * stride + column] = items.values[Int(item) * stride + column] }
    }
    self.lengths = Swift.stride(from: 0, to: items.rows, by: Self.blockRows).map { [order] in
      lengths[Int(order[$0])] * 1.0001
    }
  }

  /// The k largest products, best first; ties go to the lower index. `excluding` is asked only for items that would make it into the list.
  func top(_ k: Int, for vector: [Float], excluding: (_ item: Int) -> Bool) -> [(score: Float, index: Int32)] {
    precondition(vector.count == stride, "as long as the items' vectors")
    // Two vectors of `stride` floats.
    let length = unsafe ck_dot(vector, vector, stride).squareRoot()
    var top = TopK(k)
    var scores = [Float](repeating: 0, count: Self.blockRows)
    for block in lengths.indices {
      if length * lengths[block] < top.threshold { break }
      let start = block * Self.blockRows
      let count = min(Self.blockRows, order.count - start)
      // `count` rows of `stride` floats, as many scores.
      unsafe ck_scores(rows.at(start * stride), stride, count, stride, vector, &scores)
      let threshold = top.threshold
      var best = -Float.infinity
      for index in 0..<count { best = max(best, scores[index]) }
      guard best >= threshold else { continue }
      for index in 0..<count where scores[index] >= top.threshold && !excluding(Int(order[start + index])) {
        top.insert(scores[index], order[start + index])
      }
    }
    return top.sorted
  }
}
