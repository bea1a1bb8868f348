/// One fit of implicit factors at given options: the part that search and final training share.
struct ImplicitFitter: Sendable {
  /// The weights of one fit.
  struct Settings: Sendable, Equatable {
    var rank: Int
    var regularization: Double
    var alpha: Double
    var isLiteral: Bool
  }

  /// Factors in the eigenbasis of the items' Gram matrix.
  struct Result: Sendable {
    let users: Factors
    let items: Factors
    /// Of itemsᵀitems, padded.
    let eigenvalues: [Float]
    let iterations: Int
  }

  /// Conjugate-gradient steps per row and half step. From a warm start and in the eigenbasis one is enough: two or three end at the
  /// same ranking quality here. (Takács et al. 2011 need three without the basis.)
  static let steps = 1
  /// Steps of a fold-in, which starts from zero.
  static let foldInSteps = 8

  let settings: Settings
  let rows: SparseRows
  let columns: SparseRows
  let seed: UInt64
  let context: TrainingContext

  init(_ rows: SparseRows, settings: Settings, seed: UInt64, context: TrainingContext) {
    self.rows = rows
    columns = rows.transposed()
    self.settings = settings
    self.seed = seed
    self.context = context
  }

  /// Weights, targets and penalties of one side.
  static func problem(_ rows: SparseRows, settings: Settings) -> AlternatingSolver.Problem {
    if settings.isLiteral {
      let alpha = Float(settings.alpha)
      return AlternatingSolver.Problem(
        rows: rows, weights: rows.values.map { alpha * $0 }, rights: rows.values.map { 1 + alpha * $0 },
        penalties: [Float](repeating: Float(settings.regularization), count: rows.rowCount))
    }
    let penalties = (0..<rows.rowCount).map { row in
      penalty(
        rows.range(row).reduce(Float(0)) { $0 + rows.values[$1] }, otherCount: rows.columnCount, settings: settings)
    }
    return AlternatingSolver.Problem(rows: rows, weights: rows.values, rights: rows.values, penalties: penalties)
  }

  /// λ(Σr + |I|/α) for one row; λ alone in the literal objective.
  static func penalty(_ strengthSum: Float, otherCount: Int, settings: Settings) -> Float {
    settings.isLiteral
      ? Float(settings.regularization)
      : Float(settings.regularization * (Double(strengthSum) + Double(otherCount) / settings.alpha))
  }

  /// The weight of all pairs in the loss.
  static func base(_ settings: Settings) -> Double { settings.isLiteral ? 1 : 1 / settings.alpha }

  /// Runs `iterationsMax` epochs: items given users, then users given items, so that users end as a fold-in of the final items.
  func run(iterationsMax: Int, relativeProgressMin: Double? = nil) throws(MachineLearningError) -> Result {
    var random = SeededRandom(seed: seed)
    var users = Factors(rows: rows.rowCount, rank: settings.rank, using: &random)
    var items = Factors(rows: rows.columnCount, rank: settings.rank, using: &random)
    let solver = AlternatingSolver(base: Self.base(settings), steps: Self.steps, threads: context.threads)
    let userProblem = Self.problem(rows, settings: settings)
    let itemProblem = Self.problem(columns, settings: settings)
    var eigenvalues: [Float] = []
    var lossBefore = Double.infinity
    for iteration in 0..<iterationsMax {
      try context.checkCancelled()
      let byUsers = AlternatingSolver.diagonalize(users, items, threads: context.threads)
      solver.solve(itemProblem, fixed: byUsers.fixed, solved: byUsers.solved, eigenvalues: byUsers.eigenvalues)
      let byItems = AlternatingSolver.diagonalize(byUsers.solved, byUsers.fixed, threads: context.threads)
      solver.solve(userProblem, fixed: byItems.fixed, solved: byItems.solved, eigenvalues: byItems.eigenvalues)
      users = byItems.solved
      items = byItems.fixed
      eigenvalues = byItems.eigenvalues
      context.progress(Double(iteration + 1) / Double(iterationsMax))
      if let relativeProgressMin {
        let loss = self.loss(users, items, eigenvalues: eigenvalues)
        if lossBefore.isFinite, lossBefore - loss < relativeProgressMin * lossBefore {
          return Result(users: users, items: items, eigenvalues: eigenvalues, iterations: iteration + 1)
        }
        lossBefore = loss
      }
    }
    return Result(users: users, items: items, eigenvalues: eigenvalues, iterations: iterationsMax)
  }

  /// The literal objective, with Σ all (x·y)² as Σ_u xᵀ diag(eigenvalues) x.
  private func loss(_ users: Factors, _ items: Factors, eigenvalues: [Float]) -> Double {
    let stride = users.stride
    var loss = 0.0
    for row in 0..<rows.rowCount {
      for column in 0..<stride {
        let value = Double(users.values[row * stride + column])
        loss += value * value * (Double(eigenvalues[column]) + settings.regularization)
      }
      for index in rows.range(row) {
        let item = Int(rows.columns[index])
        var product = 0.0
        for column in 0..<stride {
          product += Double(users.values[row * stride + column]) * Double(items.values[item * stride + column])
        }
        let confidence = 1 + settings.alpha * Double(rows.values[index])
        loss += confidence * (1 - product) * (1 - product) - product * product
      }
    }
    for index in 0..<items.values.count {
      loss += settings.regularization * Double(items.values[index]) * Double(items.values[index])
    }
    return loss
  }
}
