import BSON
import MachineLearning
import MongoDB
import Store

/// Trains lifetime value: BG/NBD for how often and how long, gamma-gamma for how much.
struct ValueTraining: VersionTraining {
  let setting: TrainingSetting
  /// HORIZON_DAYS: how far the value looks ahead, 365 by default.
  let horizonDays: Int

  init(_ setting: TrainingSetting, values: [String: OptionValue]) throws(ModelsError) {
    self.setting = setting
    var fields = OptionFields(values)
    horizonDays = try fields.int("HORIZON_DAYS", in: 1...3650) ?? 365
    try fields.finish()
  }

  /// Customers with purchases that a training needs.
  static let buyersMin = 10

  func run(live: LoadedVersion?, handle: JobHandle) throws(ModelsError) -> TrainedVersion {
    let buyers = try Buyers(setting, handle)
    guard buyers.logs.count >= Self.buyersMin else {
      throw .insufficientData(needed: Self.buyersMin, found: buyers.logs.count, unit: "customers with purchases")
    }
    let judged = try judge(buyers, handle)
    let context = handle.context("training", 0.4...0.6, threads: 1)
    let model = try learning { () throws(MachineLearningError) in
      try PurchaseModel(
        fitting: try CustomerLog.history(buyers.logs, cutoff: buyers.window.lastDay), context: context)
    }
    let profiles = try learning { () throws(MachineLearningError) in
      PurchaseColumns.profiles(try CustomerLog.history(buyers.logs, cutoff: buyers.window.lastDay))
    }
    let scorer = ValueScorer(
      model: model, horizonDays: horizonDays, lastDay: buyers.window.lastDay, money: buyers.money)
    return TrainedVersion(
      bytes: scorer.serialized(),
      algorithm: "BG/NBD (Fader, Hardie and Lee 2005) with gamma-gamma spending, by maximum likelihood",
      options: BSONDocument {
        $0.append("MODEL_TYPE", ModelType.clv.rawValue)
        $0.append("HORIZON_DAYS", horizonDays)
      }, chosen: BSONDocument(), data: buyers.summary, metrics: judged?.metrics ?? BSONDocument(),
      baseline: judged?.baseline, holdout: judged?.holdout, verdict: verdict(judged),
      limits: [
        "Customers without a repeat purchase are known by what others did after their first.",
        "Takes purchase rates as constant while a customer stays; seasons and campaigns are not seen.",
        model.spending == nil
          ? "Too few repeat purchases for a model of spending: only purchases are predicted, no money."
          : "Money is that of orders, before costs.",
      ],
      extra: BSONDocument {
        $0.append("parameters", scorer.parameters)
        $0.append("profiles", profiles)
      })
  }

  // MARK: Metrics

  private struct Judged {
    let metrics: BSONDocument
    let baseline: BSONDocument
    let holdout: BSONDocument
    let error: Double
    let naive: Double
  }

  /// Purchases in the last quarter of the days, at most the horizon, predicted from what came before; beside the mere rate so far.
  private func judge(_ buyers: Buyers, _ handle: JobHandle) throws(ModelsError) -> Judged? {
    let days = min(horizonDays, buyers.window.dayCount / 4)
    guard days >= 7 else { return nil }
    let cutoff = buyers.window.lastDay - days
    let context = handle.context("judging", 0.3...0.4, threads: 1)
    let history = try learning { () throws(MachineLearningError) in
      try CustomerLog.history(buyers.logs, cutoff: cutoff)
    }
    guard history.summaries.contains(where: { $0.frequency > 1 }) else { return nil }
    let model = try learning { () throws(MachineLearningError) in
      try PurchaseModel(fitting: history, context: context)
    }
    var errors: [(model: Double, rate: Double)] = []
    for (log, summary) in zip(buyers.logs, history.summaries) {
      guard let first = summary.days.first else { continue }
      let actual = Double(Set(log.purchases.map(\.day).filter { $0 > cutoff }).count)
      let predicted = model.expectedPurchases(PurchaseModel.Record(summary, cutoff: cutoff), days: Double(days))
      let rate = Double(summary.frequency) / Double(max(1, cutoff - first + 1)) * Double(days)
      errors.append((predicted - actual, rate - actual))
    }
    guard !errors.isEmpty else { return nil }
    func document(_ values: [Double]) -> BSONDocument {
      BSONDocument {
        $0.append("mean_absolute_error", values.reduce(0) { $0 + abs($1) } / Double(values.count))
        $0.append(
          "root_mean_squared_error", (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot())
      }
    }
    let (metrics, naive) = (document(errors.map(\.model)), document(errors.map(\.rate)))
    return Judged(
      metrics: metrics, baseline: BSONDocument { $0.append("rate", naive) },
      holdout: BSONDocument {
        $0.append("method", "TIME")
        $0.append("after", BSONDate(millisecondsSince1970: Int64(cutoff + 1) * UTCDay.milliseconds))
        $0.append("trainedOn", errors.count)
        $0.append("heldOut", errors.count)
      }, error: metrics.double("root_mean_squared_error") ?? 0, naive: naive.double("root_mean_squared_error") ?? 0)
  }

  private func verdict(_ judged: Judged?) -> GateVerdict {
    guard let judged else { return GateVerdict(passed: true, reason: "there is too little history to judge by") }
    return judged.error <= judged.naive
      ? GateVerdict(
        passed: true,
        reason:
          "it predicts purchases at least as well as each customer's rate: \(judged.error) against \(judged.naive)")
      : GateVerdict(
        passed: false,
        reason: "it predicts purchases worse than each customer's rate: \(judged.error) against \(judged.naive)")
  }

  func plan(deadline: Deadline) throws(ModelsError) -> TrainingPlan {
    try setting.plan(.clv, bytesPerCustomer: 600, deadline: deadline)
  }
}

/// All customers who have bought, in the order of ids.
struct Buyers {
  let logs: [CustomerLog]
  let window: DataWindow
  let money: MoneyRates

  init(_ setting: TrainingSetting, _ handle: JobHandle) throws(ModelsError) {
    let reader = LogReader(store: setting.store, limits: setting.limits)
    guard let window = try reader.window() else {
      throw .insufficientData(needed: 1, found: 0, unit: "days of history")
    }
    let money = try reader.money()
    var logs: [CustomerLog] = []
    var purchases = 0
    try reader.forEach(handle, stage: 0...0.3) { rollups throws(ModelsError) in
      let log = CustomerLog(rollups, money: money)
      guard !log.purchases.isEmpty else { return }
      purchases += log.purchases.count
      try reader.check(purchases: purchases)
      logs.append(log)
    }
    self.window = window
    self.money = money
    self.logs = logs
  }

  /// What a card says of them.
  var summary: BSONDocument {
    BSONDocument { writer in
      writer.append("customers", logs.count)
      writer.append("purchases", logs.reduce(0) { $0 + $1.purchases.count })
      writer.append("unconvertedOrders", logs.reduce(0) { $0 + $1.unconvertedOrders })
      window.append(to: &writer)
      writer.append("imputed", BSONDocument())
    }
  }
}
