import ArgumentParser
import Glibc
import Lab

/// `customer360 lab …`: models on files, without a database.
struct LabCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lab", abstract: "Train and judge models on files, without a database.",
    subcommands: [LabKMeansCommand.self, LabFactorizationCommand.self, LabMatchCommand.self])
}

/// Runs a lab command: its report goes to stdout as the last line; what is wrong with the input goes to stderr, with exit code 2.
func runLab(_ work: () throws(LabError) -> Report) throws {
  do throws(LabError) {
    print(try work().json)
  } catch {
    try? FileDescriptorOutput.standardError.write("error: \(error.message)\n")
    throw ExitCode(error.exitCode)
  }
}

/// Text to a descriptor that the process inherited.
struct FileDescriptorOutput {
  static let standardError = FileDescriptorOutput(descriptor: STDERR_FILENO)
  let descriptor: Int32

  struct WriteFailed: Error {}

  func write(_ text: String) throws(WriteFailed) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      // Reads `rest` within its bounds.
      let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw WriteFailed() }
      rest = rest.dropFirst(written)
    }
  }
}
