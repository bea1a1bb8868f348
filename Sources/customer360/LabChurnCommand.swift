import ArgumentParser
import Lab

/// `lab churn`.
struct LabChurnCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "churn", abstract: "The chance that a customer leaves, from purchases or from a table of features.")

  @Option(help: "Purchases: customer_id,date,quantity,amount.")
  var transactions: String?

  @Option(help: "With --transactions: customer_id and churned.")
  var labels: String?

  @Option(help: "With --transactions: the last day (YYYY-MM-DD) that features may know.")
  var cutoff: String?

  @Option(help: "A table of features with a label and an id column.")
  var train: String?

  @Option(help: "With --train: the label's column (1/0, yes/no, true/false).")
  var label: String?

  @Option(help: "With --train: the id's column.")
  var id: String?

  @Option(help: "The customers or rows to predict.")
  var predict: String

  @Option(help: "Seed of everything random.")
  var seed: UInt64 = 0

  @Option(help: "Threads; the result does not depend on them.")
  var threads = 1

  @Option(help: "Where id,probability goes.")
  var out: String

  func run() throws {
    let source: ChurnLab.Source
    if let transactions, let labels, let cutoff, train == nil {
      source = .transactions(transactions, labels: labels, cutoff: cutoff, predict: predict)
    } else if let train, let label, let id, transactions == nil {
      source = .table(train: train, label: label, id: id, predict: predict)
    } else {
      throw ValidationError("Give --transactions, --labels and --cutoff, or --train, --label and --id.")
    }
    var lab = ChurnLab(source: source, output: out)
    lab.seed = seed
    lab.threads = threads
    try runLab(lab.run)
  }
}
