import BSON
import MachineLearning
import Store

/// What both kinds of factorization are trained with, and what is said of both alike.
struct FactorizationSetting {
  let store: Store
  let limits: ModelLimits
  let seed: UInt64
  /// Whether the data decided which kind of feedback it is.
  let isFeedbackChosen: Bool
  /// The points of a search; empty without one.
  let points: [[String: OptionValue]]
  /// HPARAM_TUNING_OBJECTIVES.
  let objective: String?

  // MARK: The search

  /// The options of the best trial, and all trials. `judge` gives an objective of which less is better.
  func best<Options>(
    of options: [Options], _ handle: JobHandle, objective: (Options, TrainingContext) throws(ModelsError) -> Double
  ) throws(ModelsError) -> (options: Options, trials: [Trial])? {
    var trials: [Trial] = []
    var best = 0
    for (index, candidate) in options.enumerated() {
      try handle.checkCancelled()
      let share = 0.2 / Double(options.count)
      let from = 0.25 + share * Double(index)
      let context = handle.context("trial \(index + 1)", from...from + share, threads: limits.trainingThreads)
      trials.append(Trial(point: points[index], objective: try objective(candidate, context)))
      if trials[index].objective < trials[best].objective { best = index }
    }
    guard !trials.isEmpty else { return nil }
    trials[best].isBest = true
    return (options[best], trials)
  }

  /// A fifth of the entries, drawn by the seed, and the others: what trials are judged on and trained on. The hold-out has no part in it.
  func split(_ rows: SparseRows) throws(ModelsError) -> (train: SparseRows, validation: SparseRows) {
    var random = SeededRandom(seed: seed &+ 1)
    var parts: [[SparseRows.Entry]] = [[], []]
    for row in 0..<rows.rowCount {
      for index in rows.range(row) {
        let entry = SparseRows.Entry(row: Int32(row), column: rows.columns[index], value: rows.values[index])
        parts[random.index(below: 5) == 0 ? 1 : 0].append(entry)
      }
    }
    func matrix(_ entries: [SparseRows.Entry]) throws(ModelsError) -> SparseRows {
      try learning { () throws(MachineLearningError) in
        try SparseRows(rowCount: rows.rowCount, columnCount: rows.columnCount, entries: entries)
      }
    }
    return (try matrix(parts[0]), try matrix(parts[1]))
  }

  // MARK: The gate

  /// What a new version is compared by: one number, and how it is spoken of.
  struct Comparison {
    let own: Double
    let popularity: Double
    let isHigherBetter: Bool
    /// A share of the live version's number, or a multiple, that is a clear loss.
    let clearLoss: Double
    /// `ranks` or `predicts`.
    let verb: String
    /// What it must not lose to.
    let baseline: String
  }

  /// Must not lose to the baseline, nor clearly to the live version, whose number is asked for only then.
  func verdict(
    _ comparison: Comparison, rival: () throws(ModelsError) -> Double?
  ) throws(ModelsError) -> GateVerdict {
    let (own, popular, verb) = (comparison.own, comparison.popularity, comparison.verb)
    func loses(_ number: Double, to other: Double) -> Bool {
      comparison.isHigherBetter ? number < other : number > other
    }
    if loses(own, to: popular) {
      return GateVerdict(
        passed: false, reason: "it \(verb) worse than \(comparison.baseline): \(own) against \(popular)")
    }
    let atLeast = "it \(verb) at least as well as \(comparison.baseline)"
    guard let rival = try rival() else {
      return GateVerdict(passed: true, reason: "\(atLeast): \(own) against \(popular)")
    }
    if loses(own, to: rival * comparison.clearLoss) {
      return GateVerdict(
        passed: false, reason: "it \(verb) clearly worse than the live version: \(own) against \(rival)")
    }
    return GateVerdict(
      passed: true, reason: "\(atLeast) (\(popular)) and not clearly worse than the live version (\(rival)): \(own)")
  }

  // MARK: Documents

  /// How the part for the metrics was held out.
  func holdout(_ cut: HoldoutCut, known: SparseRows, targets: SparseRows, customersJudged: Int?) -> BSONDocument {
    BSONDocument { writer in
      writer.append("method", cut.method)
      if case .time(_, let at) = cut { writer.append("after", BSONDate(millisecondsSince1970: at)) }
      writer.append("trainedOn", known.count)
      writer.append("heldOut", targets.count)
      if let customersJudged { writer.append("customersJudged", customersJudged) }
    }
  }

  /// What was learned from; `entries` is the name of its number.
  func summary(
    _ rows: SparseRows, products: Int, entries: String, window: ClosedRange<Int64>?
  ) -> BSONDocument {
    BSONDocument { writer in
      writer.append("customers", rows.rowCount)
      writer.append("products", products)
      writer.append(entries, rows.count)
      if let window {
        writer.append("from", BSONDate(millisecondsSince1970: window.lowerBound))
        writer.append("until", BSONDate(millisecondsSince1970: window.upperBound))
        writer.append("latestSourceTime", BSONDate(millisecondsSince1970: window.upperBound))
      }
      writer.append("imputed", BSONDocument())
    }
  }

  /// The options that both kinds have, after those that say what it is.
  func appendOptions(
    _ feedback: FactorizationTraining.Feedback, isLiteral: Bool, factorCount: Int, regularization: Double,
    to writer: inout BSONWriter
  ) {
    writer.append("MODEL_TYPE", ModelType.matrixFactorization.rawValue)
    writer.append("FEEDBACK_TYPE", feedback.rawValue)
    writer.append("OBJECTIVE", isLiteral ? "BIGQUERY" : "DEFAULT")
    writer.append("NUM_FACTORS", factorCount)
    writer.append("L2_REG", regularization)
  }

  /// `trials` of a version's document.
  func extra(_ trials: [Trial]) -> BSONDocument {
    BSONDocument { writer in if !trials.isEmpty { writer.append("trials", Trial.documents(trials)) } }
  }

  /// What every card of a factorization says in the end.
  static let choiceLimit =
    "Options that were not given are chosen by validation; OBJECTIVE \"BIGQUERY\" has BigQuery ML's literal behaviour."
}
