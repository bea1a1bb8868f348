import BSON
import MachineLearning
import MongoDB
import Store

/// Trains recency, frequency and monetary value: the borders of the quintiles.
struct RFMTraining: VersionTraining {
  let setting: TrainingSetting

  init(_ setting: TrainingSetting, values: [String: OptionValue]) throws(ModelsError) {
    self.setting = setting
    try OptionFields(values).finish()
  }

  func run(live: LoadedVersion?, handle: JobHandle) throws(ModelsError) -> TrainedVersion {
    let buyers = try Buyers(setting, handle)
    let lastDay = buyers.window.lastDay
    let (model, history) = try learning { () throws(MachineLearningError) in
      let history = try CustomerLog.history(buyers.logs, cutoff: lastDay)
      return (try RFMModel(fitting: history), history)
    }
    var sizes: [String: Int] = [:]
    for summary in history.summaries {
      if let score = model.score(summary, cutoff: lastDay) { sizes[score.segment, default: 0] += 1 }
    }
    let scorer = RFMScorer(model: model, lastDay: lastDay, money: buyers.money)
    return TrainedVersion(
      bytes: scorer.serialized(), algorithm: "quintiles of recency, frequency and monetary value",
      options: BSONDocument { $0.append("MODEL_TYPE", ModelType.rfm.rawValue) }, chosen: BSONDocument(),
      data: buyers.summary,
      metrics: BSONDocument { writer in
        writer.append(
          "segment_sizes",
          document: { fields in for (name, size) in sizes.sorted(by: { $0.key < $1.key }) { fields.append(name, size) }
          }
        )
      }, verdict: GateVerdict(passed: true, reason: "quintiles have nothing to win against"),
      limits: [
        "Describes where a customer stands among those there were at training; it predicts nothing.",
        "Customers without purchases have no score.",
      ],
      extra: BSONDocument {
        $0.append("parameters", scorer.parameters)
        $0.append("profiles", PurchaseColumns.profiles(history))
      })
  }

  func plan(deadline: Deadline) throws(ModelsError) -> TrainingPlan {
    try setting.plan(.rfm, bytesPerCustomer: 600, deadline: deadline)
  }
}
