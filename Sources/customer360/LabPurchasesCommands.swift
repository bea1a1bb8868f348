import ArgumentParser
import Lab

/// `lab rfm`.
struct LabRFMCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rfm", abstract: "Recency, frequency and monetary value in quintiles, from purchases.")

  @Option(help: "Purchases: customer_id,date,quantity,amount.")
  var transactions: String

  @Option(help: "The last day (YYYY-MM-DD) that counts; else the last of the file.")
  var cutoff: String?

  @Option(help: "Where a row for each customer goes.")
  var out: String

  func run() throws {
    var lab = PurchasesLab(.rfm, transactions: transactions, output: out)
    lab.cutoff = cutoff
    try runLab(lab.run)
  }
}

/// `lab clv`.
struct LabCLVCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clv", abstract: "Customer lifetime value by BG/NBD and gamma-gamma, from purchases.")

  @Option(help: "Purchases: customer_id,date,quantity,amount.")
  var transactions: String

  @Option(help: "The last day (YYYY-MM-DD) that counts; else the last of the file.")
  var cutoff: String?

  @Option(help: "Days ahead.")
  var horizon = 365

  @Option(help: "Where a row for each customer goes.")
  var out: String

  func run() throws {
    var lab = PurchasesLab(.lifetimeValue(horizonDays: horizon), transactions: transactions, output: out)
    lab.cutoff = cutoff
    try runLab(lab.run)
  }
}
