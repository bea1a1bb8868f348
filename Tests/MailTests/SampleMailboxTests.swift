import Foundation
import Testing

@testable import Mail

/// Where the sample mailbox stands.
private enum SampleMailbox {
  static let folder = (ProcessInfo.processInfo.environment["CUSTOMER360_DATA"] ?? "../shared/data") + "/emails"
  static var isThere: Bool { FileManager.default.isReadableFile(atPath: folder + "/gold.json") }
}

/// The sample mailbox: who wrote, and which words are theirs.
@Suite(.enabled(if: SampleMailbox.isThere, "the sample data is not there: set CUSTOMER360_DATA"))
struct SampleMailboxTests {
  private struct Gold: Decodable {
    var message_id: String
    var from_email: String
    var subject: String
    var text: String
  }

  private static func counts(_ text: String) -> [Substring: Int] {
    var counts: [Substring: Int] = [:]
    for word in text.split(whereSeparator: \.isWhitespace) { counts[word, default: 0] += 1 }
    return counts
  }

  /// The harmonic mean of precision and recall over words.
  private static func agreement(_ ours: String, _ theirs: String) -> Double {
    let (left, right) = (counts(ours), counts(theirs))
    let common = left.reduce(0) { $0 + min($1.value, right[$1.key] ?? 0) }
    let total = left.values.reduce(0, +) + right.values.reduce(0, +)
    return total == 0 ? 1 : 2 * Double(common) / Double(total)
  }

  @Test func `senders are found and texts agree with those that people cut`() throws {
    let gold = try JSONDecoder().decode(
      [Gold].self, from: Data(contentsOf: URL(filePath: SampleMailbox.folder + "/gold.json")))
    var mailbox = Mailbox()
    var entries = try mailbox.feed(Array(Data(contentsOf: URL(filePath: SampleMailbox.folder + "/customers.mbox"))))
    entries += try mailbox.finish()
    #expect(entries.count == gold.count)
    var agreements: [Double] = []
    for (entry, gold) in zip(entries, gold) {
      let message = try MailMessage(parsing: entry.bytes)
      #expect(message.messageID == gold.message_id)
      #expect(message.from?.address == gold.from_email)
      #expect(message.subject == gold.subject)
      agreements.append(Self.agreement(message.text, gold.text))
    }
    #expect(agreements.reduce(0, +) / Double(agreements.count) >= 0.99)
    #expect(Double(agreements.count { $0 >= 0.98 }) >= 0.92 * Double(agreements.count))
  }

  @Test func `replies as real programs write them say Hello`() throws {
    let replies = SampleMailbox.folder + "/reply_formats"
    let names = try FileManager.default.contentsOfDirectory(atPath: replies).filter { $0.hasSuffix(".eml") }
    #expect(!names.isEmpty)
    for name in names {
      let message = try MailMessage(parsing: Array(Data(contentsOf: URL(filePath: "\(replies)/\(name)"))))
      #expect(message.text == "Hello", "\(name)")
    }
  }
}
