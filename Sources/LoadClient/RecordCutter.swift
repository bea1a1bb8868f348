/// Where the last whole record of a growing file ends, counting up to so many records. Pure; begins at the start of a record.
struct RecordCutter {
  /// How records end.
  enum Form: Sendable { case lines, rows }

  private enum State { case fieldStart, unquoted, quoted, quoteInQuoted }

  private let form: Form
  private let recordsMax: Int
  private var state = State.fieldStart
  /// Bytes looked at, and of them those of whole records, with their lines.
  private(set) var scanned = 0
  private(set) var end = 0
  private(set) var lines = 0
  private var linesSeen = 0

  private var records = 0

  /// Whether no more records are wanted.
  var isFull: Bool { records >= recordsMax }

  init(_ form: Form, recordsMax: Int) {
    self.form = form
    self.recordsMax = recordsMax
  }

  /// Looks at the next bytes. A line end inside the quotes of a row ends nothing.
  mutating func scan(_ bytes: borrowing Span<UInt8>) {
    var index = 0
    while index < bytes.count, !isFull {
      let byte = bytes[index]
      index += 1
      scanned += 1
      if byte == UInt8(ascii: "\n") { linesSeen += 1 }
      if form == .lines {
        if byte == UInt8(ascii: "\n") { endRecord() }
        continue
      }
      switch (state, byte) {
      case (.fieldStart, UInt8(ascii: "\"")): state = .quoted
      case (.quoted, UInt8(ascii: "\"")): state = .quoteInQuoted
      case (.quoteInQuoted, UInt8(ascii: "\"")): state = .quoted
      case (.quoted, _): break
      case (_, UInt8(ascii: "\n")):
        state = .fieldStart
        endRecord()
      case (_, UInt8(ascii: ",")): state = .fieldStart
      default: state = .unquoted
      }
    }
  }

  private mutating func endRecord() {
    (end, lines) = (scanned, linesSeen)
    records += 1
  }
}
