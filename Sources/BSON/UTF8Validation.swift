/// Offset of the first byte in `start..<end` that does not belong to well-formed UTF-8, or nil when all do.
/// Well-formed is Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
func firstInvalidUTF8(_ bytes: borrowing Span<UInt8>, from start: Int, to end: Int) -> Int? {
  var index = start
  while index < end {
    if end - index >= 8, loadUInt64(bytes, at: index) & 0x8080_8080_8080_8080 == 0 {
      index += 8
      continue
    }
    if bytes[index] < 0x80 {
      index += 1
      continue
    }
    let length = utf8SequenceLength(bytes, at: index, limit: end)
    if length == 0 { return index }
    index += length
  }
  return nil
}

/// Length of the well-formed multi-byte sequence at `index`, or 0 when there is none below `limit`.
@inline(__always)
func utf8SequenceLength(_ bytes: borrowing Span<UInt8>, at index: Int, limit: Int) -> Int {
  let lead = bytes[index]
  let available = limit - index
  switch lead {
  case 0xC2...0xDF:
    return available >= 2 && isContinuation(bytes[index + 1]) ? 2 : 0
  case 0xE0...0xEF:
    guard available >= 3, isContinuation(bytes[index + 1]), isContinuation(bytes[index + 2]) else { return 0 }
    // E0 80...9F would be overlong, ED A0...BF a surrogate.
    if lead == 0xE0 { return bytes[index + 1] >= 0xA0 ? 3 : 0 }
    if lead == 0xED { return bytes[index + 1] < 0xA0 ? 3 : 0 }
    return 3
  case 0xF0...0xF4:
    guard available >= 4, isContinuation(bytes[index + 1]), isContinuation(bytes[index + 2]),
      isContinuation(bytes[index + 3])
    else { return 0 }
    // F0 80...8F would be overlong, F4 90...BF above U+10FFFF.
    if lead == 0xF0 { return bytes[index + 1] >= 0x90 ? 4 : 0 }
    if lead == 0xF4 { return bytes[index + 1] < 0x90 ? 4 : 0 }
    return 4
  default: return 0
  }
}

@inline(__always)
private func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
