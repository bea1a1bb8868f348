extension BSONWriter {
  /// Type byte, key, NUL.
  mutating func header(_ type: BSONType, _ key: String) {
    storage.append(type.rawValue)
    appendCString(key)
  }

  /// Text and a NUL; a NUL inside becomes U+FFFD.
  mutating func appendCString(_ text: String) {
    let bytes = text.utf8Span.span
    if hasNUL(bytes) {
      for byte in text.utf8 {
        if byte == 0 { storage += replacementCharacter } else { storage.append(byte) }
      }
    } else {
      copy(bytes)
    }
    storage.append(0)
  }

  /// Copies `source[start..<end]`. Through slices the same costs two counted references a call.
  @inline(__always)
  mutating func copy(_ source: [UInt8], _ start: Int, _ end: Int) {
    copy(source.span.extracting(start..<end))
  }

  /// Copies bytes.
  @inline(__always)
  mutating func copy(_ bytes: borrowing Span<UInt8>) {
    // The source is read inside the call that lends it.
    unsafe bytes.withUnsafeBufferPointer { unsafe storage.append(contentsOf: $0) }
  }

  /// Length, text, NUL.
  mutating func appendText(_ text: String) {
    appendInteger(Int32(truncatingIfNeeded: text.utf8.count + 1))
    copy(text.utf8Span.span)
    storage.append(0)
  }

  /// The bytes of an integer, lowest first.
  @inline(__always)
  mutating func appendInteger<T: FixedWidthInteger>(_ value: T) {
    // The integer's own bytes, alive for the closure.
    unsafe withUnsafeBytes(of: value.littleEndian) { bytes in
      unsafe storage.append(contentsOf: bytes)
    }
  }

  /// Length, subtype, bytes; subtype 2 repeats the length.
  mutating func appendBinary(_ value: BSONBinary) {
    let inner = value.subtype == 2
    appendInteger(Int32(truncatingIfNeeded: value.bytes.count + (inner ? 4 : 0)))
    storage.append(value.subtype)
    if inner { appendInteger(Int32(truncatingIfNeeded: value.bytes.count)) }
    storage += value.bytes
  }

  /// The value's bytes, its type byte and key being written.
  mutating func appendBody(of value: BSONValue) {
    switch value {
    case .double(let number): appendInteger(number.bitPattern)
    case .string(let text), .code(let text), .symbol(let text): appendText(text)
    case .document(let document): storage += document.bytes
    case .array(let array): storage += array.document.bytes
    case .binary(let binary): appendBinary(binary)
    case .objectID(let id): id.append(to: &storage)
    case .bool(let flag): storage.append(flag ? 1 : 0)
    case .date(let date): appendInteger(date.millisecondsSince1970)
    case .undefined, .null, .minKey, .maxKey: break
    case .regex(let pattern, let options):
      appendCString(pattern)
      appendCString(options)
    case .dbPointer(let collection, let id):
      appendText(collection)
      id.append(to: &storage)
    case .codeWithScope(let code, let scope):
      appendInteger(Int32(truncatingIfNeeded: 4 + 4 + code.utf8.count + 1 + scope.byteCount))
      appendText(code)
      storage += scope.bytes
    case .int32(let number): appendInteger(number)
    case .timestamp(let number): appendInteger(number)
    case .int64(let number): appendInteger(number)
    case .decimal128(let number):
      appendInteger(number.low)
      appendInteger(number.high)
    }
  }

  /// Writes a document in place at the end of the storage; takes back everything from `mark` when `body` throws.
  mutating func nested<E: Error>(mark: Int, _ body: (inout BSONWriter) throws(E) -> Void) throws(E) {
    let outer = open
    open = storage.count
    storage += [0, 0, 0, 0]
    do {
      try body(&self)
    } catch {
      storage.removeSubrange(mark...)
      open = outer
      throw error
    }
    close(from: open)
    open = outer
  }

  /// Writes an array in place at the end of the storage; takes back everything from `mark` when `body` throws.
  mutating func nestedArray<E: Error>(mark: Int, _ body: (inout BSONArrayWriter) throws(E) -> Void) throws(E) {
    let start = storage.count
    // The array writer takes the buffer over while it writes: nothing is copied.
    var array = BSONArrayWriter(BSONWriter(adopting: storage.take()))
    array.writer.storage += [0, 0, 0, 0]
    do {
      try body(&array)
    } catch {
      storage = array.writer.storage.take()
      storage.removeSubrange(mark...)
      throw error
    }
    storage = array.writer.storage.take()
    close(from: start)
  }

  init(adopting storage: [UInt8]) {
    self.storage = storage
    open = storage.count
  }

  /// NUL, then the length of what began at `start`.
  mutating func close(from start: Int) {
    storage.append(0)
    let length = Int32(truncatingIfNeeded: storage.count - start)
    for index in 0..<4 { storage[start + index] = UInt8(truncatingIfNeeded: length >> Int32(8 * index)) }
  }
}

extension [UInt8] {
  /// Moves the array out, leaving an empty one.
  mutating func take() -> [UInt8] {
    var taken: [UInt8] = []
    swap(&self, &taken)
    return taken
  }
}

/// Whether there is a NUL among the bytes.
@inline(__always)
func hasNUL(_ bytes: borrowing Span<UInt8>) -> Bool {
  for index in 0..<bytes.count where bytes[index] == 0 { return true }
  return false
}

/// U+FFFD in UTF-8.
let replacementCharacter: [UInt8] = [0xEF, 0xBF, 0xBD]
