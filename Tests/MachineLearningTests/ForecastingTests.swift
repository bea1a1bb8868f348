import Testing

@testable import MachineLearning

@Suite struct ForecastingTests {
  private func seasonal(_ count: Int, noise: Double = 0.02, seed: UInt64 = 1) -> Forecasting.Series {
    var random = SeededRandom(seed: seed)
    let shape = [0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.2, 1.1, 1.0, 0.9, 0.8]
    return .init(
      values: (0..<count).map { (100 + Double($0)) * shape[$0 % 12] * (1 + noise * random.gaussian()) }, period: 12)
  }

  private func options(_ horizon: Int) -> Forecasting.Options {
    var options = Forecasting.Options()
    options.horizon = horizon
    return options
  }

  @Test func `trend and seasons go on`() throws {
    let full = seasonal(84)
    let model = try Forecasting.train([.init(values: Array(full.values.prefix(72)), period: 12)], options: options(12))
    let points = model.forecast(0)
    let errors = zip(points, full.values[72...]).map { abs($0.forecast - $1) / $1 }
    #expect(errors.reduce(0, +) / 12 < 0.06)
    #expect(points.map(\.step) == Array(1...12))
    #expect(points.allSatisfy { $0.lower < $0.forecast && $0.forecast < $0.upper })
  }

  @Test func `pasts fitted side by side are fitted as each alone`() throws {
    var values = seasonal(90).values
    values[40] = .nan
    let pasts = [90, 84, 61, 30, 5].map { SeriesPast(values[..<$0], period: 12) }
    for season in [ExponentialSmoothing.Season.none, .additive, .multiplicative] {
      let form = ExponentialSmoothing.Form(hasTrend: true, isDamped: true, season: season, isRelative: true)
      let together = SmoothingLanes(pasts, period: 12).fits(form, horizon: 6)
      for (past, fit) in zip(pasts, together) {
        let alone = SmoothingLanes([past], period: 12).fits(form, horizon: 6)[0]
        #expect(fit?.values == alone?.values && fit?.criterion == alone?.criterion)
      }
      #expect(together[0] != nil && (together[4] == nil) == (season != .none))
    }
  }

  @Test func `more confidence, wider interval`() throws {
    let model = try Forecasting.train([seasonal(60)], options: options(6))
    for (narrow, wide) in zip(model.forecast(0, confidence: 0.5), model.forecast(0, confidence: 0.99)) {
      #expect(wide.lower < narrow.lower && narrow.upper < wide.upper && wide.forecast == narrow.forecast)
    }
  }

  @Test func `a series of one season has an interval of its own size`() throws {
    let values = seasonal(12).values.map { $0 * 1000 }
    let points = try Forecasting.train([.init(values: values, period: 12)], options: options(5)).forecast(0)
    let step = zip(values, values.dropFirst()).map { abs($1 - $0) }.reduce(0, +) / 11
    for point in points { #expect(point.upper - point.lower > step, "\(point)") }
  }

  @Test func `noise is met with a mean, whatever the gaps`() throws {
    var random = SeededRandom(seed: 3)
    let series = (0..<20).map { _ in
      Forecasting.Series(values: (0..<90).map { $0 % 11 == 5 ? .nan : 50 + 10 * random.gaussian() }, period: 1)
    }
    let model = try Forecasting.train(series, options: options(8))
    for index in series.indices { #expect(model.forecast(index).allSatisfy { abs($0.forecast - 50) < 8 }) }
  }

  @Test func `short, constant and zero series are answered`() throws {
    let series = [[5.0], [3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3], [Double](repeating: 0, count: 30), [1, .nan, 2]]
      .map { Forecasting.Series(values: $0, period: 1) }
    let model = try Forecasting.train(series, options: options(4))
    for index in series.indices { #expect(model.forecast(index).allSatisfy { $0.forecast.isFinite && $0.lower >= 0 }) }
    #expect(model.forecast(1).allSatisfy { abs($0.forecast - 3) < 1e-9 })
    #expect(throws: MachineLearningError.self) {
      try Forecasting.train([.init(values: [.nan], period: 1)], options: options(1))
    }
  }

  @Test func `any number of threads gives the same bytes, and they read back`() throws {
    let series = (0..<6).map { seasonal(60, seed: UInt64($0)) }
    let one = try Forecasting.train(series, options: options(6))
    let three = try Forecasting.train(series, options: options(6), context: TrainingContext(threads: 3))
    #expect(one.serialized() == three.serialized())
    #expect(try ForecastModel(serialized: one.serialized()) == one)
    #expect(throws: MachineLearningError.self) { try ForecastModel(serialized: Array(one.serialized().dropLast())) }
  }

  @Test(arguments: [(0.975, 1.959964), (0.5, 0), (0.01, -2.326348), (0.999, 3.090232)])
  func `normal quantiles are those of the tables`(_ p: Double, _ value: Double) {
    #expect(abs(normalQuantile(p) - value) < 1e-5)
  }
}
