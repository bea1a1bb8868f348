/// Finds where JSON values end without reading them: the grammar is checked (brackets, separators, literals, numbers,
/// escapes, no raw control characters), the meaning is not (UTF-8, surrogates, duplicate keys, ranges, depth).
struct JSONSkimmer {
  var position: Int
  /// One bit for each open bracket, set for an object: memory stays an eighth of a byte for each level.
  private var stack: [UInt64] = []
  private var depth = 0

  init(at position: Int) {
    self.position = position
  }

  /// Moves past the value that begins here.
  mutating func skipValue(_ json: borrowing Span<UInt8>) throws(JSONError) {
    depth = 0
    while true {
      skipWhiteSpace(json)
      let isComplete = try beginValue(json)
      guard isComplete else { continue }
      // After a value: close what ends here, then go on to the next member or item.
      while true {
        if depth == 0 { return }
        skipWhiteSpace(json)
        let byte = try byte(json)
        if byte == UInt8(ascii: ",") {
          position += 1
          if isInObject { try skipKey(json) }
          break
        }
        guard byte == (isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { throw error(.unexpectedByte) }
        position += 1
        depth -= 1
      }
    }
  }

  /// Moves past a scalar or an empty container (true), or into a container (false).
  private mutating func beginValue(_ json: borrowing Span<UInt8>) throws(JSONError) -> Bool {
    switch try byte(json) {
    case UInt8(ascii: "\""): try skipString(json)
    case UInt8(ascii: "{"):
      position += 1
      skipWhiteSpace(json)
      if try byte(json) != UInt8(ascii: "}") {
        push(isObject: true)
        try skipKey(json)
        return false
      }
      position += 1
    case UInt8(ascii: "["):
      position += 1
      skipWhiteSpace(json)
      if try byte(json) != UInt8(ascii: "]") {
        push(isObject: false)
        return false
      }
      position += 1
    case UInt8(ascii: "t"): try skip("true", json)
    case UInt8(ascii: "f"): try skip("false", json)
    case UInt8(ascii: "n"): try skip("null", json)
    case UInt8(ascii: "-"), 0x30...0x39:
      let (number, isValid) = scanNumber(json, at: position)
      position = number.end
      guard isValid else { throw error(position >= json.count ? .unexpectedEnd : .invalidNumber) }
    case UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "N"), UInt8(ascii: "I"): throw error(.invalidNumber)
    default: throw error(.unexpectedByte)
    }
    return true
  }

  /// Moves past `"key":`.
  private mutating func skipKey(_ json: borrowing Span<UInt8>) throws(JSONError) {
    skipWhiteSpace(json)
    guard try byte(json) == UInt8(ascii: "\"") else { throw error(.unexpectedByte) }
    try skipString(json)
    skipWhiteSpace(json)
    guard try byte(json) == UInt8(ascii: ":") else { throw error(.unexpectedByte) }
    position += 1
  }

  private mutating func skipString(_ json: borrowing Span<UInt8>) throws(JSONError) {
    position += 1
    while true {
      while json.count - position >= 8 {
        let special = delimiterBytes(loadUInt64(json, at: position))
        if special != 0 {
          position += special.trailingZeroBitCount >> 3
          break
        }
        position += 8
      }
      let next = try byte(json)
      if next == UInt8(ascii: "\"") {
        position += 1
        return
      }
      if next < 0x20 { throw error(.controlCharacter) }
      position += 1
      if next == UInt8(ascii: "\\") { try skipEscape(json) }
    }
  }

  private mutating func skipEscape(_ json: borrowing Span<UInt8>) throws(JSONError) {
    let start = position - 1
    switch try byte(json) {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 1
    case UInt8(ascii: "u"):
      position += 1
      for _ in 0..<4 {
        guard hexDigit(try byte(json)) != nil else { throw error(.invalidEscape) }
        position += 1
      }
    default: throw JSONError(.invalidEscape, offset: start)
    }
  }

  private mutating func skip(_ word: StaticString, _ json: borrowing Span<UInt8>) throws(JSONError) {
    guard let next = literalEnd(word, json, at: position) else {
      throw error(position + word.utf8CodeUnitCount > json.count ? .unexpectedEnd : .unexpectedByte)
    }
    position = next
  }

  mutating func skipWhiteSpace(_ json: borrowing Span<UInt8>) {
    while position < json.count, isWhiteSpace(json[position]) { position += 1 }
  }

  func byte(_ json: borrowing Span<UInt8>) throws(JSONError) -> UInt8 {
    guard position < json.count else { throw error(.unexpectedEnd) }
    return json[position]
  }

  func error(_ kind: JSONError.Kind) -> JSONError { JSONError(kind, offset: position) }

  private var isInObject: Bool { stack[(depth - 1) >> 6] >> UInt64((depth - 1) & 63) & 1 == 1 }

  private mutating func push(isObject: Bool) {
    if depth >> 6 == stack.count { stack.append(0) }
    let bit: UInt64 = 1 << UInt64(depth & 63)
    stack[depth >> 6] = isObject ? stack[depth >> 6] | bit : stack[depth >> 6] & ~bit
    depth += 1
  }
}

/// The upper bit of each byte that is a control character, a quote or a backslash; only the lowest mark counts.
@inline(__always)
private func delimiterBytes(_ word: UInt64) -> UInt64 {
  let ones: UInt64 = 0x0101_0101_0101_0101
  let tops: UInt64 = 0x8080_8080_8080_8080
  let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
  let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
  let controls = (word &- ones &* 0x20) & ~word
  return (controls | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)) & tops
}
