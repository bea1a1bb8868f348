import ArgumentParser
import Lab

/// `lab forecast`.
struct LabForecastCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forecast", abstract: "Continue the series of a file, with intervals.")

  @Option(help: "A CSV file with series_id,date,value.")
  var series: String

  @Option(help: "Steps ahead.")
  var horizon: Int

  @Option(help: "Confidence of the interval, between 0 and 1.")
  var confidence = 0.95

  @Option(help: "Threads; the result does not depend on them.")
  var threads = 1

  @Option(help: "Where series_id,step,forecast,lower,upper goes.")
  var out: String

  func run() throws {
    var lab = ForecastLab(series: series, horizon: horizon, output: out)
    lab.confidence = confidence
    lab.threads = threads
    try runLab(lab.run)
  }
}
