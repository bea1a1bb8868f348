extension JSONParser {
  /// Reads the string whose quote stands here and writes its text: escapes resolved, UTF-8 checked, no terminator.
  @inline(__always)
  mutating func parseString(_ json: borrowing Span<UInt8>, isKey: Bool) throws(JSONError) {
    var index = position + 1
    while true {
      // Eight bytes at a time while none of them needs thought.
      while json.count - index >= 8 {
        out.reserve()
        let word = loadUInt64(json, at: index)
        let special = specialBytes(word)
        let plain = special == 0 ? 8 : special.trailingZeroBitCount >> 3
        out.put(word: word, count: plain)
        index += plain
        if special != 0 { break }
      }
      position = index
      let next = try byte(json)
      if next == UInt8(ascii: "\"") {
        position = index + 1
        return
      }
      try parseSpecial(json, next, isKey: isKey)
      index = position
    }
  }

  /// One byte that is not the closing quote: plain near the text's end, else an escape, a sequence or an error.
  private mutating func parseSpecial(
    _ json: borrowing Span<UInt8>, _ byte: UInt8, isKey: Bool
  ) throws(JSONError) {
    if byte >= 0x80 {
      while position < json.count, json[position] >= 0x80 {
        let length = utf8SequenceLength(json, at: position, limit: json.count)
        guard length > 0 else { throw error(.invalidUTF8) }
        out.reserve()
        for offset in 0..<length { out.put(json[position + offset]) }
        position += length
      }
    } else if byte == UInt8(ascii: "\\") {
      try parseEscape(json, isKey: isKey)
    } else if byte < 0x20 {
      throw error(.controlCharacter)
    } else {
      out.reserve()
      out.put(byte)
      position += 1
    }
  }

  private mutating func parseEscape(_ json: borrowing Span<UInt8>, isKey: Bool) throws(JSONError) {
    let start = position
    position += 1
    let letter = try byte(json)
    position += 1
    out.reserve()
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.put(letter)
    case UInt8(ascii: "b"): out.put(0x08)
    case UInt8(ascii: "f"): out.put(0x0C)
    case UInt8(ascii: "n"): out.put(0x0A)
    case UInt8(ascii: "r"): out.put(0x0D)
    case UInt8(ascii: "t"): out.put(0x09)
    case UInt8(ascii: "u"):
      var scalar = try parseHex(json)
      if (0xDC00...0xDFFF).contains(scalar) { throw error(.loneSurrogate, at: start) }
      if (0xD800...0xDBFF).contains(scalar) {
        guard let afterEscape = literalEnd("\\u", json, at: position) else { throw error(.loneSurrogate, at: start) }
        position = afterEscape
        let low = try parseHex(json)
        guard (0xDC00...0xDFFF).contains(low) else { throw error(.loneSurrogate, at: start) }
        scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
      }
      if scalar == 0 {
        if isKey { throw error(.nulInKey, at: start) }
        if !limits.allowsNULInStrings { throw error(.nulInString, at: start) }
      }
      put(scalar: scalar)
    default: throw error(.invalidEscape, at: start)
    }
  }

  /// Four hexadecimal digits.
  private mutating func parseHex(_ json: borrowing Span<UInt8>) throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = hexDigit(try byte(json)) else { throw error(.invalidEscape) }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  /// Writes a scalar value in UTF-8.
  private mutating func put(scalar: UInt32) {
    func low6(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: scalar >> shift & 0x3F) | 0x80 }
    switch scalar {
    case 0..<0x80:
      out.put(UInt8(truncatingIfNeeded: scalar))
    case 0x80..<0x800:
      out.put(UInt8(truncatingIfNeeded: scalar >> 6) | 0xC0)
      out.put(low6(0))
    case 0x800..<0x10000:
      out.put(UInt8(truncatingIfNeeded: scalar >> 12) | 0xE0)
      out.put(low6(6))
      out.put(low6(0))
    default:
      out.put(UInt8(truncatingIfNeeded: scalar >> 18) | 0xF0)
      out.put(low6(12))
      out.put(low6(6))
      out.put(low6(0))
    }
  }
}

extension ByteBuffer {
  /// The decimal digits of a number that is not negative; the caller reserved.
  @inline(__always)
  mutating func put(decimal number: Int) {
    if number < 10 {
      put(UInt8(truncatingIfNeeded: number) + 0x30)
      return
    }
    var divisor = 10
    while number / divisor >= 10 { divisor *= 10 }
    var rest = number
    while divisor > 0 {
      put(UInt8(truncatingIfNeeded: rest / divisor) + 0x30)
      rest %= divisor
      divisor /= 10
    }
  }
}
