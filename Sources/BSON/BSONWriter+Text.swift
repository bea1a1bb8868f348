// Fields whose keys and values are bytes that lie elsewhere: nothing is made of them on the way. Keys are the caller's own,
// without NUL.

extension BSONWriter {
  /// Appends a string field of bytes that are UTF-8. Tells where it lies in the document under way.
  @discardableResult
  public mutating func append(_ key: borrowing Span<UInt8>, text: borrowing Span<UInt8>) -> BSONScan.Field {
    let start = out.count
    header(.string, key)
    appendText(text)
    return BSONScan.Field(.string, from: start, keyCount: key.count, to: out.count)
  }

  /// Appends a nested document, written in place; tells where it lies. When `body` throws, the field is taken back.
  public mutating func append<E: Error>(
    _ key: borrowing Span<UInt8>, document body: (inout BSONWriter) throws(E) -> Void
  ) throws(E) -> BSONScan.Field {
    let start = out.count
    header(.document, key)
    try nested(mark: start, body)
    return BSONScan.Field(.document, from: start, keyCount: key.count, to: out.count)
  }

  /// Appends a string field of bytes that are UTF-8, behind a prefix.
  public mutating func append(_ key: String, prefix: String = "", text: borrowing Span<UInt8>) {
    header(.string, key)
    let prefix = prefix.utf8Span.span
    appendInteger(Int32(truncatingIfNeeded: prefix.count + text.count + 1))
    out.put(contentsOf: prefix)
    out.put(contentsOf: text)
    out.reserve()
    out.put(0)
  }

  /// Appends a string field.
  public mutating func append(_ key: borrowing Span<UInt8>, _ value: String) {
    header(.string, key)
    appendText(value)
  }

  /// Appends an integer field: int32 where it fits, else int64.
  public mutating func append(_ key: borrowing Span<UInt8>, _ value: Int) {
    if let small = Int32(exactly: value) {
      header(.int32, key)
      out.put(littleEndian: small)
    } else {
      header(.int64, key)
      out.put(littleEndian: Int64(value))
    }
  }

  /// Appends a double field.
  public mutating func append(_ key: borrowing Span<UInt8>, _ value: Double) {
    header(.double, key)
    out.put(littleEndian: value.bitPattern)
  }

  /// Appends a bool field.
  public mutating func append(_ key: borrowing Span<UInt8>, _ value: Bool) {
    header(.bool, key)
    out.put(value ? 1 : 0)
  }

  /// Appends a date field.
  public mutating func append(_ key: borrowing Span<UInt8>, _ value: BSONDate) {
    header(.date, key)
    out.put(littleEndian: value.millisecondsSince1970)
  }

  /// Type byte, key, NUL; then half of `ByteBuffer.slack` may be put without asking.
  @inline(__always)
  private mutating func header(_ type: BSONType, _ key: borrowing Span<UInt8>) {
    out.reserve()
    out.put(type.rawValue)
    out.put(contentsOf: key)
    out.reserve()
    out.put(0)
  }
}
