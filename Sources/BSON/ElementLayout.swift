/// Where one element lies in a document's bytes: `type key NUL value`, offsets into the same span.
struct ElementLayout: Sendable {
  var type: BSONType
  var keyStart: Int
  /// Index of the NUL that ends the key.
  var keyEnd: Int
  /// Index after the value: where the next element begins.
  var end: Int

  var valueStart: Int { keyEnd + 1 }

  init(type: BSONType, keyStart: Int, keyEnd: Int, end: Int) {
    self.type = type
    self.keyStart = keyStart
    self.keyEnd = keyEnd
    self.end = end
  }

  /// Reads the element at `start`; `limit` is the index of the NUL that ends the document.
  /// Nil when the bytes up to `limit` hold no whole element.
  @inline(__always)
  init?(in bytes: borrowing Span<UInt8>, at start: Int, limit: Int) {
    guard start < limit, let type = elementType(bytes[start]) else { return nil }
    var keyEnd = start + 1
    while keyEnd < limit, bytes[keyEnd] != 0 { keyEnd += 1 }
    guard keyEnd < limit else { return nil }
    let valueStart = keyEnd + 1
    guard let length = valueLength(of: type, in: bytes, at: valueStart, limit: limit) else { return nil }
    self.type = type
    self.keyStart = start + 1
    self.keyEnd = keyEnd
    self.end = valueStart + length
  }
}

/// The type of a type byte: as `BSONType(rawValue:)`, which is not inlined, but for a byte only.
@inline(__always)
func elementType(_ byte: UInt8) -> BSONType? {
  byte < 0x14 ? elementTypes[Int(byte)] : byte == 0x7F ? .maxKey : byte == 0xFF ? .minKey : nil
}

/// The types below 0x14 by their bytes.
private let elementTypes: InlineArray<20, BSONType?> = [
  nil, .double, .string, .document, .array, .binary, .undefined, .objectID, .bool, .date, .null, .regex, .dbPointer,
  .code, .symbol, .codeWithScope, .int32, .timestamp, .int64, .decimal128,
]

/// Length of the value of `type` at `start`, or nil when it does not fit below `limit` (the document's closing NUL).
/// A result never reaches past `limit`; inner structure (terminators, sub-lengths) is the reader's matter.
@inline(__always)
func valueLength(of type: BSONType, in bytes: borrowing Span<UInt8>, at start: Int, limit: Int) -> Int? {
  let available = limit - start
  let length: Int
  switch type {
  case .undefined, .null, .minKey, .maxKey: return 0
  case .bool: length = 1
  case .int32: length = 4
  case .double, .date, .timestamp, .int64: length = 8
  case .objectID: length = 12
  case .decimal128: length = 16
  case .string, .code, .symbol:
    guard available >= 5 else { return nil }
    length = 4 + Int(loadInt32(bytes, at: start))
    guard length >= 5 else { return nil }
  case .document, .array:
    guard available >= 5 else { return nil }
    length = Int(loadInt32(bytes, at: start))
    guard length >= 5 else { return nil }
  case .codeWithScope:
    guard available >= 14 else { return nil }
    length = Int(loadInt32(bytes, at: start))
    guard length >= 14 else { return nil }
  case .binary:
    guard available >= 5 else { return nil }
    length = 5 + Int(loadInt32(bytes, at: start))
    guard length >= 5 else { return nil }
  case .dbPointer:
    guard available >= 17 else { return nil }
    length = 16 + Int(loadInt32(bytes, at: start))
    guard length >= 17 else { return nil }
  case .regex:
    var index = start
    for _ in 0..<2 {
      while index < limit, bytes[index] != 0 { index += 1 }
      guard index < limit else { return nil }
      index += 1
    }
    return index - start
  }
  return length <= available ? length : nil
}

/// The little-endian Int32 at `offset`; the caller has checked that four bytes are there.
@inline(__always)
func loadInt32(_ bytes: borrowing Span<UInt8>, at offset: Int) -> Int32 {
  // Any bit pattern is an Int32, and RawSpan checks the bounds.
  unsafe Int32(littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Int32.self))
}

/// The little-endian 64 bits at `offset`; the caller has checked that eight bytes are there.
@inline(__always)
func loadUInt64(_ bytes: borrowing Span<UInt8>, at offset: Int) -> UInt64 {
  // Any bit pattern is a UInt64, and RawSpan checks the bounds.
  unsafe UInt64(littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
}
