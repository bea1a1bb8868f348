import Testing

@testable import MachineLearning

@Suite struct ImplicitFactorizationTests {
  /// Users of `groups` tastes who take items of their own taste, mostly.
  static func tastes(users: Int = 60, items: Int = 40, groups: Int = 4, seed: UInt64 = 1) throws -> SparseRows {
    var random = SeededRandom(seed: seed)
    var entries: [SparseRows.Entry] = []
    for user in 0..<users {
      for item in 0..<items where random.uniform() < (user % groups == item % groups ? 0.6 : 0.03) {
        entries.append(.init(row: Int32(user), column: Int32(item), value: 1))
      }
    }
    return try SparseRows(rowCount: users, columnCount: items, entries: entries)
  }

  private func fixed(rank: Int = 8, hybrid: Bool = false) -> ImplicitOptions {
    var options = ImplicitOptions()
    options.factorCount = rank
    options.regularization = 0.01
    options.alpha = 10
    options.isHybrid = hybrid
    return options
  }

  @Test func `recommendations follow the taste and leave out what is excluded`() throws {
    let data = try Self.tastes()
    let model = try ImplicitFactorization.train(data, options: fixed(), seed: 1).model
    var right = 0
    for user in 0..<data.rowCount {
      let known = Set(data.columns[data.range(user)])
      let best = model.topK(model.userVector(user), k: 3) { known.contains(Int32($0)) }
      #expect(best.allSatisfy { !known.contains(Int32($0.item)) })
      #expect(best.map(\.score) == best.map(\.score).sorted(by: >))
      right += best.count { $0.item % 4 == user % 4 }
    }
    #expect(right > data.rowCount * 3 * 8 / 10)
  }

  @Test(arguments: [1, 10, 500]) func `the search for the best items ends early and finds them all, in order`(k: Int)
    throws
  {
    let data = try Self.tastes(users: 40, items: 700, groups: 7)
    let model = try ImplicitFactorization.train(data, options: fixed(), seed: 2).model
    for user in 0..<data.rowCount {
      let vector = model.userVector(user)
      let scores = model.scores(vector)
      let known = Set(data.columns[data.range(user)].map(Int.init))
      let all = scores.indices.filter { !known.contains($0) }.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
      let best = model.topK(vector, k: k, excluding: known.contains)
      // Sums in another order differ in their last bits: so may the order of what is equal but for them.
      #expect(best.count == min(k, all.count) && Set(best.map(\.item)).count == best.count)
      #expect(zip(best, all).allSatisfy { abs($0.score - scores[$1]) < 1e-6 && abs($0.score - scores[$0.item]) < 1e-6 })
      #expect(best.allSatisfy { !known.contains($0.item) })
      #expect(zip(best, best.dropFirst()).allSatisfy { ($1.score, $0.item) < ($0.score, $1.item) })
    }
    // Equal scores go to the lower index.
    #expect(model.topK([Float](repeating: 0, count: model.userVector(0).count), k: 5).map(\.item) == [0, 1, 2, 3, 4])
  }

  @Test func `the solver reaches the minimum of its objective`() throws {
    let data = try Self.tastes()
    let settings = ImplicitFitter.Settings(rank: 5, regularization: 0.02, alpha: 8, isLiteral: false)
    let fit = try ImplicitFitter(data, settings: settings, seed: 3, context: .init()).run(iterationsMax: 300)
    // At a minimum the gradient of every user's row vanishes.
    for user in 0..<data.rowCount where !data.range(user).isEmpty {
      let x = (0..<5).map { Double(fit.users.values[user * fit.users.stride + $0]) }
      func y(_ item: Int) -> [Double] { (0..<5).map { Double(fit.items.values[item * fit.items.stride + $0]) } }
      func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
      let strength = data.range(user).reduce(Float(0)) { $0 + data.values[$1] }
      let penalty = 0.02 * (Double(strength) + Double(data.columnCount) / 8)
      var gradient = x.map { $0 * penalty }
      for item in 0..<data.columnCount {
        for (k, value) in y(item).enumerated() { gradient[k] += dot(x, y(item)) * value / 8 }
      }
      for index in data.range(user) {
        let vector = y(Int(data.columns[index]))
        for (k, value) in vector.enumerated() {
          gradient[k] -= Double(data.values[index]) * (1 - dot(x, vector)) * value
        }
      }
      #expect(gradient.allSatisfy { abs($0) < 2e-3 })
    }
  }

  @Test func `folding in a known history gives the trained vector`() throws {
    let data = try Self.tastes()
    let settings = ImplicitFitter.Settings(rank: 6, regularization: 0.02, alpha: 8, isLiteral: false)
    let fit = try ImplicitFitter(data, settings: settings, seed: 3, context: .init()).run(iterationsMax: 60)
    let choices = ImplicitChoices(
      factorCount: 6, regularization: 0.02, alpha: 8, weakWeight: 0, itemRegularization: 0, blend: 0, iterations: 60)
    let model = ImplicitModel(
      choices: choices, isLiteral: false, users: fit.users, items: fit.items, eigenvalues: fit.eigenvalues,
      regression: nil)
    for user in 0..<10 {
      let folded = model.foldIn(data.history(user))
      #expect(zip(folded, model.userVector(user)).allSatisfy { abs($0 - $1) < 2e-3 })
    }
    #expect(model.foldIn(.init(items: [999, -1], strengths: [1, 1])).allSatisfy { $0 == 0 })
  }

  @Test(arguments: [false, true]) func `any number of threads gives the same bytes`(_ hybrid: Bool) throws {
    let data = try Self.tastes()
    var options = fixed(hybrid: hybrid)
    options.alpha = nil
    let one = try ImplicitFactorization.train(data, options: options, seed: 4).model.serialized()
    let three = try ImplicitFactorization.train(data, options: options, seed: 4, context: TrainingContext(threads: 3))
      .model.serialized()
    #expect(one == three)
  }

  @Test(arguments: [false, true]) func `a stored model answers alike, and broken bytes throw`(_ hybrid: Bool) throws {
    let data = try Self.tastes()
    let model = try ImplicitFactorization.train(data, options: fixed(hybrid: hybrid), seed: 4).model
    let bytes = model.serialized()
    let copy = try ImplicitModel(serialized: bytes)
    #expect(copy.serialized() == bytes)
    #expect(copy.recommend(data.history(0), k: 5) == model.recommend(data.history(0), k: 5))
    #expect(copy.similarItems(3, k: 4) == model.similarItems(3, k: 4))
    for length in stride(from: 0, to: bytes.count, by: 97) {
      #expect(throws: MachineLearningError.self) { try ImplicitModel(serialized: Array(bytes.prefix(length))) }
    }
  }

  @Test func `similar items share the taste`() throws {
    let model = try ImplicitFactorization.train(Self.tastes(), options: fixed(), seed: 1).model
    #expect((0..<40).count { model.similarItems($0, k: 1)[0].item % 4 == $0 % 4 } > 32)
  }

  @Test func `the validation beats popularity, and says both`() throws {
    let training = try ImplicitFactorization.train(Self.tastes(), options: fixed(), seed: 2)
    let (model, popularity) = (try #require(training.validation), try #require(training.popularity))
    #expect(model.normalizedDiscountedCumulativeGain > popularity.normalizedDiscountedCumulativeGain)
    #expect(model.averageRank < popularity.averageRank)
  }

  @Test func `the literal objective trains with confidence 1 + αr`() throws {
    var options = ImplicitOptions()
    options.isLiteral = true
    options.iterationsMax = 20
    options.relativeProgressMin = 0.2
    let model = try ImplicitFactorization.train(Self.tastes(), options: options, seed: 2).model
    #expect(model.choices.alpha == 40 && model.choices.regularization == 1)
    #expect(model.choices.iterations < 20)
  }

  @Test func `the heap keeps the best, ties to the lower index`() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<200 {
      let scores = (0..<Int(random.next() % 30)).map { _ in Float(random.next() % 7) }
      var top = TopK(5)
      for (index, score) in scores.enumerated() { top.insert(score, Int32(index)) }
      let expected = scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }.prefix(5)
      #expect(top.recommendations == expected.map { .init(item: $0, score: scores[$0]) })
    }
  }

  @Test func `a sparse matrix keeps order, adds doubles, and turns`() throws {
    let rows = try SparseRows(
      rowCount: 2, columnCount: 3,
      entries: [
        .init(row: 1, column: 2, value: 1), .init(row: 0, column: 1, value: 2), .init(row: 1, column: 0, value: 3),
        .init(row: 1, column: 2, value: 4),
      ])
    #expect(rows.columns == [1, 0, 2] && rows.values == [2, 3, 5] && rows.starts == [0, 1, 3])
    #expect(rows.transposed().transposed() == rows)
    #expect(throws: MachineLearningError.self) {
      try SparseRows(rowCount: 1, columnCount: 1, entries: [.init(row: 0, column: 1, value: 1)])
    }
  }

  @Test func `eigenvectors rebuild their matrix`() {
    var random = SeededRandom(seed: 6)
    for count in [1, 2, 7, 40] {
      var matrix = [Double](repeating: 0, count: count * count)
      for i in 0..<count {
        for j in 0...i {
          let value = random.gaussian()
          matrix[i * count + j] = value
          matrix[j * count + i] = value
        }
      }
      let eigen = SymmetricEigen(matrix, count: count)
      #expect(eigen.values == eigen.values.sorted())
      for i in 0..<count {
        for j in 0..<count {
          let sum = (0..<count).reduce(0.0) {
            $0 + eigen.vectors[i * count + $1] * eigen.values[$1] * eigen.vectors[j * count + $1]
          }
          #expect(abs(sum - matrix[i * count + j]) < 1e-9)
        }
      }
    }
  }

  @Test(arguments: [2, 16, 64]) func `a matrix of little rank has finite eigenvectors`(_ count: Int) {
    // Two rows in single precision, as the first users of a small shop: most eigenvalues are nothing, and their squares less.
    for scale in [1.0, 1e-6, 1e-12, 1e-80, 1e-160] {
      var random = SeededRandom(seed: 9)
      let rows = (0..<2).map { _ in (0..<count).map { _ in Double(Float(random.gaussian() * scale)) } }
      let wide = (0..<count).flatMap { i in (0..<count).map { j in rows[0][i] * rows[0][j] + rows[1][i] * rows[1][j] } }
      for matrix in [wide, wide.map { Double(Float($0)) }] {
        let eigen = SymmetricEigen(matrix, count: count)
        #expect(eigen.values.allSatisfy(\.isFinite) && eigen.vectors.allSatisfy(\.isFinite))
        let most = eigen.values.last ?? 0
        #expect(eigen.values.dropLast(2).allSatisfy { abs($0) <= 1e-6 * most })
      }
    }
  }

  @Test(arguments: [1, 47, 48, 100]) func `the inverse of a positive definite matrix`(_ count: Int) throws {
    var random = SeededRandom(seed: 6)
    let half = (0..<(count * count)).map { _ in random.gaussian() }
    var matrix = [Float](repeating: 0, count: count * count)
    for i in 0..<count {
      for j in 0..<count {
        let sum = (0..<count).reduce(0.0) { $0 + half[i * count + $1] * half[j * count + $1] }
        matrix[i * count + j] = Float(sum / Double(count) + (i == j ? 1 : 0))
      }
    }
    let inverse = try PositiveDefinite.inverse(matrix, count: count, context: .init())
    for i in 0..<count {
      for j in 0..<count {
        let sum = (0..<count).reduce(0.0) { $0 + Double(matrix[i * count + $1] * inverse[$1 * count + j]) }
        #expect(abs(sum - (i == j ? 1 : 0)) < 1e-4)
      }
    }
  }
}
