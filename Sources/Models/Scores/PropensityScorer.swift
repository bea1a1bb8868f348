import BSON
import MachineLearning
import Store

/// A churn or propensity model as it serves: the learned chance, the buy-till-you-die model that some features come from, and the
/// day up to which the data went.
struct PropensityScorer: Sendable {
  let model: PropensityModel
  let purchaseModel: PurchaseModel?
  let horizonDays: Int
  /// Last day of the data, days since 1970.
  let lastDay: Int
  let money: MoneyRates

  /// The features of customers at cut-off days, a row each: those of purchases, then those of behaviour.
  static func table(
    _ logs: [CustomerLog], cutoffs: [Int], purchaseModel: PurchaseModel?, horizonDays: Int
  ) throws(MachineLearningError) -> FeatureTable {
    var names: [String] = []
    var columns: [[Double]] = []
    for (log, cutoff) in zip(logs, cutoffs) {
      let history = try PurchaseHistory(log.purchases, customerCount: 1, cutoff: cutoff)
      let purchases = history.features(
        of: [0], purchaseModel: purchaseModel, horizonDays: Double(horizonDays))
      if names.isEmpty {
        names = purchases.map(\.name) + BehaviourFeatures.names
        columns = [[Double]](repeating: [], count: names.count)
      }
      for (index, entry) in purchases.enumerated() {
        if case .numeric(let values) = entry.column { columns[index].append(values[0]) }
      }
      for (index, value) in BehaviourFeatures.values(of: log, cutoff: cutoff).enumerated() {
        columns[purchases.count + index].append(value)
      }
    }
    return try FeatureTable(zip(names, columns).map { ($0, .numeric($1)) })
  }

  /// The scores of customers; nil for one of whom nothing is known. Ages are measured to the model's data, or to the customer's own
  /// last day if that is later.
  func scores(_ logs: [CustomerLog]) throws(MachineLearningError) -> [BSONDocument?] {
    let known = logs.indices.filter { logs[$0].lastDay != nil }
    guard !known.isEmpty else { return logs.map { _ in nil } }
    let table = try Self.table(
      known.map { logs[$0] }, cutoffs: known.map { max(lastDay, logs[$0].lastDay ?? lastDay) },
      purchaseModel: purchaseModel, horizonDays: horizonDays)
    var scores = [BSONDocument?](repeating: nil, count: logs.count)
    for (position, prediction) in zip(known, try model.predict(table)) { scores[position] = Self.document(prediction) }
    return scores
  }

  /// Scores of rows of features given by name; an absent one is unknown.
  func scores(ofFeatures table: FeatureTable) throws(MachineLearningError) -> [BSONDocument] {
    try model.predict(table).map(Self.document)
  }

  private static func document(_ prediction: PropensityModel.Prediction) -> BSONDocument {
    BSONDocument { writer in
      writer.append("probability", prediction.probability)
      writer.append("percentile", prediction.percentile)
      writer.append("predicted_label", prediction.probability >= 0.5)
      writer.append(
        "factors",
        array: { list in
          for factor in prediction.factors {
            list.append(document: {
              $0.append("feature", factor.feature)
              $0.append("contribution", factor.contribution)
            })
          }
        })
    }
  }
}

// MARK: - Bytes

extension PropensityScorer {
  private static let formatVersion = 1

  /// The model as bytes: equal models give equal bytes.
  func serialized() -> [UInt8] {
    let document = BSONDocument { writer in
      writer.append("format", Self.formatVersion)
      writer.append("horizonDays", horizonDays)
      writer.append("lastDay", lastDay)
      money.append(to: &writer)
      writer.append("model", model.serialized())
      if let purchaseModel { writer.append("purchaseModel", purchaseModel.serialized()) }
    }
    return Array(document.bytes)
  }

  /// Reads what ``serialized()`` wrote.
  init(bytes: [UInt8]) throws(MachineLearningError) {
    let frame = try ModelFrame(bytes, format: Self.formatVersion)
    model = try PropensityModel(serialized: try frame.bytes("model"))
    purchaseModel =
      frame.contains("purchaseModel") ? try PurchaseModel(serialized: try frame.bytes("purchaseModel")) : nil
    horizonDays = try frame.int("horizonDays", in: 1...10_000)
    lastDay = try frame.int("lastDay", in: -1_000_000...10_000_000)
    money = MoneyRates(frame.document)
  }
}

extension MoneyRates {
  /// `currency` and `rates`, codes in byte order.
  func append(to writer: inout BSONWriter) {
    if let currency { writer.append("currency", currency) }
    writer.append(
      "rates",
      document: { fields in for (code, rate) in rates.sorted(by: { $0.key < $1.key }) { fields.append(code, rate) } })
  }

  /// Reads what `append` wrote.
  init(_ document: BSONDocument) {
    self.init(currency: document.string("currency"))
    for element in document.document("rates") ?? BSONDocument() {
      if let rate = element.value.doubleValue { rates[element.key] = rate }
    }
  }
}
