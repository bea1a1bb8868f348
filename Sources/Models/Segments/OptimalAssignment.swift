/// Which of n rows goes with which of n columns so that the sum of costs is least (Kuhn 1955, Munkres 1957; the O(n³) form with
/// potentials).
enum OptimalAssignment {
  /// The column of each row. `costs` is square.
  static func columns(minimizing costs: [[Double]]) -> [Int] {
    let n = costs.count
    guard n > 0 else { return [] }
    // 1-based with a column 0 that stands for "none", as the algorithm is usually written.
    var rowPotential = [Double](repeating: 0, count: n + 1)
    var columnPotential = [Double](repeating: 0, count: n + 1)
    var rowOfColumn = [Int](repeating: 0, count: n + 1)
    var previous = [Int](repeating: 0, count: n + 1)
    for row in 1...n {
      rowOfColumn[0] = row
      var column = 0
      var least = [Double](repeating: .infinity, count: n + 1)
      var isUsed = [Bool](repeating: false, count: n + 1)
      repeat {
        isUsed[column] = true
        let current = rowOfColumn[column]
        var step = Double.infinity
        var next = 0
        for candidate in 1...n where !isUsed[candidate] {
          let reduced = costs[current - 1][candidate - 1] - rowPotential[current] - columnPotential[candidate]
          if reduced < least[candidate] {
            least[candidate] = reduced
            previous[candidate] = column
          }
          if least[candidate] < step {
            step = least[candidate]
            next = candidate
          }
        }
        for candidate in 0...n {
          if isUsed[candidate] {
            rowPotential[rowOfColumn[candidate]] += step
            columnPotential[candidate] -= step
          } else {
            least[candidate] -= step
          }
        }
        column = next
      } while rowOfColumn[column] != 0
      repeat {
        rowOfColumn[column] = rowOfColumn[previous[column]]
        column = previous[column]
      } while column != 0
    }
    var answer = [Int](repeating: 0, count: n)
    for column in 1...n { answer[rowOfColumn[column] - 1] = column - 1 }
    return answer
  }
}
