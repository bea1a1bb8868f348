/// Writes an array value by value; keys are the positions, as the specification asks.
public struct BSONArrayWriter: ~Copyable {
  var writer: BSONWriter
  private var position = 0

  init(_ writer: consuming BSONWriter) {
    self.writer = writer
  }

  /// Number of values written so far.
  public var count: Int { position }

  /// Appends a string.
  public mutating func append(_ value: String) {
    header(.string)
    writer.appendText(value)
  }

  /// Appends an integer: int32 where it fits, else int64.
  public mutating func append(_ value: Int) {
    if let small = Int32(exactly: value) { append(small) } else { append(Int64(value)) }
  }

  /// Appends an int32.
  public mutating func append(_ value: Int32) {
    header(.int32)
    writer.appendInteger(value)
  }

  /// Appends an int64.
  public mutating func append(_ value: Int64) {
    header(.int64)
    writer.appendInteger(value)
  }

  /// Appends a double.
  public mutating func append(_ value: Double) {
    header(.double)
    writer.appendInteger(value.bitPattern)
  }

  /// Appends a bool.
  public mutating func append(_ value: Bool) {
    header(.bool)
    writer.out.put(value ? 1 : 0)
  }

  /// Appends a date.
  public mutating func append(_ value: BSONDate) {
    header(.date)
    writer.appendInteger(value.millisecondsSince1970)
  }

  /// Appends an ObjectId.
  public mutating func append(_ value: BSONObjectID) {
    header(.objectID)
    value.put(into: &writer.out)
  }

  /// Appends a binary of subtype 0.
  public mutating func append(_ value: [UInt8]) { append(BSONBinary(value)) }

  /// Appends a binary.
  public mutating func append(_ value: BSONBinary) {
    header(.binary)
    writer.appendBinary(value)
  }

  /// Appends a document.
  public mutating func append(_ value: BSONDocument) {
    header(.document)
    writer.copy(value.storage, value.start, value.end)
  }

  /// Appends an array.
  public mutating func append(_ value: BSONArray) {
    header(.array)
    writer.copy(value.document.storage, value.document.start, value.document.end)
  }

  /// Appends null.
  public mutating func appendNull() { header(.null) }

  /// Appends a value of any type.
  public mutating func append(_ value: BSONValue) {
    header(value.type)
    writer.appendBody(of: value)
  }

  /// Copies the value of a field of another document.
  public mutating func append(valueOf element: BSONElement) {
    header(element.type)
    writer.copy(element.storage, element.layout.valueStart, element.layout.end)
  }

  /// Appends a document, written in place. When `body` throws, it is taken back.
  public mutating func append<E: Error>(document body: (inout BSONWriter) throws(E) -> Void) throws(E) {
    let mark = writer.out.count
    header(.document)
    do {
      try writer.nested(mark: mark, body)
    } catch {
      position -= 1
      throw error
    }
  }

  /// Appends an array, written in place. When `body` throws, it is taken back.
  public mutating func append<E: Error>(array body: (inout BSONArrayWriter) throws(E) -> Void) throws(E) {
    let mark = writer.out.count
    header(.array)
    do {
      try writer.nestedArray(mark: mark, body)
    } catch {
      position -= 1
      throw error
    }
  }

  /// Type byte, position, NUL; then what `slack` leaves may be put without asking.
  private mutating func header(_ type: BSONType) {
    writer.out.reserve()
    writer.out.put(type.rawValue)
    writer.out.put(decimal: position)
    writer.out.put(0)
    position += 1
  }
}
