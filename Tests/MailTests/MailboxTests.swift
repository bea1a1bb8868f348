import Testing

@testable import Mail

@Suite struct MailboxTests {
  private func read(_ text: String, chunk: Int = 1 << 20) throws -> [(Int, String)] {
    var mailbox = Mailbox()
    var entries: [Mailbox.Entry] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: chunk) {
      entries += try mailbox.feed(Array(bytes[start..<min(bytes.count, start + chunk)]))
    }
    entries += try mailbox.finish()
    return entries.map { ($0.line, String(decoding: $0.bytes, as: UTF8.self)) }
  }

  private let two = """
    From a@example.org Fri Mar  1 08:00:00 2024
    From: a@example.org

    From here on it is text.

    From Munich it took long.
    >From the box.
    >>From deeper.
    > From a quote.

    From - Fri, 01 Mar 2024 08:17:00 +0100
    From: b@example.org

    Second.
    """

  @Test(arguments: [1, 2, 7, 64, 1 << 20]) func `messages are cut at envelope lines, whatever the chunks`(chunk: Int)
    throws
  {
    let entries = try read(two, chunk: chunk)
    #expect(entries.map(\.0) == [1, 11])
    #expect(
      entries[0].1
        == "From: a@example.org\n\nFrom here on it is text.\n\nFrom Munich it took long.\nFrom the box.\n>From deeper.\n"
        + "> From a quote.\n\n")
    #expect(entries[1].1 == "From: b@example.org\n\nSecond.")
  }

  @Test func `line ends may be CRLF`() throws {
    #expect(try read(two.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")).count == 2)
  }

  @Test func `an envelope line needs no blank line before it when it is a whole one`() throws {
    let text =
      "From a@b.example Fri Mar 1 08:00:00 2024\nSubject: 1\n\nOne.\nFrom a@b.example Fri Mar 1 08:17:00 2024\nSubject: 2\n\n2"
    #expect(try read(text).map(\.0) == [1, 5])
  }

  @Test func `an empty mailbox has no messages, another file is none`() throws {
    #expect(try read("").isEmpty)
    #expect(try read("\n\n").isEmpty)
    #expect(throws: Mailbox.Failure.notAMailbox(line: 2)) { try read("\nid,text\n1,hello\n") }
  }

  @Test func `a message past the limit is told by its line`() throws {
    var mailbox = Mailbox()
    _ = try mailbox.feed(Array("From a@b.example Fri Mar 1 08:00:00 2024\n".utf8))
    let line = [UInt8](repeating: 0x61, count: 1 << 20)
    #expect(throws: Mailbox.Failure.messageTooLong(line: 1)) {
      for _ in 0..<40 { _ = try mailbox.feed(line) }
    }
  }
}
