import ArgumentParser

@main
struct Customer360: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "customer360", subcommands: [LabCommand.self, SampleCommand.self])
}
