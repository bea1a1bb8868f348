import ArgumentParser
import Lab

/// `customer360 lab …`: models on files, without a database.
struct LabCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lab", abstract: "Train and judge models on files, without a database.",
    subcommands: [
      LabKMeansCommand.self,
      LabFactorizationCommand.self,
      LabMatchCommand.self,
      LabChurnCommand.self,
      LabForecastCommand.self,
      LabRFMCommand.self,
      LabCLVCommand.self,
      LabEmailCommand.self,
      LabSentimentCommand.self,
      LabSentimentTrainingCommand.self,
    ])
}

/// Runs a lab command: its report goes to stdout as the last line; what is wrong with the input goes to stderr, with exit code 2.
func runLab(_ work: () throws(LabError) -> Report) throws {
  do throws(LabError) {
    print(try work().json)
  } catch {
    printError("error: \(error.message)")
    throw ExitCode(error.exitCode)
  }
}
