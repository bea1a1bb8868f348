import Testing

@testable import MachineLearning

@Suite struct ItemRegressionTests {
  private func scores(_ regression: ItemRegression, _ history: ImplicitModel.History) -> [Float] {
    var scores = [Float](repeating: 0, count: regression.itemCount)
    regression.addScores(items: history.items, strengths: history.strengths, factor: 1, to: &scores)
    return scores
  }

  @Test func `by users, by items and along all directions it is the same`() throws {
    let data = try ImplicitFactorizationTests.tastes()
    let byUsers = try #require(try ItemRegression(data, regularization: 20, forcingUsers: true, context: .init()))
    let byItems = try #require(try ItemRegression(data, regularization: 20, forcingUsers: false, context: .init()))
    let byDirections = ItemRegression(
      try PrincipalDirections(data, rank: 100, context: .init()), rank: 100, regularization: 20)
    #expect(byUsers.rank == 0 && byItems.rank == 0 && byDirections.rank == 40)
    for user in 0..<10 {
      let history = data.history(user)
      let expected = scores(byUsers, history)
      #expect(zip(expected, scores(byItems, history)).allSatisfy { abs($0 - $1) < 1e-4 })
      #expect(zip(expected, scores(byDirections, history)).allSatisfy { abs($0 - $1) < 1e-3 })
    }
  }

  @Test func `directions are orthonormal, and the furthest are those of four tastes`() throws {
    let data = try ImplicitFactorizationTests.tastes(users: 300, items: 80)
    let directions = try PrincipalDirections(data, rank: 12, context: .init())
    let vectors = directions.vectors
    for a in 0..<12 {
      for b in 0...a {
        let product = (0..<80).reduce(Float(0)) {
          $0 + vectors.values[$1 * vectors.stride + a] * vectors.values[$1 * vectors.stride + b]
        }
        #expect(abs(product - (a == b ? 1 : 0)) < 1e-3)
      }
    }
    #expect(directions.energies == directions.energies.sorted(by: >))
    #expect(directions.energies[3] > 3 * directions.energies[4])
  }

  @Test func `rows that depend on each other leave no more directions than there are`() throws {
    // Three kinds of users, however many.
    let entries = (0..<60).flatMap { user in
      (0..<4).map { SparseRows.Entry(row: Int32(user), column: Int32(user % 3 * 4 + $0), value: 1) }
    }
    let data = try SparseRows(rowCount: 60, columnCount: 12, entries: entries)
    let directions = try PrincipalDirections(data, rank: 10, context: .init())
    #expect(directions.energies.prefix(3).allSatisfy { abs($0 - 80) < 0.01 })
    #expect(directions.energies.dropFirst(3).allSatisfy { $0 < 0.01 })
    let some = ItemRegression(directions, rank: 10, regularization: 20)
    let whole = try #require(try ItemRegression(data, regularization: 20, context: .init()))
    #expect(
      zip(scores(some, data.history(1)), scores(whole, data.history(1))).allSatisfy {
        $0.isFinite && abs($0 - $1) < 1e-3
      })
  }

  @Test(arguments: [1, 10, 700]) func `a blended list ends early and is that of all scores`(k: Int) throws {
    let data = try ImplicitFactorizationTests.tastes(users: 80, items: 700, groups: 7)
    let choices = ImplicitChoices(
      factorCount: 20, regularization: 0.01, alpha: 10, weakWeight: 0, itemRegularization: 20, blend: 0.4,
      iterations: 8, itemRank: 40)
    let trained = try ImplicitFactorization.fit(data, options: ImplicitOptions(), choices: choices, seed: 2)
    #expect(trained.choices.itemRank == 40)
    let stored = try ImplicitModel(serialized: trained.serialized())
    for model in [trained, stored] {
      for user in 0..<20 {
        var history = data.history(user)
        history.items.append(-5)
        history.strengths.append(1)
        let vector = model.userVector(user)
        let scores = model.scores(vector, history: history)
        // Of what the customer has, half may be shown again.
        let hidden = Set(history.items.filter { $0 % 2 == 0 }.map(Int.init))
        let all = scores.indices.filter { !hidden.contains($0) }.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
        let best = model.topK(vector, history: history, k: k, excluding: hidden.contains)
        #expect(best.count == min(k, all.count) && best.allSatisfy { !hidden.contains($0.item) })
        #expect(
          zip(best, all).allSatisfy { abs($0.score - scores[$1]) < 1e-5 && abs($0.score - scores[$0.item]) < 1e-5 })
      }
    }
  }

  @Test func `fewer directions are taken where they rank as well`() throws {
    // No more than there are items.
    let data = try ImplicitFactorizationTests.tastes(users: 400, items: 120)
    var options = ImplicitOptions()
    options.factorCount = 2
    options.isHybrid = true
    let model = try ImplicitFactorization.train(data, options: options, seed: 1).model
    #expect(model.choices.blend > 0 && model.choices.itemRank == 120)
  }
}
