import MachineLearning
import Mail

/// `lab email`: what the writers of a mailbox said.
public struct EmailLab: Sendable {
  /// An mbox file.
  public var mailbox: String
  /// Where `message_id,from_email,subject,text,score` goes, in the order of the file.
  public var output: String

  /// A command over a mailbox.
  public init(mailbox: String, output: String) {
    self.mailbox = mailbox
    self.output = output
  }

  /// Reads the mailbox message by message and writes a row for each. A field that a message does not have is empty.
  public func run() throws(LabError) -> Report {
    var counts = (messages: 0, withoutSender: 0, withoutText: 0)
    let (_, seconds) = try measured { () throws(LabError) in
      var source = try FileSource(mailbox)
      var reader = Mailbox()
      var scorer = SentimentScorer(.shipped)
      var file = try OutputFile(output, header: ["message_id", "from_email", "subject", "text", "score"])
      while true {
        let chunk = try source.read(1 << 20)
        for entry in try next(&reader, chunk) {
          let message = try parse(entry)
          counts.messages += 1
          if message.from == nil { counts.withoutSender += 1 }
          if message.text.isEmpty { counts.withoutText += 1 }
          try file.row {
            $0.field(message.messageID ?? "")
            $0.field(message.from?.address ?? "")
            $0.field(message.subject)
            $0.field(message.text)
            $0.field(scorer.score(utf8: Array(message.text.utf8)).score)
          }
        }
        if chunk.isEmpty { break }
      }
      try file.finish()
    }
    var report = Report()
    report.add("seconds", seconds)
    report.add("messages", counts.messages)
    report.add("without_sender", counts.withoutSender)
    report.add("without_text", counts.withoutText)
    return report
  }

  /// The messages that a chunk completes; an empty chunk is the end.
  private func next(_ reader: inout Mailbox, _ chunk: [UInt8]) throws(LabError) -> [Mailbox.Entry] {
    do throws(Mailbox.Failure) {
      return chunk.isEmpty ? try reader.finish() : try reader.feed(chunk)
    } catch {
      switch error {
      case .notAMailbox(let line):
        throw .input(file: mailbox, line: line, column: 1, message: "this is no mbox: it must begin with 'From '")
      case .messageTooLong(let line):
        throw .input(file: mailbox, line: line, column: 1, message: MailError.messageTooLong.message)
      }
    }
  }

  private func parse(_ entry: Mailbox.Entry) throws(LabError) -> MailMessage {
    do throws(MailError) {
      return try MailMessage(parsing: entry.bytes)
    } catch {
      throw .input(file: mailbox, line: entry.line, column: 1, message: error.message)
    }
  }
}
