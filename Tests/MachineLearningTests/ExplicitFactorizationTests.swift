import Testing

@testable import MachineLearning

@Suite struct ExplicitFactorizationTests {
  /// Ratings 1...5 made of biases and, with `taste`, one factor.
  private func ratings(taste: Double, users: Int = 50, items: Int = 40, seed: UInt64 = 1) throws -> SparseRows {
    var random = SeededRandom(seed: seed)
    let userBias = (0..<users).map { _ in 0.4 * random.gaussian() },
      itemBias = (0..<items).map { _ in 0.4 * random.gaussian() }
    let userFactor = (0..<users).map { _ in random.gaussian() }, itemFactor = (0..<items).map { _ in random.gaussian() }
    var entries: [SparseRows.Entry] = []
    for user in 0..<users {
      for item in 0..<items where random.uniform() < 0.5 {
        let value =
          3 + userBias[user] + itemBias[item] + taste * userFactor[user] * itemFactor[item] + 0.3 * random.gaussian()
        entries.append(.init(row: Int32(user), column: Int32(item), value: Float(min(5, max(1, value)))))
      }
    }
    return try SparseRows(rowCount: users, columnCount: items, entries: entries)
  }

  private var small: ExplicitOptions {
    var options = ExplicitOptions()
    options.factorCount = 4
    return options
  }

  @Test func `taste is learnt beyond the biases`() throws {
    let training = try ExplicitFactorization.train(ratings(taste: 0.6), options: small, seed: 1)
    let (model, biases) = (try #require(training.validation), try #require(training.biases))
    #expect(training.model.factorCount == 4)
    #expect(model.rootMeanSquaredError < 0.75 * biases.rootMeanSquaredError)
    #expect(model.r2Score > 0.5 && model.explainedVariance >= model.r2Score)
  }

  @Test func `where only biases help, it is no worse than biases`() throws {
    for seed in 1...3 {
      let training = try ExplicitFactorization.train(ratings(taste: 0, seed: UInt64(seed)), options: small, seed: 1)
      let (model, biases) = (try #require(training.validation), try #require(training.biases))
      #expect(model.meanSquaredError <= biases.meanSquaredError)
    }
  }

  @Test func `unknown users and items fall back to biases, and all stays on the scale`() throws {
    let data = try ratings(taste: 0.6)
    let model = try ExplicitFactorization.train(data, options: small, seed: 1).model
    #expect(model.predict(user: nil, item: nil) == Double(model.mean))
    #expect(model.predict(user: 9999, item: 0) == model.predict(user: nil, item: 0))
    #expect(model.predict(user: nil, item: 0) != model.predict(user: nil, item: 1))
    for user in 0..<50 {
      for item in 0..<40 {
        let rating = model.predict(user: user, item: item)
        #expect(rating >= Double(model.range.lowerBound) && rating <= Double(model.range.upperBound))
      }
    }
  }

  @Test func `a folded-in user is predicted nearly as the trained one`() throws {
    let data = try ratings(taste: 0.6)
    let model = try ExplicitFactorization.train(data, options: small, seed: 1).model
    for user in 0..<10 {
      let vector = model.foldIn(
        items: Array(data.columns[data.range(user)]), ratings: Array(data.values[data.range(user)]))
      for item in 0..<40 {
        #expect(abs(model.predict(vector, item: item) - model.predict(user: user, item: item)) < 0.35)
      }
    }
    let best = model.topK(try #require(model.userVector(0)), k: 3) { $0 == 0 }
    #expect(best.count == 3 && best.allSatisfy { $0.item != 0 })
    let all = (1..<40).map { Float(model.predict(user: 0, item: $0)) }
    #expect(abs(best[0].score - (all.max() ?? 0)) < 1e-4)
  }

  @Test func `any number of threads gives the same bytes, and they read back`() throws {
    let data = try ratings(taste: 0.6)
    let one = try ExplicitFactorization.train(data, options: small, seed: 1).model
    let three = try ExplicitFactorization.train(data, options: small, seed: 1, context: TrainingContext(threads: 3))
      .model
    let bytes = one.serialized()
    #expect(bytes == three.serialized())
    let copy = try ExplicitModel(serialized: bytes)
    #expect(copy.serialized() == bytes)
    #expect(copy.predict(user: 3, item: 4) == one.predict(user: 3, item: 4))
    #expect(throws: MachineLearningError.self) { try ExplicitModel(serialized: Array(bytes.dropLast())) }
    #expect(throws: MachineLearningError.self) { try ImplicitModel(serialized: bytes) }
  }

  @Test func `without covariances and biases the half step is plain ridge regression`() throws {
    let data = try ratings(taste: 0.6)
    let settings = VariationalFitter.Settings(
      factorCount: 3, factorPenalty: 2, biasPenalty: 1, noise: 1, isLiteral: true)
    let (users, items, _) = try VariationalFitter(data, mean: 0, settings: settings, seed: 1, context: .init()).run(
      iterationsMax: 200)
    for user in 0..<data.rowCount {
      for k in 1...3 {
        var gradient = 2 * Double(users.means[user * users.stride + k])
        for index in data.range(user) {
          let item = Int(data.columns[index])
          let error = data.values[index] - VariationalFitter.product(users, user, items, item)
          gradient -= Double(error * items.means[item * items.stride + k])
        }
        #expect(abs(gradient) < 0.05)
      }
    }
  }

  @Test func `regression metrics are those of the textbook`() {
    let metrics = RegressionMetrics(predicted: [1, 2, 4], actual: [1, 3, 2])
    #expect(metrics.meanAbsoluteError == 1)
    #expect(abs(metrics.meanSquaredError - 5.0 / 3) < 1e-12)
    #expect(metrics.medianAbsoluteError == 1)
    #expect(abs(metrics.r2Score - (1 - 5.0 / 2)) < 1e-12)
    #expect(abs(metrics.explainedVariance - (1 - (5 - 1.0 / 3) / 2)) < 1e-12)
  }

  @Test(
    arguments: [
      (["NUM_FACTORS": 1], "NUM_FACTORS"), (["WALS_ALPHA": 3], "WALS_ALPHA"), (["FEEDBACK_TYPE": "X"], "FEEDBACK_TYPE"),
      (["L2_REG": "a"], "L2_REG"), (["K": 1], "K"), (["MODEL_TYPE": "KMEANS"], "MODEL_TYPE"),
    ] as [([String: OptionValue], String)]) func `a wrong option is named`(
      _ values: [String: OptionValue], _ name: String
    )
  {
    let error = #expect(throws: MachineLearningError.self) { try FactorizationOptions(parsing: values) }
    guard case .invalidOption(name, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `feedback is explicit unless told, and names have no case`() throws {
    guard case .explicit(let options) = try FactorizationOptions(parsing: ["num_factors": 9]) else {
      Issue.record("not explicit")
      return
    }
    #expect(options.factorCount == 9)
    guard
      case .implicit(let implicit) = try FactorizationOptions(parsing: [
        "FEEDBACK_TYPE": "implicit", "OBJECTIVE": "BIGQUERY",
      ])
    else {
      Issue.record("not implicit")
      return
    }
    #expect(implicit.isLiteral && implicit.iterationsMax == 20)
  }
}
