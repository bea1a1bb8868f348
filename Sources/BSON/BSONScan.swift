/// Reading bytes that live elsewhere, such as the driver's buffer, without copying them: one field at a time.
public enum BSONScan {
  /// Where a field lies; offsets into the span that was scanned.
  public struct Field {
    /// The type byte.
    public let type: BSONType
    /// The key's bytes, without the NUL.
    public let key: Range<Int>
    /// The value's bytes.
    public let value: Range<Int>

    /// The field whose type byte stands at `start` and whose value ends before `end`.
    init(_ type: BSONType, from start: Int, keyCount: Int, to end: Int) {
      self.init(type: type, key: start + 1..<start + 1 + keyCount, value: start + 2 + keyCount..<end)
    }

    init(type: BSONType, key: Range<Int>, value: Range<Int>) {
      self.type = type
      self.key = key
      self.value = value
    }
  }

  /// The field that begins at `position` of a document occupying `document` (its length prefix included); nil at the end
  /// and where bytes are malformed. The first field begins four bytes into the document, the next where a value ends.
  public static func field(at position: Int, of document: Range<Int>, in bytes: borrowing Span<UInt8>) -> Field? {
    guard document.lowerBound >= 0, document.upperBound <= bytes.count, position >= document.lowerBound + 4,
      let layout = ElementLayout(in: bytes, at: position, limit: document.upperBound - 1)
    else { return nil }
    return Field(type: layout.type, key: layout.keyStart..<layout.keyEnd, value: layout.valueStart..<layout.end)
  }

  /// The first field of that name in the document occupying `document`.
  public static func field(
    named name: StaticString, of document: Range<Int>, in bytes: borrowing Span<UInt8>
  ) -> Field? {
    guard document.lowerBound >= 0, document.upperBound <= bytes.count, name.hasPointerRepresentation else {
      return nil
    }
    // A StaticString with a pointer is constant memory of the length it says.
    let wanted = unsafe UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount).span
    var position = document.lowerBound + 4
    while let layout = ElementLayout(in: bytes, at: position, limit: document.upperBound - 1) {
      if layout.keyEnd - layout.keyStart == wanted.count {
        var index = 0
        while index < wanted.count, bytes[layout.keyStart + index] == wanted[index] { index += 1 }
        if index == wanted.count {
          return Field(type: layout.type, key: layout.keyStart..<layout.keyEnd, value: layout.valueStart..<layout.end)
        }
      }
      position = layout.end
    }
    return nil
  }

  /// Where the text of a string field lies; nil for any other.
  @inline(__always)
  public static func text(of field: Field) -> Range<Int>? {
    // Four bytes of length before the text, a NUL behind it.
    field.type == .string && field.value.count >= 5
      ? field.value.lowerBound + 4..<field.value.upperBound - 1 : nil
  }

  /// Whether the bytes are ASCII without NUL: then every part of them is text that any field can hold.
  public static func isPlainText(_ bytes: borrowing Span<UInt8>) -> Bool {
    let count = bytes.count
    var index = 0
    while count - index >= 8 {
      let word = loadUInt64(bytes, at: index)
      // The upper bit of a byte is set where that byte is not ASCII, is zero, or stands right above one that is.
      if (word | (word &- 0x0101_0101_0101_0101)) & 0x8080_8080_8080_8080 != 0 { return false }
      index += 8
    }
    while index < count {
      if bytes[index] &- 1 >= 0x7F { return false }
      index += 1
    }
    return true
  }

  /// Whether the bytes are UTF-8.
  public static func isUTF8(_ bytes: borrowing Span<UInt8>) -> Bool {
    firstInvalidUTF8(bytes, from: 0, to: bytes.count) == nil
  }

  /// Whether a NUL is among the bytes.
  public static func hasNUL(_ bytes: borrowing Span<UInt8>) -> Bool { BSON.hasNUL(bytes) }

  /// A copy of a field that outlives the bytes.
  public static func copy(of field: Field, in bytes: borrowing Span<UInt8>) -> BSONElement {
    // From the type byte to the value's end.
    let start = field.key.lowerBound - 1
    let copied = bytes.extracting(start..<field.value.upperBound)
    let storage = [UInt8](capacity: copied.count) { output in appendBytes(of: copied, to: &output) }
    return BSONElement(
      storage: storage,
      layout: ElementLayout(
        type: field.type, keyStart: 1, keyEnd: field.key.upperBound - start, end: field.value.upperBound - start))
  }

  /// The number of a field of any numeric type as the nearest double; nil for any other.
  public static func double(_ field: Field, in bytes: borrowing Span<UInt8>) -> Double? {
    let start = field.value.lowerBound
    guard field.value.upperBound <= bytes.count else { return nil }
    return switch (field.type, field.value.count) {
    case (.double, 8): Double(bitPattern: loadUInt64(bytes, at: start))
    case (.int32, 4): Double(loadInt32(bytes, at: start))
    case (.int64, 8): Double(Int64(bitPattern: loadUInt64(bytes, at: start)))
    case (.decimal128, 16):
      BSONDecimal128(high: loadUInt64(bytes, at: start + 8), low: loadUInt64(bytes, at: start)).doubleValue
    default: nil
    }
  }

  /// The moment of a date field; nil for any other.
  public static func date(_ field: Field, in bytes: borrowing Span<UInt8>) -> BSONDate? {
    guard field.type == .date, field.value.count == 8, field.value.upperBound <= bytes.count else { return nil }
    return BSONDate(millisecondsSince1970: Int64(bitPattern: loadUInt64(bytes, at: field.value.lowerBound)))
  }

  /// The text of a string field; nil for any other.
  public static func string(_ field: Field, in bytes: borrowing Span<UInt8>) -> String? {
    guard let range = text(of: field), field.value.upperBound <= bytes.count else { return nil }
    let text = bytes.extracting(range)
    // The buffer is read during the call only.
    return unsafe text.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// The number of an int32, int64, integral double or bool field; nil for any other.
  public static func int(_ field: Field, in bytes: borrowing Span<UInt8>) -> Int? {
    let start = field.value.lowerBound
    guard field.value.upperBound <= bytes.count else { return nil }
    return switch (field.type, field.value.count) {
    case (.int32, 4): Int(loadInt32(bytes, at: start))
    case (.int64, 8): Int(Int64(bitPattern: loadUInt64(bytes, at: start)))
    case (.double, 8): Int(exactly: Double(bitPattern: loadUInt64(bytes, at: start)))
    case (.bool, 1): Int(bytes[start])
    default: nil
    }
  }
}
