import BSON
import MachineLearning
import MongoDB
import Store

/// Trains forecasts of demand, always beside the seasonal naive forecast, which repeats the last season.
struct ForecastTraining: VersionTraining {
  let setting: TrainingSetting
  let reader: DemandReader
  let options: Forecasting.Options
  /// CONFIDENCE_LEVEL, 0.95 by default.
  let confidence: Double

  init(_ setting: TrainingSetting, values: [String: OptionValue]) throws(ModelsError) {
    self.setting = setting
    var fields = OptionFields(values)
    let level: DemandSeries.Level = try fields.choice("LEVEL") ?? .category
    let measure: DemandSeries.Measure = try fields.choice("MEASURE") ?? .units
    guard measure == .units || level == .total else {
      throw .invalidOption(name: "MEASURE", reason: "must be UNITS unless LEVEL is TOTAL")
    }
    let frequency: Frequency = try fields.choice("DATA_FREQUENCY") ?? .auto
    confidence = try fields.double("CONFIDENCE_LEVEL", in: 0.01...0.99) ?? 0.95
    let rest = fields.rest
    options = try learning { () throws(MachineLearningError) in try Forecasting.Options(parsing: rest) }
    reader = DemandReader(setting: setting, level: level, measure: measure, steps: frequency.steps)
  }

  /// DATA_FREQUENCY, by BigQuery ML's names.
  private enum Frequency: String, CaseIterable {
    case auto = "AUTO_FREQUENCY"
    case daily = "DAILY"
    case weekly = "WEEKLY"
    case monthly = "MONTHLY"

    var steps: DemandSteps? { DemandSteps(rawValue: rawValue) }
  }

  func run(live: LoadedVersion?, handle: JobHandle) throws(ModelsError) -> TrainedVersion {
    let demand = try reader.read(handle)
    let judged = try judge(demand, handle)
    let context = handle.context("training", 0.4...0.65, threads: setting.limits.trainingThreads)
    let model = try learning { () throws(MachineLearningError) in
      try Forecasting.train(demand.series, options: options, context: context)
    }
    let serving = DemandModel(
      model: model, names: demand.names, steps: demand.steps, firstStep: demand.nextStep, confidence: confidence,
      lastSeasons: demand.series.map { Array($0.values.suffix($0.period)) })
    return TrainedVersion(
      bytes: serving.serialized(),
      algorithm: "exponential smoothing, theta, means and their like, chosen for each series at past origins",
      options: optionDocument(demand.steps), chosen: chosen(demand.steps), data: summary(demand),
      metrics: judged?.metrics ?? BSONDocument(), baseline: judged?.baseline, holdout: judged?.holdout,
      verdict: verdict(judged),
      limits: [
        "Looks ahead \(options.horizon) steps from the end of the data; it says nothing of later ones.",
        "Knows no prices, promotions or holidays but by what they did before.",
        "A step without purchases counts as 0; what was out of stock looks like no demand.",
      ],
      extra: BSONDocument { $0.append("series", Array(demand.names.prefix(Self.namesShownMax))) })
  }

  /// Names of series in a version's document.
  private static let namesShownMax = 500

  // MARK: Metrics

  private struct Judged {
    let metrics: BSONDocument
    let baseline: BSONDocument
    let holdout: BSONDocument
    let error: Double
    let naive: Double
    let count: Int
  }

  /// The last steps of every series, forecast from those before; at most a quarter of the series.
  private func judge(_ demand: DemandSeries, _ handle: JobHandle) throws(ModelsError) -> Judged? {
    let length = demand.series.first?.values.count ?? 0
    let held = min(options.horizon, length / 4)
    guard held >= 1, length - held >= DemandReader.stepsMin / 2 else { return nil }
    let known = demand.series.map {
      Forecasting.Series(values: Array($0.values.dropLast(held)), period: $0.period)
    }
    var judging = options
    judging.horizon = held
    let context = handle.context("judging", 0.1...0.4, threads: setting.limits.trainingThreads)
    let settings = judging
    let model = try learning { () throws(MachineLearningError) in
      try Forecasting.train(known, options: settings, context: context)
    }
    var own = ForecastErrors()
    var naive = ForecastErrors()
    for (index, series) in known.enumerated() {
      let truth = demand.series[index].values.suffix(held)
      let season = Array(series.values.suffix(series.period))
      let scale = ForecastErrors.scale(series.values, period: series.period)
      for (step, (actual, point)) in zip(truth, model.forecast(index)).enumerated() {
        own.add(point.forecast, actual: actual, scale: scale)
        naive.add(season[step % season.count], actual: actual, scale: scale)
      }
    }
    return Judged(
      metrics: own.document, baseline: BSONDocument { $0.append("seasonal_naive", naive.document) },
      holdout: BSONDocument {
        $0.append("method", "TIME")
        let day = demand.steps.firstDay(ofStep: demand.nextStep - held)
        $0.append("after", BSONDate(millisecondsSince1970: Int64(day) * UTCDay.milliseconds))
        $0.append("trainedOn", known.count * (length - held))
        $0.append("heldOut", known.count * held)
      }, error: own.scaled, naive: naive.scaled, count: known.count * held)
  }

  /// Fewer values than this say too little to refuse a version for.
  private static let judgedMin = 24

  private func verdict(_ judged: Judged?) -> GateVerdict {
    guard let judged, judged.count >= Self.judgedMin else {
      return GateVerdict(passed: true, reason: "only \(judged?.count ?? 0) values can be judged by")
    }
    return GateVerdict(
      passed: judged.error <= judged.naive,
      reason: "its scaled error is \(judged.error), that of the seasonal naive forecast \(judged.naive)")
  }

  // MARK: Documents

  private func summary(_ demand: DemandSeries) -> BSONDocument {
    BSONDocument { writer in
      writer.append("series", demand.names.count)
      writer.append("seriesLeftOut", demand.leftOut)
      writer.append("steps", demand.series.first?.values.count ?? 0)
      writer.append("unconvertedOrders", demand.unconverted)
      demand.window.append(to: &writer)
      writer.append("imputed", BSONDocument())
    }
  }

  private func optionDocument(_ steps: DemandSteps) -> BSONDocument {
    BSONDocument {
      $0.append("MODEL_TYPE", ModelType.forecast.rawValue)
      $0.append("LEVEL", reader.level.rawValue)
      $0.append("MEASURE", reader.measure.rawValue)
      $0.append("DATA_FREQUENCY", steps.rawValue)
      $0.append("HORIZON", options.horizon)
      $0.append("CONFIDENCE_LEVEL", confidence)
    }
  }

  private func chosen(_ steps: DemandSteps) -> BSONDocument {
    BSONDocument { writer in if reader.steps == nil { writer.append("DATA_FREQUENCY", steps.rawValue) } }
  }

  func plan(deadline: Deadline) throws(ModelsError) -> TrainingPlan {
    let (products, activity) = try reading { () throws(StoreError) in
      (
        try setting.store.productCount(deadline: deadline),
        try setting.store.projections.activityByDay(deadline: deadline)
      )
    }
    let series = reader.level == .total ? 1 : products
    let cells = min(series * max(1, activity.count), setting.limits.interactionsMax)
    let kept = min(series, setting.limits.seriesMax)
    return TrainingPlan(
      type: .forecast, counts: [("series", series), ("days", activity.count)],
      parts: [
        .init(name: "sums by series and step", bytes: cells * 64),
        .init(name: "series and trials of all methods", bytes: kept * (activity.count * 16 + 64 * 1024)),
      ])
  }
}

/// Errors of forecasts, added up value by value.
struct ForecastErrors {
  private var count = 0.0
  private var absolute = 0.0
  private var squared = 0.0
  private var symmetric = 0.0
  private var scaledSum = 0.0

  mutating func add(_ forecast: Double, actual: Double, scale: Double) {
    let error = abs(forecast - actual)
    count += 1
    absolute += error
    squared += error * error
    if abs(forecast) + abs(actual) > 0 { symmetric += 200 * error / (abs(forecast) + abs(actual)) }
    scaledSum += error / scale
  }

  /// Mean absolute error in units of the in-sample mean seasonal difference.
  var scaled: Double { scaledSum / max(1, count) }

  /// The in-sample mean absolute difference from a season before, never 0.
  static func scale(_ values: [Double], period: Int) -> Double {
    let differences = zip(values, values.dropFirst(period)).map { abs($1 - $0) }
    let mean = differences.reduce(0, +) / Double(max(1, differences.count))
    return mean > 0 ? mean : 1
  }

  /// Under BigQuery ML's names.
  var document: BSONDocument {
    BSONDocument {
      $0.append("mean_absolute_error", absolute / max(1, count))
      $0.append("root_mean_squared_error", (squared / max(1, count)).squareRoot())
      $0.append("symmetric_mean_absolute_percentage_error", symmetric / max(1, count))
      $0.append("mean_absolute_scaled_error", scaled)
    }
  }
}
