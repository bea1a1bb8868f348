/// Renders rows as RFC 4180 text with LF line ends.
public struct CSVWriter: Sendable {
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []
  private var isAtRowStart = true
  private var lastFieldWasEmpty = false

  /// An empty text.
  public init(reservingCapacity capacity: Int = 4096) { bytes.reserveCapacity(capacity) }

  /// Adds a field, quoted when it holds a comma, a quote or a line end.
  public mutating func field(_ text: some StringProtocol) { field(utf8: text.utf8) }

  /// Adds a field of UTF-8 bytes.
  public mutating func field(utf8 text: some Collection<UInt8>) {
    separate()
    lastFieldWasEmpty = text.isEmpty
    let needsQuotes = text.contains { $0 == 44 || $0 == 34 || $0 == 10 || $0 == 13 }
    guard needsQuotes else {
      bytes.append(contentsOf: text)
      return
    }
    bytes.append(34)
    for byte in text {
      if byte == 34 { bytes.append(34) }
      bytes.append(byte)
    }
    bytes.append(34)
  }

  /// Adds a whole number.
  public mutating func field(_ number: Int) { field(utf8: String(number).utf8) }

  /// Adds a number in its shortest form that reads back equal.
  public mutating func field(_ number: Double) { field(utf8: "\(number)".utf8) }

  /// Adds a number in its shortest form that reads back equal.
  public mutating func field(_ number: Float) { field(utf8: "\(number)".utf8) }

  /// Ends the row.
  public mutating func endRow() {
    // A single empty field would be a blank line, which readers skip.
    if lastFieldWasEmpty, bytes.last.map({ $0 == 10 }) ?? true { bytes.append(contentsOf: [34, 34]) }
    bytes.append(10)
    isAtRowStart = true
    lastFieldWasEmpty = false
  }

  /// Adds a whole row.
  public mutating func row(_ fields: some Sequence<String>) {
    for text in fields { field(text) }
    endRow()
  }

  /// Hands over the bytes and starts afresh: for writing a large text in pieces.
  public mutating func take() -> [UInt8] {
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes
  }

  private mutating func separate() {
    if !isAtRowStart { bytes.append(44) }
    isAtRowStart = false
  }
}
