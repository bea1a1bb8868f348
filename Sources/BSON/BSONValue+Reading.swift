extension BSONValue {
  /// Reads the value of an element. The layout promises that the value's bytes lie inside the storage; inner
  /// structure that trusted bytes got wrong reads as undefined.
  init(storage: [UInt8], layout: ElementLayout) {
    let bytes = storage.span
    let start = layout.valueStart
    switch layout.type {
    case .double: self = .double(Double(bitPattern: loadUInt64(bytes, at: start)))
    case .string: self = .string(readText(storage, start, layout.end))
    case .document: self = .document(BSONDocument(storage: storage, from: start, to: layout.end))
    case .array: self = .array(BSONArray(BSONDocument(storage: storage, from: start, to: layout.end)))
    case .binary: self = .binary(readBinary(storage, start, layout.end))
    case .undefined: self = .undefined
    case .objectID: self = BSONObjectID(bytes: bytes, at: start).map { .objectID($0) } ?? .undefined
    case .bool: self = .bool(bytes[start] != 0)
    case .date: self = .date(BSONDate(millisecondsSince1970: Int64(bitPattern: loadUInt64(bytes, at: start))))
    case .null: self = .null
    case .regex:
      let parts = storage[start..<layout.end - 1].split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
      self = .regex(
        pattern: parts.first.map { String(decoding: $0, as: UTF8.self) } ?? "",
        options: parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : "")
    case .dbPointer:
      let id = BSONObjectID(bytes: bytes, at: layout.end - 12)
      self = id.map { .dbPointer(collection: readText(storage, start, layout.end - 12), id: $0) } ?? .undefined
    case .code: self = .code(readText(storage, start, layout.end))
    case .symbol: self = .symbol(readText(storage, start, layout.end))
    case .codeWithScope:
      let codeLength = Int(loadInt32(bytes, at: start + 4))
      let scope = start + 8 + codeLength
      guard codeLength >= 1, scope <= layout.end - 5 else {
        self = .undefined
        return
      }
      self = .codeWithScope(
        readText(storage, start + 4, scope), BSONDocument(storage: storage, from: scope, to: layout.end))
    case .int32: self = .int32(loadInt32(bytes, at: start))
    case .timestamp: self = .timestamp(loadUInt64(bytes, at: start))
    case .int64: self = .int64(Int64(bitPattern: loadUInt64(bytes, at: start)))
    case .decimal128:
      self = .decimal128(
        BSONDecimal128(high: loadUInt64(bytes, at: start + 8), low: loadUInt64(bytes, at: start)))
    case .minKey: self = .minKey
    case .maxKey: self = .maxKey
    }
  }
}

/// The text of `length bytes NUL` at `start`; bad UTF-8 (only possible in trusted bytes) reads as U+FFFD.
private func readText(_ storage: [UInt8], _ start: Int, _ end: Int) -> String {
  String(decoding: storage[start + 4..<Swift.max(start + 4, end - 1)], as: UTF8.self)
}

/// The bytes of `length subtype bytes`; the old subtype 2 repeats the length inside.
private func readBinary(_ storage: [UInt8], _ start: Int, _ end: Int) -> BSONBinary {
  let subtype = storage[start + 4]
  let skipsInnerLength = subtype == 2 && end - start >= 9
  return BSONBinary(Array(storage[start + (skipsInnerLength ? 9 : 5)..<end]), subtype: subtype)
}
