import ArgumentParser
import Lab

/// `lab email`.
struct LabEmailCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "email",
    abstract: "Read what the writers of a mailbox said, without quotes, signatures and attachments.")

  @Option(help: "An mbox file.")
  var mbox: String

  @Option(help: "Where message_id,from_email,subject,text,score goes.")
  var out: String

  func run() throws {
    try runLab(EmailLab(mailbox: mbox, output: out).run)
  }
}
