/// Checks a whole document from a stranger: after this every accessor finds what the structure promises.
func validateDocument(_ bytes: borrowing Span<UInt8>, limits: BSONLimits) throws(BSONError) {
  guard bytes.count <= limits.documentBytesMax else {
    throw .tooLarge(bytes: bytes.count, limit: limits.documentBytesMax)
  }
  guard bytes.count >= 5 else { throw .truncated(offset: bytes.count) }
  let length = Int(loadInt32(bytes, at: 0))
  guard length >= 5 else { throw .malformed("document length", offset: 0) }
  guard length <= bytes.count else { throw .truncated(offset: bytes.count) }
  guard length == bytes.count else { throw .trailingBytes(offset: length) }
  try validateFields(bytes, from: 0, to: length, depth: 1, limits: limits)
}

/// Checks the document in `start..<end`, whose length prefix has been read.
private func validateFields(
  _ bytes: borrowing Span<UInt8>, from start: Int, to end: Int, depth: Int, limits: BSONLimits
) throws(BSONError) {
  guard depth <= limits.depthMax else { throw .tooDeep(limit: limits.depthMax) }
  let limit = end - 1
  guard bytes[limit] == 0 else { throw .malformed("document terminator", offset: limit) }
  var position = start + 4
  while position < limit {
    guard BSONType(rawValue: bytes[position]) != nil else { throw .malformed("element type", offset: position) }
    guard let element = ElementLayout(in: bytes, at: position, limit: limit) else {
      throw .malformed("element", offset: position)
    }
    if let bad = firstInvalidUTF8(bytes, from: element.keyStart, to: element.keyEnd) {
      throw .invalidUTF8(offset: bad)
    }
    try validateValue(bytes, element, depth: depth, limits: limits)
    position = element.end
  }
}

/// Checks what the length of a value alone does not say.
private func validateValue(
  _ bytes: borrowing Span<UInt8>, _ element: ElementLayout, depth: Int, limits: BSONLimits
) throws(BSONError) {
  let start = element.valueStart
  switch element.type {
  case .string, .code, .symbol:
    try validateText(bytes, from: start, to: element.end)
  case .document, .array:
    try validateFields(bytes, from: start, to: element.end, depth: depth + 1, limits: limits)
  case .bool:
    guard bytes[start] <= 1 else { throw .malformed("bool", offset: start) }
  case .binary:
    let length = element.end - start - 5
    if bytes[start + 4] == 2 {
      guard length >= 4, Int(loadInt32(bytes, at: start + 5)) == length - 4 else {
        throw .malformed("binary inner length", offset: start + 5)
      }
    }
  case .regex:
    if let bad = firstInvalidUTF8(bytes, from: start, to: element.end) { throw .invalidUTF8(offset: bad) }
  case .dbPointer:
    try validateText(bytes, from: start, to: element.end - 12)
  case .codeWithScope:
    let scope = start + 8 + Int(loadInt32(bytes, at: start + 4))
    guard scope >= start + 9, scope <= element.end - 5 else { throw .malformed("code length", offset: start + 4) }
    try validateText(bytes, from: start + 4, to: scope)
    guard Int(loadInt32(bytes, at: scope)) == element.end - scope else {
      throw .malformed("scope length", offset: scope)
    }
    try validateFields(bytes, from: scope, to: element.end, depth: depth + 1, limits: limits)
  case .double, .undefined, .objectID, .date, .null, .int32, .timestamp, .int64, .decimal128, .minKey, .maxKey:
    break
  }
}

/// Checks `length bytes NUL`, whose length has been seen to end at `end`.
private func validateText(_ bytes: borrowing Span<UInt8>, from start: Int, to end: Int) throws(BSONError) {
  guard bytes[end - 1] == 0 else { throw .malformed("string terminator", offset: end - 1) }
  if let bad = firstInvalidUTF8(bytes, from: start + 4, to: end - 1) { throw .invalidUTF8(offset: bad) }
}
