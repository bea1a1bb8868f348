import CSV
import MachineLearning

/// `lab churn`: the chance that a customer leaves, from purchases or from any table.
public struct ChurnLab: Sendable {
  /// Where features come from.
  public enum Source: Sendable, Equatable {
    /// Purchases (`customer_id,date,quantity,amount`) up to a day `YYYY-MM-DD`, labels (`customer_id` and one more column) and the ids to
    /// predict.
    case transactions(String, labels: String, cutoff: String, predict: String)
    /// A table with a label and an id column, and another of the same features to predict; a label in it is never read.
    case table(train: String, label: String, id: String, predict: String)
  }

  /// Where features come from.
  public var source: Source
  /// The seed of everything random.
  public var seed: UInt64 = 0
  /// Threads.
  public var threads = 1
  /// Where `<id>,probability` goes.
  public var output: String

  /// A command over files.
  public init(source: Source, output: String) {
    self.source = source
    self.output = output
  }

  private struct Problem {
    var train: FeatureTable
    var labels: [Bool]
    var predict: FeatureTable
    var ids: [String]
    var idName: String
    var file: String
  }

  /// Trains, writes probabilities in the order of the ids to predict, and tells the metrics on rows held out in turn.
  public func run() throws(LabError) -> Report {
    let problem =
      switch source {
      case .transactions(let purchases, let labels, let cutoff, let predict):
        try fromTransactions(purchases, labels: labels, cutoff: cutoff, predict: predict)
      case .table(let train, let label, let id, let predict):
        try fromTable(train, label: label, id: id, predict: predict)
      }
    try checkThreads(threads)
    let context = TrainingContext(threads: threads)
    let clock = ContinuousClock()
    let start = clock.now
    let begun = processorSeconds()
    let training = try modelling(problem.file) { () throws(MachineLearningError) in
      try Propensity.train(
        problem.train, labels: problem.labels, seed: seed, context: context, now: { seconds(clock.now - start) })
    }
    let all = seconds(clock.now - start)
    let processor = processorSeconds() - begun
    let probabilities = try modelling(problem.file) { () throws(MachineLearningError) in
      try training.model.probabilities(problem.predict)
    }
    var file = try OutputFile(output, header: [problem.idName, "probability"])
    for (id, probability) in zip(problem.ids, probabilities) {
      try file.row {
        $0.field(id)
        $0.field(probability)
      }
    }
    try file.finish()
    var report = Report()
    report.add("seconds", all)
    report.add("cpu_seconds", processor)
    report.add("fit_seconds", training.fitSeconds)
    report.add("search_seconds", all - training.fitSeconds)
    report.add("rows", problem.labels.count)
    report.add("features", problem.train.names.count)
    report.add("roc_auc", training.metrics.rocAUC)
    report.add("log_loss", training.metrics.logLoss)
    report.add("brier_score", training.metrics.brierScore)
    report.add("calibration_error", training.metrics.calibrationError)
    report.add("positive_share", training.metrics.positiveShare)
    return report
  }

  private func fromTransactions(
    _ path: String, labels: String, cutoff: String, predict: String
  ) throws(LabError) -> Problem {
    guard let last = dayNumber(cutoff) else { throw .usage("--cutoff '\(cutoff)' is no date YYYY-MM-DD") }
    var indexes: [String: Int] = [:]
    func index(_ name: String) -> Int {
      let next = indexes.count
      return indexes[name]
        ?? {
          indexes[name] = next; return next
        }()
    }
    let purchases = try PurchasesFile.read(path, index: index)
    // Spreadsheets take `00042` for a number and write 42: such an id is found again where only one customer can be meant.
    var spellings: [Substring: String?] = [:]
    for name in indexes.keys {
      spellings.updateValue(spellings[unpadded(name)] == nil ? name : nil, forKey: unpadded(name))
    }
    func known(_ name: String) -> Int {
      if indexes[name] == nil, let spelling = spellings[unpadded(name)], let spelling { return index(spelling) }
      return index(name)
    }
    guard purchases.contains(where: { $0.day <= last }) else {
      throw .input(
        file: path, line: 2, column: 1,
        message: purchases.isEmpty ? "there are no purchases" : "there are no purchases up to \(cutoff)")
    }
    let buyers = Set(purchases.lazy.filter { $0.day <= last }.map(\.customer))
    var labelled: [Int] = []
    var values: [Bool] = []
    var labelOf: [Int: Bool] = [:]
    var file = try CSVFile(labels)
    let id = try file.column("customer_id")
    guard
      let label = file.header.names.indices.first(where: {
        ["churned", "churn", "label"].contains(file.header.names[$0].lowercased())
      })
    else { throw .input(file: labels, line: 1, column: 1, message: "there is no column churned, churn or label") }
    while let row = try file.next() {
      let customer = known(try file.text(row, id))
      let value = try file.label(row, label)
      guard labelOf.updateValue(value, forKey: customer) ?? value == value else {
        throw file.error(row, label, "\(row.string(id)) has another label in a row before")
      }
      labelled.append(customer)
      values.append(value)
    }
    guard labelled.isEmpty || labelled.contains(where: buyers.contains) else {
      throw .input(
        file: labels, line: 2, column: 1, message: "no customer of this file has a purchase up to \(cutoff) in \(path)")
    }
    var wanted = try CSVFile(predict)
    let wantedID = try wanted.column("customer_id")
    var ids: [String] = []
    while let row = try wanted.next() { ids.append(try wanted.text(row, wantedID)) }
    let predicted = ids.map { known($0) }
    let count = indexes.count
    return try modelling(path) { () throws(MachineLearningError) in
      let history = try PurchaseHistory(purchases, customerCount: count, cutoff: last)
      let model = try? PurchaseModel(fitting: history)
      return Problem(
        train: try FeatureTable(history.features(of: labelled, purchaseModel: model)), labels: values,
        predict: try FeatureTable(history.features(of: predicted, purchaseModel: model)), ids: ids,
        idName: "customer_id", file: labels)
    }
  }

  private func fromTable(_ train: String, label: String, id: String, predict: String) throws(LabError) -> Problem {
    let table = try TableFile(train, except: [label, id], label: label)
    let wanted = try TableFile(predict, except: [label, id], id: id, kinds: table.kinds)
    return Problem(
      train: try table.features(), labels: table.labels, predict: try wanted.features(), ids: wanted.ids, idName: id,
      file: train)
  }
}

/// A number without the zeros before it; anything else as it is.
func unpadded(_ name: String) -> Substring {
  guard !name.isEmpty, name.utf8.allSatisfy({ $0 &- 48 < 10 }) else { return name[...] }
  return name.drop { $0 == "0" }
}

/// Runs model code over a file; what the model refuses is told with the file's name.
func modelling<Result>(_ file: String, _ work: () throws(MachineLearningError) -> Result) throws(LabError) -> Result {
  do throws(MachineLearningError) {
    return try work()
  } catch {
    throw .model("\(file): \(error.message)")
  }
}
