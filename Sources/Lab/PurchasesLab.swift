import CSV
import MachineLearning

/// `lab rfm` and `lab clv`: what purchases say of customers.
public struct PurchasesLab: Sendable {
  /// What is computed.
  public enum Question: Sendable, Equatable {
    /// Recency, frequency and monetary value in quintiles.
    case rfm
    /// BG/NBD with gamma-gamma: purchases and money expected in so many days, 1...36,500.
    case lifetimeValue(horizonDays: Int)
  }

  /// What is computed.
  public var question: Question
  /// Purchases: `customer_id,date,quantity,amount`.
  public var transactions: String
  /// The last day that counts, `YYYY-MM-DD`; nil is the last day of the file.
  public var cutoff: String?
  /// Where a row for each customer goes who bought until then, in the order of their first appearance in the file.
  public var output: String

  /// A command over a file.
  public init(_ question: Question, transactions: String, output: String) {
    self.question = question
    self.transactions = transactions
    self.output = output
  }

  /// Fits, writes the rows, and tells what was fitted.
  public func run() throws(LabError) -> Report {
    if case .lifetimeValue(let days) = question, !(1...36_500).contains(days) {
      throw .usage("--horizon must be 1...36500 days")
    }
    var indexes: [String: Int] = [:]
    var ids: [String] = []
    let purchases = try PurchasesFile.read(transactions) { name in
      if let index = indexes[name] { return index }
      indexes[name] = ids.count
      ids.append(name)
      return ids.count - 1
    }
    let last = try lastDay(purchases)
    let history = try modelling(transactions) { () throws(MachineLearningError) in
      try PurchaseHistory(purchases, customerCount: ids.count, cutoff: last)
    }
    var report = Report()
    let buyers = history.summaries.count { $0.frequency > 0 }
    switch question {
    case .rfm: try rfm(ids, history, &report)
    case .lifetimeValue(let days): try lifetimeValue(ids, history, days: days, &report)
    }
    report.add("customers", buyers)
    report.add("repeat_buyers", history.summaries.count { $0.frequency > 1 })
    report.add("purchase_days", history.summaries.reduce(0) { $0 + $1.frequency })
    return report
  }

  private func lastDay(_ purchases: [PurchaseHistory.Purchase]) throws(LabError) -> Int {
    if let cutoff {
      guard let day = dayNumber(cutoff) else { throw .usage("--cutoff '\(cutoff)' is no date YYYY-MM-DD") }
      return day
    }
    guard let last = purchases.map(\.day).max() else {
      throw .input(file: transactions, line: 2, column: 1, message: "there are no purchases")
    }
    return last
  }

  // MARK: RFM

  private func rfm(_ ids: [String], _ history: PurchaseHistory, _ report: inout Report) throws(LabError) {
    let (model, seconds) = try measured { () throws(LabError) in
      try modelling(transactions) { () throws(MachineLearningError) in try RFMModel(fitting: history) }
    }
    var file = try OutputFile(
      output,
      header: [
        "customer_id", "recency_days", "purchase_days", "total_amount", "recency", "frequency", "monetary", "code",
        "segment",
      ])
    var sizes: [String: Int] = [:]
    for (id, summary) in zip(ids, history.summaries) {
      guard let score = model.score(summary, cutoff: history.cutoff), let last = summary.days.last else { continue }
      sizes[score.segment, default: 0] += 1
      try file.row {
        $0.field(id)
        $0.field(String(history.cutoff - last))
        $0.field(String(summary.frequency))
        $0.field(summary.total)
        for value in [score.recency, score.frequency, score.monetary] { $0.field(String(value)) }
        $0.field(score.code)
        $0.field(score.segment)
      }
    }
    try file.finish()
    report.add("fit_seconds", seconds)
    var segments = Report()
    for (name, size) in sizes.sorted(by: { $0.key < $1.key }) { segments.add(name, size) }
    report.add("segment_sizes", segments)
  }

  // MARK: Lifetime value

  private func lifetimeValue(
    _ ids: [String], _ history: PurchaseHistory, days: Int, _ report: inout Report
  ) throws(LabError) {
    let begun = processorSeconds()
    let (model, seconds) = try measured { () throws(LabError) in
      try modelling(transactions) { () throws(MachineLearningError) in try PurchaseModel(fitting: history) }
    }
    let processor = processorSeconds() - begun
    var file = try OutputFile(
      output,
      header: [
        "customer_id", "repeat_purchases", "alive_probability", "expected_purchases", "expected_order_value",
        "lifetime_value",
      ])
    var total = 0.0
    for (id, summary) in zip(ids, history.summaries) where summary.frequency > 0 {
      let record = PurchaseModel.Record(summary, cutoff: history.cutoff)
      let expected = model.expectedPurchases(record, days: Double(days))
      let mean = summary.amounts.dropFirst().reduce(0, +) / Double(max(1, record.repeats))
      let amount = model.expectedAmount(repeats: record.repeats, mean: mean)
      total += expected
      try file.row {
        $0.field(id)
        $0.field(String(record.repeats))
        $0.field(model.aliveProbability(record))
        $0.field(expected)
        // Without a model of spending there is no money to tell of.
        if let amount {
          $0.field(amount)
          $0.field(amount * expected)
        } else {
          $0.field("")
          $0.field("")
        }
      }
    }
    try file.finish()
    report.add("fit_seconds", seconds)
    report.add("fit_cpu_seconds", processor)
    report.add("horizon_days", days)
    report.add("expected_purchases", total)
    for (name, value) in [("r", model.r), ("alpha", model.alpha), ("a", model.a), ("b", model.b)] {
      report.add(name, value)
    }
    for (name, value) in zip(["p", "q", "v"], model.spending ?? []) { report.add(name, value) }
  }
}
