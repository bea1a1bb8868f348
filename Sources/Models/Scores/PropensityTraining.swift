import BSON
import MachineLearning
import MongoDB
import Store

/// Trains churn and propensity: features up to a cut-off day, labels from the horizon behind it.
///
/// The last day of the data ends the horizon, so every label is known; no feature sees beyond the cut-off. The model that serves is
/// asked with features up to the present.
struct PropensityTraining: VersionTraining {
  let setting: TrainingSetting
  let type: ModelType
  let label: PropensityLabel
  let options: Propensity.Options
  /// HORIZON_DAYS; nil leaves it to the data.
  let horizonDays: Int?

  /// Rows of each label that a training needs.
  static let rowsPerLabelMin = 20

  init(_ setting: TrainingSetting, type: ModelType, values: [String: OptionValue]) throws(ModelsError) {
    self.setting = setting
    self.type = type
    var fields = OptionFields(values)
    label = try PropensityLabel(&fields, of: type)
    horizonDays = try fields.int("HORIZON_DAYS", in: 1...730)
    let rest = fields.rest
    options = try learning { () throws(MachineLearningError) in try Propensity.Options(parsing: rest) }
  }

  // MARK: Rows

  /// What is learned from: a log up to the cut-off and a label for every customer that is asked about.
  private struct Rows {
    var logs: [CustomerLog] = []
    var labels: [Bool] = []
    var purchases = 0
    var unconverted = 0
    /// Logs up to the data's end of as many customers as a drift report looks at: how the model is asked from now on.
    var today: [CustomerLog] = []
  }

  private func rows(
    _ window: DataWindow, cutoff: Int, _ money: MoneyRates, _ handle: JobHandle
  ) throws(ModelsError) -> Rows {
    let reader = LogReader(store: setting.store, limits: setting.limits)
    let categories = label.kind == .category ? try reader.categories() : [:]
    var rows = Rows()
    var seen = 0
    try reader.forEach(handle, stage: 0...0.3) { rollups throws(ModelsError) in
      if seen < setting.limits.driftCustomersMax {
        let today = CustomerLog(rollups, money: money)
        if FeatureSample.counts(today, of: type) { rows.today.append(today) }
      }
      seen += 1
      let log = CustomerLog(rollups, through: cutoff, money: money)
      guard label.concerns(log) else { return }
      let after = rollups.filter { UTCDay.daysSince1970(of: $0.day) > cutoff }
      let later = CustomerLog(after, money: money)
      rows.labels.append(
        label.holds(after, later, on: cutoff + 1...window.lastDay) { categories[$0] })
      rows.logs.append(log)
      rows.purchases += log.purchases.count
      rows.unconverted += log.unconvertedOrders
      try reader.check(purchases: rows.purchases)
    }
    return rows
  }

  /// A third of the data's days, at most 90, unless given.
  private func horizon(_ window: DataWindow?) throws(ModelsError) -> (days: Int, window: DataWindow) {
    let found = window?.dayCount ?? 0
    let days = horizonDays ?? min(90, found / 3)
    guard let window, days >= (horizonDays == nil ? 7 : 1), found > days else {
      throw .insufficientData(needed: horizonDays.map { $0 + 1 } ?? 21, found: found, unit: "days of history")
    }
    return (days, window)
  }

  // MARK: Training

  func run(live: LoadedVersion?, handle: JobHandle) throws(ModelsError) -> TrainedVersion {
    let reader = LogReader(store: setting.store, limits: setting.limits)
    let (horizonDays, window) = try horizon(try reader.window())
    let money = try reader.money()
    let cutoff = window.lastDay - horizonDays
    let rows = try rows(window, cutoff: cutoff, money, handle)
    let positives = rows.labels.count { $0 }
    for (count, name) in [(positives, "with"), (rows.labels.count - positives, "without")]
    where count < Self.rowsPerLabelMin {
      throw .insufficientData(
        needed: Self.rowsPerLabelMin, found: count,
        unit: "customers \(name) the label \(label.kind.rawValue) (of \(rows.labels.count), \(positives) with it)")
    }
    let purchaseModel = try purchaseModel(rows.logs, cutoff: cutoff, handle)
    let context = handle.context("training", 0.35...0.6, threads: setting.limits.trainingThreads)
    let (table, training) = try learning { () throws(MachineLearningError) in
      let table = try PropensityScorer.table(
        rows.logs, cutoffs: rows.logs.map { _ in cutoff }, purchaseModel: purchaseModel, horizonDays: horizonDays)
      return (
        table,
        try Propensity.train(table, labels: rows.labels, options: options, seed: setting.seed, context: context)
      )
    }
    let scorer = PropensityScorer(
      model: training.model, purchaseModel: purchaseModel, horizonDays: horizonDays, lastDay: window.lastDay,
      money: money)
    let baseline = baseline(table, rows.labels)
    // The features that drift is told from are those of the data's end: those at the cut-off are a horizon older than what is asked.
    let today = try learning { () throws(MachineLearningError) in
      try PropensityScorer.table(
        rows.today, cutoffs: rows.today.map { _ in window.lastDay }, purchaseModel: purchaseModel,
        horizonDays: horizonDays)
    }
    return TrainedVersion(
      bytes: scorer.serialized(),
      algorithm: "boosted and bagged trees with logistic regression, stacked and calibrated on rows held out in turn",
      options: optionDocument(horizonDays), chosen: chosen(horizonDays),
      data: summary(rows, window, cutoff: cutoff, table: table, positives: positives),
      metrics: training.metrics.document, baseline: baseline.document, holdout: holdout(cutoff, rows.labels.count),
      verdict: try verdict(training.metrics, baseline, rows.labels, table, live: live),
      limits: [
        "Says how likely something is within \(horizonDays) days, for customers like those there were.",
        "The label comes from the last \(horizonDays) days of the data; a season that they lie in is learned as well.",
        "Factors say what moved the score, not what caused the behaviour.",
      ],
      extra: BSONDocument { writer in
        writer.append("profiles", zip(today.names, today.columns).map { FeatureProfile($0, $1).document })
      })
  }

  /// Nil where the data do not determine one; its features are left out then.
  private func purchaseModel(
    _ logs: [CustomerLog], cutoff: Int, _ handle: JobHandle
  ) throws(ModelsError) -> PurchaseModel? {
    let context = handle.context("fitting purchases", 0.3...0.35, threads: 1)
    do throws(MachineLearningError) {
      return try PurchaseModel(fitting: try CustomerLog.history(logs, cutoff: cutoff), context: context)
    } catch .tooLittleData {
      return nil
    } catch {
      throw ModelsError(error)
    }
  }

  // MARK: Documents

  private func summary(
    _ rows: Rows, _ window: DataWindow, cutoff: Int, table: FeatureTable, positives: Int
  ) -> BSONDocument {
    BSONDocument { writer in
      writer.append("customers", rows.labels.count)
      writer.append("positives", positives)
      writer.append("features", table.names.count)
      writer.append("purchases", rows.purchases)
      writer.append("unconvertedOrders", rows.unconverted)
      window.append(to: &writer)
      writer.append("imputed", document: { imputed in table.appendMissing(to: &imputed) })
    }
  }

  private func holdout(_ cutoff: Int, _ count: Int) -> BSONDocument {
    BSONDocument { writer in
      writer.append("method", "TIME_AND_FOLDS")
      writer.append("after", BSONDate(millisecondsSince1970: Int64(cutoff + 1) * UTCDay.milliseconds))
      writer.append("folds", options.foldCount)
      writer.append("trainedOn", count)
      writer.append("heldOut", count)
    }
  }

  private func optionDocument(_ horizonDays: Int) -> BSONDocument {
    BSONDocument { writer in
      writer.append("MODEL_TYPE", type.rawValue)
      writer.append("LABEL", label.kind.rawValue)
      if let value = label.value { writer.append("LABEL_VALUE", value) }
      writer.append("HORIZON_DAYS", horizonDays)
      writer.append("MAX_ITERATIONS", options.roundsMax)
      writer.append("LEARN_RATE", options.learningRate)
      writer.append("NUM_FOLDS", options.foldCount)
    }
  }

  private func chosen(_ days: Int) -> BSONDocument {
    BSONDocument { writer in if horizonDays == nil { writer.append("HORIZON_DAYS", days) } }
  }

  func plan(deadline: Deadline) throws(ModelsError) -> TrainingPlan {
    try setting.plan(type, bytesPerCustomer: 40 * 8 * 4 + 600, deadline: deadline)
  }
}

extension CustomerLog {
  /// The purchases of many customers together, each under its place in the list.
  static func history(_ logs: [CustomerLog], cutoff: Int) throws(MachineLearningError) -> PurchaseHistory {
    var purchases: [PurchaseHistory.Purchase] = []
    for (customer, log) in logs.enumerated() {
      for purchase in log.purchases {
        purchases.append(
          .init(customer: customer, day: purchase.day, quantity: purchase.quantity, amount: purchase.amount))
      }
    }
    return try PurchaseHistory(purchases, customerCount: logs.count, cutoff: cutoff)
  }
}

extension FeatureTable {
  /// How many values of each numeric column are missing.
  func appendMissing(to writer: inout BSONWriter) {
    for (name, column) in zip(names, columns) {
      if case .numeric(let values) = column { writer.append(name, values.count { $0.isNaN }) }
    }
  }
}

extension ClassificationMetrics {
  /// Under BigQuery ML's names, as far as it has them.
  var document: BSONDocument {
    BSONDocument {
      $0.append("roc_auc", rocAUC)
      $0.append("log_loss", logLoss)
      $0.append("brier_score", brierScore)
      $0.append("calibration_error", calibrationError)
      $0.append("positive_share", positiveShare)
    }
  }
}

extension TrainingSetting {
  /// The plan of a training that holds a log of every customer and their purchases.
  func plan(_ type: ModelType, bytesPerCustomer: Int, deadline: Deadline) throws(ModelsError) -> TrainingPlan {
    let (customers, activity) = try reading { () throws(StoreError) in
      (
        try store.projections.customerCount(deadline: deadline),
        try store.projections.activityByDay(deadline: deadline)
      )
    }
    let entries = activity.reduce(0) { $0 + $1.entries }
    return TrainingPlan(
      type: type, counts: [("customers", customers), ("entries", entries)],
      parts: [
        .init(name: "logs and features of customers", bytes: customers * bytesPerCustomer),
        .init(name: "what happened", bytes: min(entries, limits.interactionsMax) * 96),
      ])
  }
}
