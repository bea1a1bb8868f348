/// How good probabilities of a yes are.
public struct ClassificationMetrics: Sendable, Equatable {
  /// Area under the ROC curve: the chance that a yes is ranked above a no; ties count half.
  public let rocAUC: Double
  /// Mean of -log of the probability given to what happened.
  public let logLoss: Double
  /// Mean of (p - y)².
  public let brierScore: Double
  /// Mean distance between probability and frequency over ten equal groups of rows, sorted by probability.
  public let calibrationError: Double
  /// Share of yes.
  public let positiveShare: Double

  /// Compares probabilities with what happened; at least one row.
  public init(probabilities: [Double], labels: [Bool]) {
    precondition(probabilities.count == labels.count && !labels.isEmpty, "a probability for every label")
    let order = labels.indices.sorted { (probabilities[$0], $0) < (probabilities[$1], $1) }
    let positives = labels.count { $0 }
    var rankSum = 0.0
    var start = 0
    while start < order.count {
      var end = start
      while end < order.count, probabilities[order[end]] == probabilities[order[start]] { end += 1 }
      // Equal probabilities share their mean rank.
      let rank = Double(start + 1 + end) / 2
      for position in start..<end where labels[order[position]] { rankSum += rank }
      start = end
    }
    let pairs = Double(positives) * Double(labels.count - positives)
    rocAUC = pairs > 0 ? (rankSum - Double(positives) * Double(positives + 1) / 2) / pairs : 0.5
    var loss = 0.0
    var squares = 0.0
    for (probability, label) in zip(probabilities, labels) {
      let bounded = min(1 - 1e-15, max(1e-15, probability))
      loss -= naturalLogarithm(label ? bounded : 1 - bounded)
      squares += (probability - (label ? 1 : 0)) * (probability - (label ? 1 : 0))
    }
    let count = Double(labels.count)
    logLoss = loss / count
    brierScore = squares / count
    var distance = 0.0
    for group in 0..<10 {
      let members = order[(group * order.count / 10)..<((group + 1) * order.count / 10)]
      distance += abs(members.reduce(0.0) { $0 + probabilities[$1] - (labels[$1] ? 1 : 0) })
    }
    calibrationError = distance / count
    positiveShare = Double(positives) / count
  }
}
