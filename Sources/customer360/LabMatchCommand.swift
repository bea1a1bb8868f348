import ArgumentParser
import Lab

/// `lab match`.
struct LabMatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "match", abstract: "Find which records of a file are one person.")

  @Option(
    help:
      "A CSV file with a header: record_id and any of source, given_name, surname, email, phone, date_of_birth, street, city, state, postcode, loyalty_id, updated_at."
  )
  var records: String

  @Option(help: "A JSON file with columns, threshold, block_records_max or component_records_max.")
  var rules: String?

  @Option(help: "Threads; the result does not depend on them.")
  var threads = 1

  @Option(help: "Where record_id,cluster_id goes.")
  var out: String

  @Option(help: "Where the golden records go, one for each cluster.")
  var golden: String?

  func run() throws {
    var lab = MatchLab(records: records, output: out)
    lab.rules = rules
    lab.golden = golden
    lab.threads = threads
    try runLab(lab.run)
  }
}
