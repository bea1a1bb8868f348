import ArgumentParser
import Glibc

@main
struct Customer360: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "customer360", subcommands: [LabCommand.self, LoadCommand.self, SampleCommand.self])

  /// Runs the command that was asked for. A command line that cannot be followed ends with 2, as from other tools.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      printError(fullMessage(for: error))
      Glibc.exit(2)
    }
  }
}
