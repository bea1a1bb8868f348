/// Writes a document field by field into one growing buffer; nested documents are written in place.
///
/// Keys are written as given, in the order given. A key cannot hold a NUL: one that does is written with U+FFFD in its
/// place, so that no input can cut a key short. Strings may hold NUL.
public struct BSONWriter: ~Copyable {
  var out: ByteBuffer

  /// An empty document, with room for so many bytes before the buffer grows.
  public init(reservingCapacity capacity: Int = 256) {
    self.init(adopting: ByteBuffer(capacity: capacity))
    out.put(zeros: 4)
  }

  init(adopting buffer: consuming ByteBuffer) { out = buffer }

  /// Bytes written so far.
  public var byteCount: Int { out.count + 1 }

  /// Closes the document.
  public consuming func finish() -> BSONDocument { takeDocument() }

  /// Closes the document and begins another in the same memory.
  public mutating func takeDocument() -> BSONDocument {
    out.close(from: 0)
    let document = BSONDocument(trusting: out.bytes)
    restart()
    return document
  }

  /// Closes the document, lends its bytes and begins another in the same memory.
  public mutating func lendDocument<R>(_ body: (Span<UInt8>) -> R) -> R {
    out.close(from: 0)
    let result = out.withSpan(body)
    restart()
    return result
  }

  /// Begins anew in the same memory; what was written is forgotten.
  public mutating func restart() {
    out.clear()
    out.reserve()
    out.put(zeros: 4)
  }

  /// Closes the document and gives its bytes, for a caller that fills fixed-size values in afterwards.
  public consuming func finishDraft() -> BSONDraft {
    out.close(from: 0)
    return BSONDraft(out.take())
  }

  // MARK: Values under a key

  /// Appends a string field.
  public mutating func append(_ key: String, _ value: String) {
    header(.string, key)
    appendText(value)
  }

  /// Appends an integer field: int32 where it fits, else int64.
  public mutating func append(_ key: String, _ value: Int) {
    if let small = Int32(exactly: value) { append(key, small) } else { append(key, Int64(value)) }
  }

  /// Appends an int32 field.
  public mutating func append(_ key: String, _ value: Int32) {
    header(.int32, key)
    appendInteger(value)
  }

  /// Appends an int64 field.
  public mutating func append(_ key: String, _ value: Int64) {
    header(.int64, key)
    appendInteger(value)
  }

  /// Appends a double field.
  public mutating func append(_ key: String, _ value: Double) {
    header(.double, key)
    appendInteger(value.bitPattern)
  }

  /// Appends a bool field.
  public mutating func append(_ key: String, _ value: Bool) {
    header(.bool, key)
    out.put(value ? 1 : 0)
  }

  /// Appends a date field.
  public mutating func append(_ key: String, _ value: BSONDate) {
    header(.date, key)
    appendInteger(value.millisecondsSince1970)
  }

  /// Appends an ObjectId field.
  public mutating func append(_ key: String, _ value: BSONObjectID) {
    header(.objectID, key)
    value.put(into: &out)
  }

  /// Appends a binary field of subtype 0.
  public mutating func append(_ key: String, _ value: [UInt8]) {
    append(key, BSONBinary(value))
  }

  /// Appends a binary field.
  public mutating func append(_ key: String, _ value: BSONBinary) {
    header(.binary, key)
    appendBinary(value)
  }

  /// Appends a nested document.
  public mutating func append(_ key: String, _ value: BSONDocument) {
    header(.document, key)
    copy(value.storage, value.start, value.end)
  }

  /// Appends an array.
  public mutating func append(_ key: String, _ value: BSONArray) {
    header(.array, key)
    copy(value.document.storage, value.document.start, value.document.end)
  }

  /// Appends an array of strings.
  public mutating func append(_ key: String, _ values: [String]) {
    append(key) { array in
      for value in values { array.append(value) }
    }
  }

  /// Appends an array of documents.
  public mutating func append(_ key: String, _ values: [BSONDocument]) {
    append(key) { array in
      for value in values { array.append(value) }
    }
  }

  /// Appends a null field.
  public mutating func appendNull(_ key: String) { header(.null, key) }

  /// Appends a value of any type.
  public mutating func append(_ key: String, _ value: BSONValue) {
    header(value.type, key)
    appendBody(of: value)
  }

  // MARK: Nested

  /// Appends a nested document, written in place. When `body` throws, the field is taken back.
  public mutating func append<E: Error>(
    _ key: String, document body: (inout BSONWriter) throws(E) -> Void
  ) throws(E) {
    let mark = out.count
    header(.document, key)
    try nested(mark: mark, body)
  }

  /// Appends an array, written in place. When `body` throws, the field is taken back.
  public mutating func append<E: Error>(
    _ key: String, array body: (inout BSONArrayWriter) throws(E) -> Void
  ) throws(E) {
    let mark = out.count
    header(.array, key)
    try nestedArray(mark: mark, body)
  }

  // MARK: Verbatim

  /// Copies a field of another document: type, key and value bytes as they are.
  public mutating func append(_ element: BSONElement) {
    copy(element.storage, element.layout.keyStart - 1, element.layout.end)
  }

  /// Copies the value of a field under another key.
  public mutating func append(_ key: String, valueOf element: BSONElement) {
    header(element.type, key)
    copy(element.storage, element.layout.valueStart, element.layout.end)
  }

  /// Copies all fields of another document.
  public mutating func append(contentsOf document: BSONDocument) {
    copy(document.storage, document.firstElement, document.terminator)
  }
}
