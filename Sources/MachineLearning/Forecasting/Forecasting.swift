/// Demand forecasts: many methods compete on past origins of each series, and the best few are averaged.
public enum Forecasting {
  /// A series with equal steps.
  public struct Series: Sendable, Equatable {
    /// Values in time order; NaN where one is missing.
    public var values: [Double]
    /// Steps in a season: 12 for months, 4 for quarters, 7 for days, 1 for weeks and where there is none.
    public var period: Int

    /// A series.
    public init(values: [Double], period: Int) {
      self.values = values
      self.period = max(1, period)
    }
  }

  /// Options under BigQuery ML's names.
  public struct Options: Sendable, Equatable {
    /// HORIZON: steps to forecast, 1...1000.
    public var horizon = 12

    /// The defaults.
    public init() {}

    /// Reads options by name; MODEL_TYPE may be given.
    public init(parsing values: [String: OptionValue]) throws(MachineLearningError) {
      var reader = try OptionReader(values)
      _ = reader.value("MODEL_TYPE")
      horizon = try reader.int("HORIZON", in: 1...1000) ?? horizon
      try reader.finish()
    }
  }

  /// Past origins that methods are compared at; with the end itself no more than ``SmoothingLanes/countMax``.
  static let originsMax = 6
  /// Forecasts averaged in the end.
  static let combinedMax = 3
  /// How many origins' worth the experience with the other series of the batch counts.
  static let pooledWeight = 6.0

  /// Trains on all series of a batch; those of equal period share their experience. O(series · origins · methods · length).
  public static func train(
    _ series: [Series], options: Options = Options(), context: TrainingContext = .init()
  ) throws(MachineLearningError) -> ForecastModel {
    guard series.allSatisfy({ $0.values.contains { !$0.isNaN } && !$0.values.contains { $0.isInfinite } }) else {
      throw .invalidInput("a series has no values, or an infinite one")
    }
    let horizon = options.horizon
    let results = Slots<(trials: [Trial], final: [ForecastMethod: [Double]])>(series.count)
    concurrently(series.count, threads: context.threads) { _, index in
      guard !context.isCancelled() else { return }
      results.put(backtest(series[index], horizon: horizon), at: index)
    }
    try context.checkCancelled()
    let found = results.all.map { $0?.trials ?? [] }
    let forecasts = results.all.map { $0?.final ?? [:] }
    var entries: [ForecastModel.Entry] = []
    let groups = Dictionary(grouping: series.indices, by: { series[$0].period })
    var experience: [Int: [ForecastMethod: Double]] = [:]
    for (period, members) in groups { experience[period] = pooled(members.map { found[$0] }) }
    for index in series.indices {
      let ranking = ranked(
        found[index], experience: experience[series[index].period] ?? [:], available: forecasts[index])
      entries.append(entry(series[index], found[index], forecasts[index], ranking, horizon: horizon))
    }
    context.progress(1)
    return ForecastModel(horizon: horizon, entries: entries)
  }

  /// Errors of all methods from one origin, divided by the in-sample mean absolute seasonal difference.
  struct Trial: Sendable {
    /// Per method an error for each step, NaN where the truth is a gap.
    var errors: [ForecastMethod: [Double]]
  }

  /// Forecasts from past origins with their errors, and those from the end.
  private static func backtest(
    _ series: Series, horizon: Int
  ) -> (trials: [Trial], final: [ForecastMethod: [Double]]) {
    let values = series.values
    let scale = seasonalDifference(values, period: series.period)
    let step = max(1, horizon / 2)
    let least = max(8, series.period > 1 ? 3 * series.period : 8)
    var ends = [values.count]
    for origin in 0..<originsMax {
      let end = values.count - horizon - origin * step
      guard end >= least, values[..<end].count(where: { !$0.isNaN }) >= 4 else { break }
      ends.append(end)
    }
    let forecasts = ForecastMethod.forecasts(
      ends.map { values[..<$0] }, period: series.period, horizon: horizon)
    let trials = zip(ends, forecasts).dropFirst().map { end, forecasts in
      Trial(errors: forecasts.mapValues { zip($0, values[end...]).map { ($0 - $1) / scale } })
    }
    return (Array(trials), forecasts[0])
  }

  /// The mean absolute difference from a season before, or from the step before where no two seasons are known; never 0.
  static func seasonalDifference(_ values: [Double], period: Int) -> Double {
    let differences = zip(values, values.dropFirst(period)).map { abs($1 - $0) }.filter { !$0.isNaN }
    if differences.isEmpty, period > 1 { return seasonalDifference(values, period: 1) }
    let mean = differences.reduce(0, +) / Double(max(1, differences.count))
    return mean > 0 ? mean : 1
  }

  /// Mean absolute error of each method over trials, those left out that a trial lacks.
  private static func meanErrors(_ trials: [Trial]) -> [ForecastMethod: Double] {
    var result: [ForecastMethod: Double] = [:]
    for method in ForecastMethod.allCases {
      var sum = 0.0
      var count = 0.0
      for trial in trials {
        guard let errors = trial.errors[method] else {
          count = 0
          break
        }
        for error in errors where !error.isNaN {
          sum += abs(error)
          count += 1
        }
      }
      if count > 0 { result[method] = sum / count }
    }
    return result
  }

  /// Errors relative to the series' own middle, so that hard series do not outweigh easy ones.
  private static func relative(_ errors: [ForecastMethod: Double]) -> [ForecastMethod: Double] {
    guard let middle = median(Array(errors.values)), middle > 0 else { return errors.mapValues { _ in 1 } }
    return errors.mapValues { min(5, $0 / middle) }
  }

  private static func pooled(_ trials: [[Trial]]) -> [ForecastMethod: Double] {
    var sums: [ForecastMethod: (sum: Double, count: Double)] = [:]
    for series in trials where !series.isEmpty {
      for (method, error) in relative(meanErrors(series)) {
        sums[method, default: (0, 0)].sum += error
        sums[method, default: (0, 0)].count += 1
      }
    }
    return sums.mapValues { $0.sum / $0.count }
  }

  /// Methods with their expected relative errors, best first: own trials and those of the others, weighted by their number.
  private static func ranked(
    _ trials: [Trial], experience: [ForecastMethod: Double], available: [ForecastMethod: [Double]]
  ) -> [(method: ForecastMethod, error: Double)] {
    let own = relative(meanErrors(trials))
    let weight = Double(trials.count)
    return ForecastMethod.allCases.compactMap { method -> (method: ForecastMethod, error: Double)? in
      guard available[method]?.allSatisfy(\.isFinite) == true else { return nil }
      switch (own[method], experience[method]) {
      case (let own?, let pooled?): return (method, (weight * own + pooledWeight * pooled) / (weight + pooledWeight))
      case (let own?, nil): return (method, own)
      case (nil, let pooled?): return (method, pooled)
      // Nothing is known of a series that is too short: the simplest first.
      case (nil, nil): return (method, method == .mean8 ? 0.9 : 1 + Double(method.rawValue) / 100)
      }
    }.sorted { ($0.error, $0.method.rawValue) < ($1.error, $1.method.rawValue) }
  }

  private static func entry(
    _ series: Series, _ trials: [Trial], _ forecasts: [ForecastMethod: [Double]],
    _ ranking: [(method: ForecastMethod, error: Double)], horizon: Int
  ) -> ForecastModel.Entry {
    let best = ranking.first?.error ?? 1
    // Only what is nearly as good as the best may join it.
    let chosen = ranking.filter { $0.error <= 1.03 * best }.prefix(combinedMax).map(\.method)
    func combined(_ values: (ForecastMethod) -> [Double]?) -> [Double] {
      let parts = chosen.compactMap(values)
      return (0..<horizon).map { step in parts.reduce(0) { $0 + $1[step] } / Double(max(1, parts.count)) }
    }
    let isNeverNegative = !series.values.contains { $0 < 0 }
    let forecast = combined { forecasts[$0] }.map { isNeverNegative ? max(0, $0) : $0 }
    let scale = seasonalDifference(series.values, period: series.period)
    let errors = trials.map { trial in combined { trial.errors[$0] } }
    var (absolute, count) = (0.0, 0.0)
    for error in errors.joined() where !error.isNaN {
      absolute += abs(error)
      count += 1
    }
    return ForecastModel.Entry(
      methods: chosen, forecast: forecast, deviations: deviations(errors, horizon: horizon).map { $0 * scale },
      isNeverNegative: isNeverNegative, meanAbsoluteScaledError: count > 0 ? absolute / count : .nan)
  }

  /// The spread of past errors by step: the overall mean square, growing with the step as a line fitted through the steps' squares tells,
  /// never shrinking.
  private static func deviations(_ errors: [[Double]], horizon: Int) -> [Double] {
    var byStep = [Double](repeating: .nan, count: horizon)
    for step in 0..<horizon {
      let squares = errors.map { $0[step] * $0[step] }.filter { !$0.isNaN }
      if !squares.isEmpty { byStep[step] = squares.reduce(0, +) / Double(squares.count) }
    }
    guard byStep.contains(where: { !$0.isNaN }) else {
      // Without a trial: the seasonal difference itself, growing like a random walk.
      return (0..<horizon).map { 1.25 * Double($0 + 1).squareRoot() }
    }
    let present = byStep.filter { !$0.isNaN }
    let mean = present.reduce(0, +) / Double(present.count)
    let line = straightLine(byStep)
    let slope = max(0, line.slope)
    let middle = Double(horizon - 1) / 2
    // A few origins understate the spread: twice their number plus one degrees are worth a factor.
    let factor = 1 + 1 / Double(max(1, 2 * errors.count))
    return (0..<horizon).map { (factor * max(mean / 4, mean + slope * (Double($0) - middle))).squareRoot() }
  }
}
