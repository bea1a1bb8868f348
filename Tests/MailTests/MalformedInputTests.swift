import Testing

@testable import Mail

/// Whatever comes in, the answer is a message or an error, in linear time.
@Suite struct MalformedInputTests {
  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  private static let pieces = [
    "From: ", "From a@b.example Fri Mar 1 08:00:00 2024\n", "Content-Type: multipart/mixed; boundary=b\n", "\n--b\n",
    "\n--b--\n",
    "Content-Type: text/html; charset=", "utf-7", "iso-2022-jp", "utf-8\n\n", "Content-Transfer-Encoding: base64\n",
    "=?utf-8?q?",
    "=?=", "<blockquote>", "</blockquote>", "<div id=\"divRplyFwdMsg\">", "<!--", "-->", "<", ">", "&#x", ";", "\n> ",
    "\n>>> ",
    "\nOn 5 Mar 2024, at 09:14, x wrote:\n", "\n-- \n", "\nFrom: a\nTo: b\nSubject: c\n", "\u{0}", "é", "\r", "\n", " ",
    "word ",
    "begin 644 x\n", "Sent from my iPhone\n", "-----Original Message-----\n", "<td>", "</td>", "<table>", "<style>",
    "a@b.example",
  ]

  @Test func `5,000 broken messages do no harm`() {
    var generator = Generator(state: 7)
    var readable = 0
    var failures: [MailError: Int] = [:]
    for _ in 0..<5_000 {
      var bytes = Array("Subject: x\n".utf8)
      for _ in 0..<Int.random(in: 0..<60, using: &generator) {
        if Int.random(in: 0..<8, using: &generator) == 0 {
          bytes.append(UInt8.random(in: 0...255, using: &generator))
        } else {
          bytes += Array(Self.pieces.randomElement(using: &generator)!.utf8)
        }
      }
      do {
        let message = try MailMessage(parsing: bytes)
        readable += 1
        #expect(message.text.utf8.count <= bytes.count * 4)
      } catch {
        failures[error, default: 0] += 1
      }
    }
    #expect(readable == 5_000, "\(failures)")
  }

  @Test(arguments: [
    "> ", "<div>", "</div>", "<b", "&#", "&amp;", "<!--", "On 5 Mar 2024 wrote:\n", "From: a@b.example\n", "-- \n",
    "a ", "\n", "—\n",
    "_______________\n", "<blockquote><td>", "word\nOn\n", "x:\n", "Best regards\n", "a@b.example 9:14 2024\n",
  ]) func `time grows with the length only`(piece: String) throws {
    func seconds(_ count: Int, _ type: String) throws -> Double {
      let body = String(repeating: piece, count: count)
      let duration = try ContinuousClock().measure { _ = try message(body, type: type) }
      return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }
    for type in ["text/plain", "text/html"] {
      let count = 100_000 / piece.utf8.count
      // Generous for a debug build on a busy machine; quadratic time takes minutes.
      #expect(try seconds(count, type) < 20)
    }
  }

  @Test(arguments: ["From", "SENDER", "Reply-To", "to", "Cc", "Bcc", "To \t"], ["", "> ", "\r\n "])
  func `groups within groups are refused before they are read`(name: String, between: String) throws {
    func mail(_ groups: Int) -> [UInt8] {
      let addresses = String(repeating: "g:\(between)", count: groups) + " a@b.example;"
      return Array("Subject: x\r\n\(name): \(addresses)\r\n\r\nHello.".utf8)
    }
    _ = try MailMessage(parsing: mail(AddressFields.colonsMax - 1))
    for groups in [AddressFields.colonsMax, 5_000, 500_000] {
      #expect(throws: MailError.tooManyParts) { try MailMessage(parsing: mail(groups)) }
    }
    // In a message inside the message, too.
    let inner = Array("Subject: x\r\nContent-Type: message/rfc822\r\n\r\n".utf8) + mail(5_000)
    #expect(throws: MailError.tooManyParts) { try MailMessage(parsing: inner) }
  }

  @Test func `colons elsewhere are as many as there are`() throws {
    let times = String(repeating: "10:00 ", count: 2_000)
    let fields = "From: a@b.example\r\nX-Times: \(times)\r\nTo: Team: a@b.example;"
    let message = try MailMessage(parsing: Array("\(fields)\r\n\r\nTotal: 1\r\n\(times)\r\n".utf8))
    #expect(message.from?.address == "a@b.example" && message.text.contains("10:00"))
  }
}
