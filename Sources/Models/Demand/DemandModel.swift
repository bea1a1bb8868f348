import BSON
import MachineLearning
import Store

/// Forecasts of demand as they serve: computed at training, with the same season before beside each.
struct DemandModel: Sendable {
  let model: ForecastModel
  /// What each series is of: product ids, categories, or `total`.
  let names: [String]
  let steps: DemandSteps
  /// The first step that is forecast.
  let firstStep: Int
  /// CONFIDENCE_LEVEL.
  let confidence: Double
  /// The last season's values of each series, which the naive forecast repeats.
  let lastSeasons: [[Double]]
  private let indexes: [ByteString: Int]

  init(
    model: ForecastModel, names: [String], steps: DemandSteps, firstStep: Int, confidence: Double,
    lastSeasons: [[Double]]
  ) {
    self.model = model
    self.names = names
    self.steps = steps
    self.firstStep = firstStep
    self.confidence = confidence
    self.lastSeasons = lastSeasons
    indexes = Dictionary(names.enumerated().map { (ByteString($1), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// What an instance asks: `{"series"?, "horizon"?, "confidence_level"?}`; a model with one series needs no name.
  struct Question {
    let series: Int
    let horizon: Int
    let confidence: Double
  }

  func question(_ instance: BSONDocument, _ index: Int) throws(ModelsError) -> Question {
    func wrong(_ field: String, _ reason: String) -> ModelsError {
      .invalidInstance(index: index, field: field, reason: reason)
    }
    var series = 0
    if let value = FeatureReader.present(instance["series"]) {
      guard let name = value.stringValue else { throw wrong("series", "must be a text") }
      guard let known = indexes[ByteString(name)] else { throw wrong("series", "names no series of this model") }
      series = known
    } else if names.count != 1 {
      throw wrong("series", "must name one of the model's series")
    }
    var horizon = model.horizon
    if let value = FeatureReader.present(instance["horizon"]) {
      guard let number = value.intValue, (1...model.horizon).contains(number) else {
        throw wrong("horizon", "must be a whole number, 1...\(model.horizon)")
      }
      horizon = number
    }
    var confidence = self.confidence
    if let value = FeatureReader.present(instance["confidence_level"]) {
      guard let number = value.doubleValue, number > 0, number < 1 else {
        throw wrong("confidence_level", "must lie between 0 and 1")
      }
      confidence = number
    }
    return Question(series: series, horizon: horizon, confidence: confidence)
  }

  /// `{series, forecast: [{forecast_timestamp, forecast_value, confidence_level, prediction_interval_lower_bound,
  /// prediction_interval_upper_bound, seasonal_naive}], methods}`, under the names of `ML.FORECAST`.
  func answer(_ question: Question) -> BSONDocument {
    let points = model.forecast(question.series, confidence: question.confidence).prefix(question.horizon)
    let season = lastSeasons[question.series]
    return BSONDocument { writer in
      writer.append("series", names[question.series])
      writer.append(
        "forecast",
        array: { list in
          for point in points {
            list.append(document: {
              let day = steps.firstDay(ofStep: firstStep + point.step - 1)
              $0.append(
                "forecast_timestamp", BSONDate(millisecondsSince1970: Int64(day) * UTCDay.milliseconds))
              $0.append("forecast_value", point.forecast)
              $0.append("confidence_level", question.confidence)
              $0.append("prediction_interval_lower_bound", point.lower)
              $0.append("prediction_interval_upper_bound", point.upper)
              $0.append("seasonal_naive", season[(point.step - 1) % season.count])
            })
          }
        })
      writer.append("methods", model.methods(of: question.series))
    }
  }
}

// MARK: - Bytes

extension DemandModel {
  private static let formatVersion = 1

  /// The model as bytes: equal models give equal bytes.
  func serialized() -> [UInt8] {
    let document = BSONDocument { writer in
      writer.append("format", Self.formatVersion)
      writer.append("names", names)
      writer.append("steps", steps.rawValue)
      writer.append("firstStep", firstStep)
      writer.append("confidence", confidence)
      writer.append(
        "lastSeasons",
        array: { list in for season in lastSeasons { list.append(array: { for value in season { $0.append(value) } }) }
        })
      writer.append("model", model.serialized())
    }
    return Array(document.bytes)
  }

  /// Reads what ``serialized()`` wrote.
  init(bytes: [UInt8]) throws(MachineLearningError) {
    let frame = try ModelFrame(bytes, format: Self.formatVersion)
    guard let steps = DemandSteps(rawValue: try frame.text("steps")) else {
      throw .unreadableModel("its steps are unknown")
    }
    let seasons = (frame.document.array("lastSeasons") ?? BSONArray()).map {
      ($0.arrayValue ?? BSONArray()).compactMap(\.doubleValue)
    }
    self.init(
      model: try ForecastModel(serialized: try frame.bytes("model")), names: try frame.texts("names"), steps: steps,
      firstStep: try frame.int("firstStep", in: -1_000_000...10_000_000),
      confidence: frame.document.double("confidence") ?? 0.95, lastSeasons: seasons)
    guard names.count == model.count, seasons.count == model.count, seasons.allSatisfy({ !$0.isEmpty }) else {
      throw .unreadableModel("its series do not fit")
    }
  }
}
