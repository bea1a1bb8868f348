/// Reads JSON of a shape that its reader knows beforehand, from bytes to values, and builds nothing on the way.
///
/// It takes plain text alone: ASCII strings without escapes, numbers that a document would hold. Whatever else stands there, wrong or only
/// unusual, is "not plain": the reader gives up, and ``JSONDecoding`` reads the same bytes and says what they are. So it need not know a
/// single error, and may only be used where that other way gives the same values.
public struct JSONPlainReader {
  /// Index of the next byte.
  public private(set) var position = 0

  /// A reader at the beginning of a text.
  public init() {}

  /// Moves past white space and this byte; false, when another stands there.
  public mutating func take(_ byte: UInt8, _ json: borrowing Span<UInt8>) -> Bool {
    guard next(json) == byte else { return false }
    position += 1
    return true
  }

  /// The next byte that is no white space, which is skipped; nil at the end.
  public mutating func next(_ json: borrowing Span<UInt8>) -> UInt8? {
    while position < json.count, isWhiteSpace(json[position]) { position += 1 }
    return position < json.count ? json[position] : nil
  }

  /// Moves past white space and a word such as `null`; false, when it does not stand there.
  public mutating func take(word: StaticString, _ json: borrowing Span<UInt8>) -> Bool {
    guard next(json) != nil, let end = literalEnd(word, json, at: position) else { return false }
    position = end
    return true
  }

  /// Where the bytes of the plain string lie that comes next; nil, when it is not plain.
  public mutating func string(_ json: borrowing Span<UInt8>) -> Range<Int>? {
    guard take(UInt8(ascii: "\""), json) else { return nil }
    let start = position
    while position < json.count {
      let byte = json[position]
      position += 1
      if byte == UInt8(ascii: "\"") { return start..<(position - 1) }
      guard byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "\\") else { return nil }
    }
    return nil
  }

  /// The number that comes next; nil, when a document would refuse it.
  public mutating func number(_ json: borrowing Span<UInt8>) -> Double? {
    guard let first = next(json), first == UInt8(ascii: "-") || (first >= 0x30 && first <= 0x39) else { return nil }
    let (value, end) = plainNumber(json, at: position)
    position = end
    return value
  }
}
