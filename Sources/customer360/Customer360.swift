import ArgumentParser
import Glibc
import Service

@main
struct Customer360: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "customer360",
    abstract: "A single, correct, live view of every customer, beside MongoDB.",
    version: ServiceVersion.current,
    subcommands: [
      ServeCommand.self, LoadCommand.self, PullCommand.self, TrainCommand.self, RebuildCommand.self, ExportCommand.self,
      DemoCommand.self,
      KeysCommand.self, DoctorCommand.self, ProfileCommand.self, LabCommand.self, SampleCommand.self,
      ModelsCommand.self,
    ])

  /// Runs the command that was asked for. A command line that cannot be followed ends with 2, as from other tools.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as Failure {
      printError("customer360: \(failure.description)")
      Glibc.exit(1)
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      printError(fullMessage(for: error))
      Glibc.exit(2)
    }
  }
}
