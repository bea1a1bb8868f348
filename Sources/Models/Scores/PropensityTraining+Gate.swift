import BSON
import MachineLearning

// What a trained version must win against to serve.

extension PropensityTraining {
  /// What is said without a model: the share of positives for everybody, and the order by recency alone.
  struct Baseline {
    let logLoss: Double
    let recencyAUC: Double

    var document: BSONDocument {
      BSONDocument {
        $0.append("rate", document: { $0.append("log_loss", logLoss) })
        $0.append("recency", document: { $0.append("roc_auc", recencyAUC) })
      }
    }
  }

  func baseline(_ table: FeatureTable, _ labels: [Bool]) -> Baseline {
    let share = Double(labels.count { $0 }) / Double(labels.count)
    let rate = ClassificationMetrics(probabilities: labels.map { _ in share }, labels: labels)
    var recency = labels.map { _ in 0.5 }
    if case .numeric(let days)? = table["days_since_last_event"], let last = days.max(), last > 0 {
      recency = days.map { $0 / last }
    }
    if case .numeric(let days)? = table["recency_days"], label.kind == .churn, let last = days.max(), last > 0 {
      recency = days.map { $0 / last }
    }
    // Long ago speaks for churn and against everything else.
    let towardsYes = label.kind == .churn ? recency : recency.map { 1 - $0 }
    return Baseline(
      logLoss: rate.logLoss,
      recencyAUC: ClassificationMetrics(probabilities: towardsYes, labels: labels).rocAUC)
  }

  /// How much more loss than the live version's is a clear loss.
  private static let clearLossFactor = 1.1

  func verdict(
    _ metrics: ClassificationMetrics, _ baseline: Baseline, _ labels: [Bool], _ table: FeatureTable,
    live: LoadedVersion?
  ) throws(ModelsError) -> GateVerdict {
    if metrics.logLoss > baseline.logLoss {
      return GateVerdict(
        passed: false,
        reason: "its log loss \(metrics.logLoss) is above that of the mere share of positives, \(baseline.logLoss)")
    }
    if case .propensity(let rival)? = live?.content, rival.model.featureNames == table.names {
      let probabilities = try learning { () throws(MachineLearningError) in try rival.model.probabilities(table) }
      let loss = ClassificationMetrics(probabilities: probabilities, labels: labels).logLoss
      if metrics.logLoss > loss * Self.clearLossFactor {
        return GateVerdict(
          passed: false, reason: "its log loss \(metrics.logLoss) is clearly above the live version's, \(loss)")
      }
    }
    return GateVerdict(
      passed: true,
      reason: "its log loss \(metrics.logLoss) is below that of the mere share of positives, \(baseline.logLoss)")
  }
}
