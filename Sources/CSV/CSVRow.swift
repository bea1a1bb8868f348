/// One row: a window on the reader's bytes. Cheap to copy; keeps the chunk it stands in alive.
public struct CSVRow: Sendable {
  struct Field: Sendable {
    struct Flags: OptionSet, Sendable {
      let rawValue: UInt8
      static let quoted = Flags(rawValue: 1)
      static let escaped = Flags(rawValue: 2)
    }
    var start: Int
    var end: Int
    var flags: Flags
  }

  /// The bytes that the row is a window on, those of other rows among them.
  public let buffer: [UInt8]
  let fields: [Field]
  /// The physical line on which the row starts, from 1.
  public let line: Int
  /// The offset of the row's first byte in the whole input.
  public let offset: Int
  let start: Int
  let end: Int

  /// The number of fields, at least 1.
  public var count: Int { fields.count }

  /// The row's bytes as they stand in the input, without the line end.
  public var bytes: ArraySlice<UInt8> { buffer[start..<contentEnd] }

  /// Whether the field stood in quotes: tells `""` (an empty text) from nothing at all.
  public func isQuoted(_ index: Int) -> Bool { fields[index].flags.contains(.quoted) }

  /// Whether the field has no bytes.
  public func isEmpty(_ index: Int) -> Bool { fields[index].start == fields[index].end }

  /// The field's bytes, quotes undone. No copy unless the field holds a doubled quote.
  public subscript(_ index: Int) -> ArraySlice<UInt8> {
    let field = fields[index]
    return field.flags.contains(.escaped) ? unescaped(field)[...] : buffer[field.start..<field.end]
  }

  /// Where the row lies in ``buffer``, its line end included.
  public var range: Range<Int> { start..<end }

  /// Where the field's bytes lie in ``buffer``; nil when they hold a doubled quote, which has to be undone.
  public func range(of index: Int) -> Range<Int>? {
    let field = fields[index]
    return field.flags.contains(.escaped) ? nil : field.start..<field.end
  }

  /// Lends the field's bytes, quotes undone.
  public func withCell<R, E: Error>(_ index: Int, _ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    let field = fields[index]
    if field.flags.contains(.escaped) { return try body(unescaped(field).span) }
    return try body(buffer.span.extracting(field.start..<field.end))
  }

  /// The bytes of a field with doubled quotes.
  private func unescaped(_ field: Field) -> [UInt8] {
    var plain: [UInt8] = []
    plain.reserveCapacity(field.end - field.start)
    var position = field.start
    while position < field.end {
      plain.append(buffer[position])
      position += buffer[position] == UInt8(ascii: "\"") ? 2 : 1
    }
    return plain
  }

  /// The field as text; bytes that are not UTF-8 become U+FFFD.
  public func string(_ index: Int) -> String { String(decoding: self[index], as: UTF8.self) }

  /// The field as text, nil when its bytes are not UTF-8.
  public func validString(_ index: Int) -> String? { String(validating: self[index], as: UTF8.self) }

  /// The field as a finite decimal number, blanks around it allowed; nil otherwise.
  public func double(_ index: Int) -> Double? { parseDecimal(self[index]) }

  /// The field as a whole number, blanks around it allowed; nil otherwise and on overflow.
  public func int(_ index: Int) -> Int? { parseInteger(self[index]) }

  /// Where a field starts: physical line and byte in it, from 1. For messages; scans the row.
  public func place(of index: Int) -> (line: Int, column: Int) {
    let field = fields[index]
    return place(at: field.flags.contains(.quoted) ? field.start - 1 : field.start)
  }

  /// Where the row's content ends, as ``place(of:)``.
  var endPlace: (line: Int, column: Int) { place(at: contentEnd) }

  var contentEnd: Int {
    guard let last = fields.last else { return end }
    return last.flags.contains(.quoted) ? last.end + 1 : last.end
  }

  private func place(at position: Int) -> (line: Int, column: Int) {
    var line = self.line
    var lineStart = start
    for index in start..<position {
      let byte = buffer[index]
      if byte == 10 || (byte == 13 && buffer[index + 1] != 10) {
        line += 1
        lineStart = index + 1
      }
    }
    return (line, position - lineStart + 1)
  }
}
