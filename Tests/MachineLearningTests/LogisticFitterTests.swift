import Testing

@testable import MachineLearning

@Suite struct LogisticFitterTests {
  /// Rows of five numbers of which two matter.
  private func table(_ count: Int) -> (Matrix, [Float]) {
    var random = SeededRandom(seed: 11)
    var matrix = Matrix(rows: count, columns: 5)
    var labels: [Float] = []
    for row in 0..<count {
      for column in 0..<5 { matrix[row, column] = Float(random.gaussian()) }
      let score = 1.5 * Double(matrix[row, 0]) - Double(matrix[row, 3]) + 0.4
      labels.append(random.uniform() < logistic(score) ? 1 : 0)
    }
    return (matrix, labels)
  }

  private func fitter(_ matrix: Matrix, _ labels: [Float]) -> LogisticFitter {
    LogisticFitter(matrix, labels: Buffer(labels, paddedTo: labels.count, with: 0), context: .init())
  }

  @Test(arguments: [0.1, 10, 1000]) func `no weight can be moved to a lower loss`(penalty: Double) throws {
    let (matrix, labels) = table(300)
    let model = try fitter(matrix, labels).fit(penalty: penalty)
    for column in 0...5 {
      // The derivative by one weight, in doubles.
      var slope = column < 5 ? penalty * model.weights[column] : 0
      for row in 0..<300 {
        slope +=
          (logistic(model.score(matrix, row: row)) - Double(labels[row]))
          * (column < 5 ? Double(matrix[row, column]) : 1)
      }
      #expect(abs(slope) < 0.05)
    }
  }

  @Test func `a fold's rows are answered by the fit to all others`() throws {
    let (matrix, labels) = table(200)
    let folds = (0..<200).map { $0 % 4 }
    let penalties = [10.0, 1, 100]
    let whole = fitter(matrix, labels)
    let heldOut = try whole.heldOut(penalties: penalties, folds: folds, start: whole.fit(penalty: 10))
    for fold in 0..<4 {
      let others = folds.indices.filter { folds[$0] != fold }
      let part = Matrix(rows: others.count, columns: 5, values: others.flatMap { Array(matrix.row($0)) })
      for (index, penalty) in penalties.enumerated() {
        let model = try fitter(part, others.map { labels[$0] }).fit(penalty: penalty)
        for row in folds.indices where folds[row] == fold {
          #expect(abs(Double(heldOut[index][row]) - model.score(matrix, row: row)) < 2e-3)
        }
      }
    }
  }

  @Test func `labels that a line divides end in finite weights`() throws {
    let matrix = Matrix(rows: 40, columns: 1, values: (0..<40).map { Float($0) / 10 - 2 })
    let model = try fitter(matrix, (0..<40).map { $0 < 20 ? 0 : 1 }).fit(penalty: 1)
    #expect(model.weights.allSatisfy { $0.isFinite })
    #expect((0..<40).allSatisfy { (model.score(matrix, row: $0) > 0) == ($0 >= 20) })
  }
}
