extension BSONWriter {
  /// Type byte, key, NUL; then `ByteBuffer.slack` bytes may be put without asking.
  @inline(__always)
  mutating func header(_ type: BSONType, _ key: String) {
    out.reserve()
    out.put(type.rawValue)
    appendCString(key)
  }

  /// Text and a NUL; a NUL inside becomes U+FFFD.
  mutating func appendCString(_ text: String) {
    let bytes = text.utf8Span.span
    if hasNUL(bytes) {
      for byte in text.utf8 {
        out.reserve()
        if byte == 0 { for byte in replacementCharacter { out.put(byte) } } else { out.put(byte) }
      }
    } else {
      out.put(contentsOf: bytes)
    }
    out.reserve()
    out.put(0)
  }

  /// Copies `source[start..<end]`. Through slices the same costs two counted references a call.
  @inline(__always)
  mutating func copy(_ source: [UInt8], _ start: Int, _ end: Int) {
    out.put(contentsOf: source.span.extracting(start..<end))
  }

  /// Length, text, NUL.
  mutating func appendText(_ text: String) { appendText(text.utf8Span.span) }

  /// Length, text, NUL; the bytes are UTF-8.
  @inline(__always)
  mutating func appendText(_ text: borrowing Span<UInt8>) {
    appendInteger(Int32(truncatingIfNeeded: text.count + 1))
    out.put(contentsOf: text)
    out.reserve()
    out.put(0)
  }

  /// The bytes of an integer, lowest first.
  @inline(__always)
  mutating func appendInteger<T: FixedWidthInteger>(_ value: T) {
    out.reserve()
    out.put(littleEndian: value)
  }

  /// Length, subtype, bytes; subtype 2 repeats the length.
  mutating func appendBinary(_ value: BSONBinary) {
    let inner = value.subtype == 2
    appendInteger(Int32(truncatingIfNeeded: value.bytes.count + (inner ? 4 : 0)))
    out.put(value.subtype)
    if inner { appendInteger(Int32(truncatingIfNeeded: value.bytes.count)) }
    out.put(contentsOf: value.bytes.span)
  }

  /// The value's bytes, its type byte and key being written.
  mutating func appendBody(of value: BSONValue) {
    switch value {
    case .double(let number): appendInteger(number.bitPattern)
    case .string(let text), .code(let text), .symbol(let text): appendText(text)
    case .document(let document): copy(document.storage, document.start, document.end)
    case .array(let array): copy(array.document.storage, array.document.start, array.document.end)
    case .binary(let binary): appendBinary(binary)
    case .objectID(let id): id.put(into: &out)
    case .bool(let flag):
      out.reserve()
      out.put(flag ? 1 : 0)
    case .date(let date): appendInteger(date.millisecondsSince1970)
    case .undefined, .null, .minKey, .maxKey: break
    case .regex(let pattern, let options):
      appendCString(pattern)
      appendCString(options)
    case .dbPointer(let collection, let id):
      appendText(collection)
      id.put(into: &out)
    case .codeWithScope(let code, let scope):
      appendInteger(Int32(truncatingIfNeeded: 4 + 4 + code.utf8.count + 1 + scope.byteCount))
      appendText(code)
      copy(scope.storage, scope.start, scope.end)
    case .int32(let number): appendInteger(number)
    case .timestamp(let number): appendInteger(number)
    case .int64(let number): appendInteger(number)
    case .decimal128(let number):
      appendInteger(number.low)
      appendInteger(number.high)
    }
  }

  /// Writes a document in place at the end of the buffer; takes back everything from `mark` when `body` throws.
  mutating func nested<E: Error>(mark: Int, _ body: (inout BSONWriter) throws(E) -> Void) throws(E) {
    let start = out.count
    out.reserve()
    out.put(zeros: 4)
    do {
      try body(&self)
    } catch {
      out.truncate(to: mark)
      throw error
    }
    out.close(from: start)
  }

  /// Writes an array in place at the end of the buffer; takes back everything from `mark` when `body` throws.
  mutating func nestedArray<E: Error>(mark: Int, _ body: (inout BSONArrayWriter) throws(E) -> Void) throws(E) {
    let start = out.count
    // The array writer takes the buffer over while it writes: nothing is copied.
    var array = BSONArrayWriter(BSONWriter(adopting: out.take()))
    array.writer.out.reserve()
    array.writer.out.put(zeros: 4)
    do {
      try body(&array)
    } catch {
      out = array.writer.out.take()
      out.truncate(to: mark)
      throw error
    }
    out = array.writer.out.take()
    out.close(from: start)
  }
}

/// Whether there is a NUL among the bytes.
@inline(__always)
func hasNUL(_ bytes: borrowing Span<UInt8>) -> Bool {
  var index = 0
  while bytes.count - index >= 8 {
    let word = loadUInt64(bytes, at: index)
    // The upper bit of a byte is set where that byte is zero, or right above one that is.
    if (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0 { return true }
    index += 8
  }
  while index < bytes.count {
    if bytes[index] == 0 { return true }
    index += 1
  }
  return false
}

/// U+FFFD in UTF-8.
let replacementCharacter: [UInt8] = [0xEF, 0xBF, 0xBD]
