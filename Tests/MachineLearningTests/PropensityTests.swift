import Testing

@testable import MachineLearning

@Suite struct PropensityTests {
  /// A yes where x and y have the same sign (no line divides them), with a helpful category and missing numbers.
  private func crossed(_ count: Int = 400, seed: UInt64 = 1) throws -> (FeatureTable, [Bool]) {
    var random = SeededRandom(seed: seed)
    var x: [Double] = [], y: [Double] = [], c: [String?] = [], labels: [Bool] = []
    for row in 0..<count {
      let (a, b) = (random.gaussian(), random.gaussian())
      x.append(row % 23 == 0 ? .nan : a)
      y.append(b)
      c.append(row % 5 == 0 ? nil : row % 2 == 0 ? "red" : "blue")
      labels.append((a * b > 0) != (random.uniform() < 0.05))
    }
    return (try FeatureTable([("x", .numeric(x)), ("y", .numeric(y)), ("c", .categorical(c))]), labels)
  }

  private var quick: Propensity.Options {
    var options = Propensity.Options()
    options.foldCount = 3
    options.roundsMax = 80
    options.learningRate = 0.1
    return options
  }

  @Test func `what no line divides is learnt, and probabilities are calibrated`() throws {
    let (table, labels) = try crossed()
    let training = try Propensity.train(table, labels: labels, options: quick, seed: 1)
    #expect(training.metrics.rocAUC > 0.9)
    #expect(training.metrics.calibrationError < 0.12)
    let (fresh, truth) = try crossed(seed: 2)
    let metrics = ClassificationMetrics(probabilities: try training.model.probabilities(fresh), labels: truth)
    #expect(metrics.rocAUC > 0.88)
  }

  @Test func `factors name what moved the odds`() throws {
    let (table, labels) = try crossed()
    let model = try Propensity.train(table, labels: labels, options: quick, seed: 1).model
    let predictions = try model.predict(table, factorCount: 2)
    #expect(predictions.count { Set($0.factors.map(\.feature)) == ["x", "y"] } > 200)
    #expect(predictions.allSatisfy { (0...100).contains($0.percentile) && $0.factors.count == 2 })
  }

  @Test func `any number of threads gives the same bytes, and they read back`() throws {
    let (table, labels) = try crossed(200)
    let one = try Propensity.train(table, labels: labels, options: quick, seed: 3).model
    let three = try Propensity.train(
      table, labels: labels, options: quick, seed: 3, context: TrainingContext(threads: 3)
    ).model
    let bytes = one.serialized()
    #expect(bytes == three.serialized())
    #expect(try PropensityModel(serialized: bytes) == one)
    for length in stride(from: 0, to: bytes.count, by: 997) {
      #expect(throws: MachineLearningError.self) { try PropensityModel(serialized: Array(bytes.prefix(length))) }
    }
  }

  @Test func `unseen categories and missing numbers are answered`() throws {
    let (table, labels) = try crossed(200)
    let model = try Propensity.train(table, labels: labels, options: quick, seed: 3).model
    let odd = try FeatureTable([("c", .categorical(["green"])), ("y", .numeric([.nan])), ("x", .numeric([1e30]))])
    #expect(try model.probabilities(odd)[0].isFinite)
    #expect(throws: MachineLearningError.self) { try model.probabilities(FeatureTable([("x", .numeric([1]))])) }
  }

  @Test func `one kind of label alone is too little`() throws {
    let (table, _) = try crossed(100)
    #expect(throws: MachineLearningError.self) {
      try Propensity.train(table, labels: [Bool](repeating: true, count: 100), seed: 1)
    }
  }

  @Test func `metrics are those of the textbook`() {
    let metrics = ClassificationMetrics(probabilities: [0.1, 0.4, 0.35, 0.8], labels: [false, false, true, true])
    #expect(metrics.rocAUC == 0.75)
    #expect(abs(metrics.brierScore - (0.01 + 0.16 + 0.4225 + 0.04) / 4) < 1e-12)
    #expect(ClassificationMetrics(probabilities: [0.5, 0.5], labels: [true, false]).rocAUC == 0.5)
  }
}
