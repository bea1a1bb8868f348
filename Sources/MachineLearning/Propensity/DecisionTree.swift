/// A decision tree over raw values: a row goes left when its value is at most the threshold, or is missing and missing goes left.
struct DecisionTree: Sendable, Equatable {
  struct Node: Sendable, Equatable {
    /// The column asked, -1 in a leaf.
    var column: Int32
    var threshold: Float
    var missingGoesLeft: Bool
    var left: Int32
    var right: Int32
    /// What the tree says here: in a leaf the answer, in a branch what it would say without going on.
    var value: Float
  }

  var nodes: [Node]

  /// The leaf's value for a row of a row-major table of `width` columns.
  func value(_ rows: [Float], at start: Int) -> Float {
    var index = 0
    while nodes[index].column >= 0 { index = next(index, rows, start) }
    return nodes[index].value
  }

  /// Adds to each column what its questions changed in the answer on the way to the leaf (Saabas 2014).
  func addContributions(_ rows: [Float], at start: Int, scale: Double, to contributions: inout [Double]) {
    var index = 0
    while nodes[index].column >= 0 {
      let following = next(index, rows, start)
      contributions[Int(nodes[index].column)] += scale * Double(nodes[following].value - nodes[index].value)
      index = following
    }
  }

  private func next(_ index: Int, _ rows: [Float], _ start: Int) -> Int {
    let node = nodes[index]
    let value = rows[start + Int(node.column)]
    return Int((value.isNaN ? node.missingGoesLeft : value <= node.threshold) ? node.left : node.right)
  }
}
