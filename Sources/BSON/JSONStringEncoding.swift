/// Appends `source[start..<end]` as a JSON string with its quotes. Escapes what RFC 8259 section 7 requires; bytes that
/// are not UTF-8 become U+FFFD.
func encodeString(_ source: borrowing Span<UInt8>, from start: Int, to end: Int, into sink: inout JSONSink) {
  guard sink.hasRoom else { return }
  sink.put(UInt8(ascii: "\""))
  var index = start
  while true {
    index = copyPlain(source, from: index, to: end, into: &sink)
    guard index < end else { break }
    guard sink.hasRoom else { return }
    index = encodeSpecial(source, at: index, limit: end, into: &sink)
  }
  sink.put(UInt8(ascii: "\""))
}

/// Copies bytes up to the first that needs thought: a control character (NUL included), a quote, a backslash, or a byte
/// of a multi-byte sequence. Returns its index, or `end`. Eight bytes at a time.
@inline(__always)
private func copyPlain(
  _ source: borrowing Span<UInt8>, from start: Int, to end: Int, into sink: inout JSONSink
) -> Int {
  var index = start
  while end - index >= 8 {
    guard sink.hasRoom else { return end }
    let word = loadUInt64(source, at: index)
    let special = specialBytes(word)
    if special != 0 {
      let plain = special.trailingZeroBitCount >> 3
      sink.put(word: word, count: plain)
      return index + plain
    }
    sink.put(word: word, count: 8)
    index += 8
  }
  guard sink.hasRoom else { return end }
  while index < end {
    let byte = source[index]
    if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
    sink.put(byte)
    index += 1
  }
  return index
}

/// The upper bit of each byte that is a control character, a quote, a backslash or above 0x7F. Bytes above the lowest
/// marked one may be marked wrongly: only the lowest counts. (Subtraction borrows upwards only from a true mark.)
@inline(__always)
func specialBytes(_ word: UInt64) -> UInt64 {
  let ones: UInt64 = 0x0101_0101_0101_0101
  let tops: UInt64 = 0x8080_8080_8080_8080
  let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
  let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
  let controls = (word &- ones &* 0x20) & ~word
  return (controls | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | word) & tops
}

/// Appends the escape or the multi-byte sequence at `index`; returns where the next byte is.
private func encodeSpecial(
  _ source: borrowing Span<UInt8>, at index: Int, limit: Int, into sink: inout JSONSink
) -> Int {
  let byte = source[index]
  guard byte < 0x80 else { return encodeSequences(source, from: index, limit: limit, into: &sink) }
  sink.put(UInt8(ascii: "\\"))
  switch byte {
  case UInt8(ascii: "\""), UInt8(ascii: "\\"): sink.put(byte)
  case 0x08: sink.put(UInt8(ascii: "b"))
  case 0x09: sink.put(UInt8(ascii: "t"))
  case 0x0A: sink.put(UInt8(ascii: "n"))
  case 0x0C: sink.put(UInt8(ascii: "f"))
  case 0x0D: sink.put(UInt8(ascii: "r"))
  default:
    sink.put("u00")
    sink.put(byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
    sink.put(lowercaseHexDigits[Int(byte & 15)])
  }
  return index + 1
}

/// Copies multi-byte sequences while they follow each other, as they do in most scripts.
private func encodeSequences(
  _ source: borrowing Span<UInt8>, from start: Int, limit: Int, into sink: inout JSONSink
) -> Int {
  var index = start
  while index < limit, source[index] >= 0x80, sink.hasRoom {
    let length = utf8SequenceLength(source, at: index, limit: limit)
    if length == 0 {
      sink.put("\u{FFFD}")
      index += 1
    } else {
      for offset in 0..<length { sink.put(source[index + offset]) }
      index += length
    }
  }
  return index
}
