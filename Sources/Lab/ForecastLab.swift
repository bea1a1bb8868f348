import CSV
import MachineLearning

/// `lab forecast`: continues the series of a file.
public struct ForecastLab: Sendable {
  /// `series_id,date,value`, rows in any order; a missing step stays a gap.
  public var series: String
  /// Steps ahead.
  public var horizon: Int
  /// Confidence of the interval, between 0 and 1.
  public var confidence = 0.95
  /// Threads.
  public var threads = 1
  /// Where `series_id,step,forecast,lower,upper` goes.
  public var output: String

  /// A command over a file.
  public init(series: String, horizon: Int, output: String) {
    self.series = series
    self.horizon = horizon
    self.output = output
  }

  /// Trains on all series and writes their forecasts in the order in which they first occur.
  public func run() throws(LabError) -> Report {
    try checkThreads(threads)
    guard (1...1000).contains(horizon) else { throw .usage("--horizon must be 1...1000") }
    guard confidence > 0, confidence < 1 else { throw .usage("--confidence must lie between 0 and 1") }
    let (names, all) = try read()
    var options = Forecasting.Options()
    options.horizon = horizon
    let context = TrainingContext(threads: threads)
    let begun = processorSeconds()
    let (model, seconds) = try measured { () throws(LabError) in
      try modelling(series) { () throws(MachineLearningError) in
        try Forecasting.train(all, options: options, context: context)
      }
    }
    let processor = processorSeconds() - begun
    var file = try OutputFile(output, header: ["series_id", "step", "forecast", "lower", "upper"])
    var methods: [String: Int] = [:]
    for (index, name) in names.enumerated() {
      for point in model.forecast(index, confidence: confidence) {
        try file.row {
          $0.field(name)
          $0.field(point.step)
          $0.field(point.forecast)
          $0.field(point.lower)
          $0.field(point.upper)
        }
      }
      for method in model.methods(of: index) { methods[method, default: 0] += 1 }
    }
    try file.finish()
    let errors = names.indices.compactMap { model.meanAbsoluteScaledError(of: $0) }
    var report = Report()
    report.add("seconds", seconds)
    report.add("cpu_seconds", processor)
    report.add("series", names.count)
    report.add("mean_absolute_scaled_error", errors.isEmpty ? .nan : errors.reduce(0, +) / Double(errors.count))
    var used = Report()
    for (method, count) in methods.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) { used.add(method, count) }
    report.add("methods", used)
    return report
  }

  private func read() throws(LabError) -> (names: [String], series: [Forecasting.Series]) {
    var file = try CSVFile(series)
    let id = try file.column("series_id")
    let date = try file.column("date")
    let value = try file.column("value")
    var names: [String] = []
    var indexes: [String: Int] = [:]
    var points: [[Int: Double]] = []
    while let row = try file.next() {
      let name = try file.text(row, id)
      guard let day = dayNumber(row.string(date)) else {
        throw file.error(row, date, "'\(row.string(date))' is no date YYYY-MM-DD")
      }
      let number = try file.numberOrMissing(row, value)
      let index = indexes[name] ?? names.count
      if index == names.count {
        indexes[name] = index
        names.append(name)
        points.append([:])
      }
      guard points[index].updateValue(number, forKey: day) == nil else {
        throw file.error(row, date, "series \(name) has this date twice")
      }
    }
    guard !names.isEmpty else { throw .input(file: series, line: 2, column: 1, message: "there are no values") }
    return (names, points.map(Self.regular))
  }

  /// A series with equal steps from dated values: the step is the usual distance of two dates.
  static func regular(_ points: [Int: Double]) -> Forecasting.Series {
    let days = points.keys.sorted()
    let gaps = zip(days, days.dropFirst()).map { $1 - $0 }.sorted()
    let usual = gaps.isEmpty ? 1 : gaps[gaps.count / 2]
    let counted: (Int) -> Int = { ($0 - (days.first ?? 0) + usual / 2) / usual }
    // Months, quarters and years are not of one length: what is, is counted in days, as four weeks or thirty days are.
    let isEven = gaps.count >= 3 && gaps.count(where: { $0 == usual }) * 5 >= gaps.count * 4
    let (position, period): ((Int) -> Int, Int) =
      switch usual {
      case 26...35 where isEven, 84...98 where isEven: (counted, (365 + usual / 2) / usual)
      case 26...35: ({ yearAndMonth($0).year * 12 + yearAndMonth($0).month }, 12)
      case 84...98: ({ yearAndMonth($0).year * 4 + (yearAndMonth($0).month - 1) / 3 }, 4)
      case 350...380: ({ yearAndMonth($0).year }, 1)
      case 1: ({ $0 }, 7)
      default: (counted, 1)
      }
    let first = days.first.map(position) ?? 0
    var values = [Double](repeating: .nan, count: (days.last.map(position) ?? 0) - first + 1)
    var counts = [Double](repeating: 0, count: values.count)
    for day in days {
      guard let point = points[day], !point.isNaN else { continue }
      let index = position(day) - first
      // Of several values in one step their mean.
      counts[index] += 1
      values[index] = counts[index] == 1 ? point : values[index] + (point - values[index]) / counts[index]
    }
    return Forecasting.Series(values: values, period: period)
  }
}
