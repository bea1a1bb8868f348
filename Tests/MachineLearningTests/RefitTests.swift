import MachineLearning
import Testing

@Suite("Factorization: refits with earlier choices, likeness of items")
struct RefitTests {
  /// Two groups of users, each with products of its own.
  private func interactions() throws -> SparseRows {
    var entries: [SparseRows.Entry] = []
    var random = SeededRandom(seed: 7)
    for user in 0..<60 {
      for item in 0..<20 where (user < 30) == (item < 10) && random.uniform() < 0.6 {
        entries.append(.init(row: Int32(user), column: Int32(item), value: 1))
      }
    }
    return try SparseRows(rowCount: 60, columnCount: 20, entries: entries)
  }

  @Test func `a refit with the choices of a training gives the same bytes`() throws {
    let rows = try interactions()
    var options = ImplicitOptions()
    options.isHybrid = true
    let trained = try ImplicitFactorization.train(rows, options: options, seed: 3).model
    let fitted = try ImplicitFactorization.fit(rows, options: options, choices: trained.choices, seed: 3)
    #expect(fitted.serialized() == trained.serialized())
  }

  @Test func `items of the same customers are alike, others are not`() throws {
    let model = try ImplicitFactorization.train(try interactions(), options: ImplicitOptions(), seed: 3).model
    #expect(model.likeness(0, 1) > 0.5)
    #expect(model.likeness(0, 15) < 0.3)
    #expect(abs(model.likeness(4, 4) - 1) < 1e-4)
  }

  @Test func `a judge of any scores sees what was held out`() throws {
    let targets = try SparseRows(
      rowCount: 2, columnCount: 3, entries: [.init(row: 0, column: 2, value: 1), .init(row: 1, column: 1, value: 1)])
    let nothing = try SparseRows(rowCount: 2, columnCount: 3, entries: [])
    let metrics = RankingMetrics.judge(targets: targets, known: nothing) { user in user == 0 ? [0, 0, 1] : [0, 1, 0] }
    #expect(metrics.normalizedDiscountedCumulativeGain == 1)
    #expect(metrics.userCount == 2)
  }

  @Test func `a refit of ratings with the settings of a training gives the same bytes`() throws {
    let ratings = try interactions().mapped { Float($0 % 5 + 1) }
    let trained = try ExplicitFactorization.train(ratings, options: ExplicitOptions(), seed: 3).model
    let fitted = try ExplicitFactorization.fit(ratings, options: ExplicitOptions(), settingsOf: trained, seed: 3)
    #expect(fitted.serialized() == trained.serialized())
  }
}

extension SparseRows {
  /// The same places with values made from their positions.
  fileprivate func mapped(_ value: (Int) -> Float) -> SparseRows {
    var copy = self
    copy.values = values.indices.map(value)
    return copy
  }
}
