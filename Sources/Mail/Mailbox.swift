/// Cuts an mbox (RFC 4155) into messages, as its bytes come in. A message begins at a line "From " that follows the start or a
/// blank line; ">From " inside a message loses one mark (mboxrd). Holds one message.
public struct Mailbox: Sendable {
  /// A message of a mailbox.
  public struct Entry: Sendable {
    /// The message's bytes, without its "From " line.
    public var bytes: [UInt8]
    /// The line of the mailbox on which its "From " line stands, from 1.
    public var line: Int
  }

  /// Why a mailbox cannot be read on.
  public enum Failure: Error, Sendable, Equatable {
    /// The first line does not begin with "From ".
    case notAMailbox(line: Int)
    /// The message that begins on this line is longer than `MailLimits.messageBytesMax`.
    case messageTooLong(line: Int)
  }

  private static let mark = Array("From ".utf8)

  /// Bytes that no line end has followed yet.
  private var pending: [UInt8] = []
  private var message: [UInt8] = []
  private var messageLine = 0
  private var line = 0
  private var isAfterBlank = true
  private var hasStarted = false

  /// A mailbox of which nothing was read yet.
  public init() {}

  /// Takes the next bytes and gives the messages that they complete.
  public mutating func feed(_ bytes: [UInt8]) throws(Failure) -> [Entry] {
    var entries: [Entry] = []
    var start = bytes.startIndex
    while let end = bytes[start...].firstIndex(of: 0x0A) {
      if pending.isEmpty {
        try take(bytes[start...end], &entries)
      } else {
        pending += bytes[start...end]
        let whole = pending
        pending.removeAll(keepingCapacity: true)
        try take(whole[...], &entries)
      }
      start = end + 1
    }
    pending += bytes[start...]
    guard pending.count + message.count <= MailLimits.messageBytesMax else { throw .messageTooLong(line: messageLine) }
    return entries
  }

  /// The last messages, once all bytes were fed.
  public mutating func finish() throws(Failure) -> [Entry] {
    var entries: [Entry] = []
    if !pending.isEmpty {
      let whole = pending
      pending = []
      try take(whole[...], &entries)
    }
    if hasStarted { entries.append(takeMessage()) }
    hasStarted = false
    return entries
  }

  private mutating func take(_ bytes: ArraySlice<UInt8>, _ entries: inout [Entry]) throws(Failure) {
    line += 1
    let isBlank = bytes.allSatisfy { $0 == 0x0A || $0 == 0x0D }
    if bytes.starts(with: Self.mark), Self.isEnvelope(bytes, isAfterBlank: isAfterBlank) || !hasStarted {
      if hasStarted { entries.append(takeMessage()) }
      hasStarted = true
      messageLine = line
      isAfterBlank = false
      return
    }
    guard hasStarted else {
      if isBlank { return }
      throw .notAMailbox(line: line)
    }
    message += Self.unescaped(bytes)
    isAfterBlank = isBlank
    guard message.count <= MailLimits.messageBytesMax else { throw .messageTooLong(line: messageLine) }
  }

  private mutating func takeMessage() -> Entry {
    defer { message = [] }
    return Entry(bytes: message, line: messageLine)
  }

  /// Whether a "From " line in the middle is one of the mailbox rather than a sentence: it holds a time; after a line that is
  /// not blank, a year too.
  private static func isEnvelope(_ line: ArraySlice<UInt8>, isAfterBlank: Bool) -> Bool {
    let words = line.split { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }.dropFirst(2)
    let numbers = words.filter { word in word.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x3A } }
    guard numbers.contains(where: { $0.count >= 4 && $0.contains(0x3A) }) else { return false }
    return isAfterBlank || (words.count >= 5 && numbers.contains { $0.count == 4 && !$0.contains(0x3A) })
  }

  private static func unescaped(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard line.first == 0x3E else { return line }
    return line.drop { $0 == 0x3E }.starts(with: mark) ? line.dropFirst() : line
  }
}
