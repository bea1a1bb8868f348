/// An e-mail message: who wrote it, when, about what, and in which own words.
public struct MailMessage: Sendable {
  /// Message-ID as written, with its brackets.
  public let messageID: String?
  /// The first mailbox of From; else that of Sender, of Reply-To.
  public let from: MailAddress?
  /// The first mailbox of To.
  public let to: MailAddress?
  /// Decoded, on one line; empty without one.
  public let subject: String
  /// Seconds since 1970 of the Date header; without one, of the latest Received header.
  public let date: Int64?
  /// Message-ID of the message that this one answers.
  public let inReplyTo: String?
  /// Whether a program wrote it (RFC 3834): an out-of-office note, a delivery report.
  public let isAutomatic: Bool
  /// The sender's own words, in paragraphs; empty if there are none.
  public let text: String

  /// Reads a message. Only bytes that are no message at all, or exceed `MailLimits`, are refused: whatever else is broken is read
  /// as well as it can be. Linear in the length.
  public init(parsing bytes: [UInt8]) throws(MailError) {
    let message = try MIMEMessage(parsing: bytes)
    guard Self.hasHeader(bytes) else { throw .notAMessage }
    messageID = message.header("Message-ID").map(Self.firstWord)
    from =
      message.firstAddress("From") ?? MailAddress(looseIn: message.header("From") ?? "")
      ?? message.firstAddress("Sender") ?? message.firstAddress("Reply-To")
    to = message.firstAddress("To")
    subject = Self.onOneLine(message.header("Subject") ?? "")
    date = message.date()
    inReplyTo = message.header("In-Reply-To").map(Self.firstWord)
    let automatic = message.header("Auto-Submitted")?.lowercased() ?? "no"
    isAutomatic = !automatic.hasPrefix("no") || message.header("X-Autoreply") != nil
    text = Unwrapping.text(OwnWords.lines(of: try Self.body(of: message), sender: from?.name))
  }

  /// The lines of the body's parts.
  private static func body(of message: borrowing MIMEMessage) throws(MailError) -> [TextLine] {
    var decoded: [Int: [TextLine]] = [:]
    var bytesLeft = MailLimits.textBytesMax
    var parts = message.parts
    // RFC 2045 §5.2: a type that cannot be read is text/plain.
    if parts.count == 1, let type = message.header("Content-Type"), !type.utf8.contains(0x2F) {
      parts[0].type = "text/plain"
    }
    func lines(of leaf: Int) throws(MailError) -> [TextLine] {
      if let known = decoded[leaf] { return known }
      let content = try message.content(of: leaf, countMax: bytesLeft)
      bytesLeft -= content.count
      let part = parts[leaf]
      let isHTML = part.type == "text/html"
      let declared = part.charset ?? (isHTML ? Charset.named(inHTML: content) : nil)
      let text = try Charset.decode(content, declared: declared)
      let lines =
        isHTML
        ? HTMLText.lines(text) : PlainText.lines(text, isFlowed: part.isFlowed, deletesSpace: part.deletesSpace)
      decoded[leaf] = lines
      return lines
    }
    let leaves = try BodyChoice(parts: parts).leaves { leaf throws(MailError) in
      let found = try lines(of: leaf)
      return found.allSatisfy(\.isBlank) || (leaf < parts.count - 1 && isStandIn(found))
    }
    var body: [TextLine] = []
    for leaf in leaves {
      // Parts that follow each other are shown with a line between.
      if !body.isEmpty { body.append(TextLine(text: "")) }
      body += try lines(of: leaf)
    }
    return body
  }

  /// Whether a plain text says only that the message is in HTML, in place of its words.
  private static func isStandIn(_ lines: [TextLine]) -> Bool {
    let textBytesMax = 300
    let text = FoldedText(lines.map(\.text).joined(separator: " "))
    return text.count <= textBytesMax && text.containsWord(html) && text.contains(anyOf: viewers)
  }

  private static let html = FoldedText("html")
  private static let viewers = FoldedText.phrases([
    "viewer", "email client", "mail client", "e-mail client", "mail program", "mailprogramm", "e-mail-programm",
    "does not support", "unterstützt", "browser", "messagerie", "enable html", "client de", "e-mailprogramma",
  ])

  /// Whether the bytes begin with a header field (RFC 5322 §2.2), or with the envelope line of a mailbox.
  private static func hasHeader(_ bytes: [UInt8]) -> Bool {
    if bytes.starts(with: Array("From ".utf8)) { return true }
    return MIMEMessage.isField(bytes.drop { $0 == 0x0A || $0 == 0x0D })
  }

  private static func firstWord(_ text: String) -> String {
    String(text.unicodeScalars.prefix { !$0.properties.isWhitespace })
  }

  private static func onOneLine(_ text: String) -> String {
    text.unicodeScalars.split { $0.properties.isWhitespace }.map { String($0) }.joined(separator: " ")
  }
}
