/// Appends a date as a JSON string, or null outside the years 1...9999.
func encodeDate(_ milliseconds: Int64, into sink: inout JSONSink) {
  let date = BSONDate(millisecondsSince1970: milliseconds)
  guard date.hasText else {
    sink.put("null")
    return
  }
  sink.put(UInt8(ascii: "\""))
  // Writes exactly that many bytes, within slack.
  unsafe sink.put(atMost: rfc3339Length) { out in
    unsafe writeRFC3339(date, to: out)
    return rfc3339Length
  }
  sink.put(UInt8(ascii: "\""))
}

/// Appends bytes as hexadecimal digits in quotes; at most 32 bytes.
func encodeHex(_ source: borrowing Span<UInt8>, from start: Int, count: Int, into sink: inout JSONSink) {
  sink.put(UInt8(ascii: "\""))
  for index in start..<start + count {
    sink.put(hexDigit(source[index] >> 4))
    sink.put(hexDigit(source[index] & 15))
  }
  sink.put(UInt8(ascii: "\""))
}

@inline(__always)
private func hexDigit(_ nibble: UInt8) -> UInt8 { nibble &+ (nibble < 10 ? 0x30 : 0x57) }

/// Appends an integer.
func encodeInteger(_ number: Int64, into sink: inout JSONSink) {
  if number < 0 { sink.put(UInt8(ascii: "-")) }
  encodeDigits(number.magnitude, into: &sink)
}

/// Appends the decimal digits of a number.
@inline(__always)
private func encodeDigits(_ number: UInt64, into sink: inout JSONSink) {
  let length = digitCount(number)
  // An UInt64 has at most 20 digits, within slack.
  unsafe sink.put(atMost: 20) { out in
    var rest = number
    var index = length
    while index > 0 {
      index -= 1
      let quotient = rest / 10
      unsafe out[index] = UInt8(truncatingIfNeeded: rest &- quotient &* 10) &+ 0x30
      rest = quotient
    }
    return length
  }
}

/// Number of decimal digits.
@inline(__always)
private func digitCount(_ number: UInt64) -> Int {
  var count = 1
  var rest = number
  while rest >= 10_000 {
    rest /= 10_000
    count += 4
  }
  return rest >= 1000 ? count + 3 : rest >= 100 ? count + 2 : rest >= 10 ? count + 1 : count
}

/// Appends the shortest text that reads back as the same double; null for NaN and the infinities.
func encodeDouble(_ number: Double, into sink: inout JSONSink) {
  guard number.isFinite else {
    sink.put("null")
    return
  }
  // Amounts and ratios: n / 10^k with n below 10^15 names exactly one double, so the first k that gives this double back
  // gives its shortest text. The division of two exact doubles is correctly rounded.
  if number.magnitude < 1e9 {
    var scale = 1.0
    for decimals in 0...5 {
      // Below 10^14, so the conversion is exact but for the fraction that it cuts.
      let scaled = Int64(number.magnitude * scale + 0.5)
      if Double(scaled) / scale == number.magnitude {
        encodeFixed(UInt64(scaled), decimals: decimals, isNegative: number.sign == .minus, into: &sink)
        return
      }
      scale *= 10
    }
  }
  // "1e+300", "5e-324" and "0.1" are JSON as they are.
  sink.put(contentsOf: number.description.utf8.span)
}

/// Appends `scaled / 10^decimals`, with `.0` when there are no decimals, as for every double.
private func encodeFixed(_ scaled: UInt64, decimals: Int, isNegative: Bool, into sink: inout JSONSink) {
  if isNegative { sink.put(UInt8(ascii: "-")) }
  if decimals == 0 {
    encodeDigits(scaled, into: &sink)
    sink.put(".0")
    return
  }
  var divisor: UInt64 = 1
  for _ in 0..<decimals { divisor *= 10 }
  encodeDigits(scaled / divisor, into: &sink)
  sink.put(UInt8(ascii: "."))
  var rest = scaled % divisor
  for _ in 0..<decimals {
    divisor /= 10
    sink.put(UInt8(truncatingIfNeeded: rest / divisor) &+ 0x30)
    rest %= divisor
  }
}

/// Appends bytes as base64 (RFC 4648 section 4, padded) in quotes.
func encodeBase64(_ source: borrowing Span<UInt8>, from start: Int, to end: Int, into sink: inout JSONSink) {
  guard sink.hasRoom else { return }
  sink.put(UInt8(ascii: "\""))
  var index = start
  while index < end, sink.hasRoom {
    let count = min(3, end - index)
    var group = UInt32(source[index]) << 16
    if count > 1 { group |= UInt32(source[index + 1]) << 8 }
    if count > 2 { group |= UInt32(source[index + 2]) }
    sink.put(base64Digits[Int(group >> 18)])
    sink.put(base64Digits[Int(group >> 12 & 63)])
    sink.put(count > 1 ? base64Digits[Int(group >> 6 & 63)] : UInt8(ascii: "="))
    sink.put(count > 2 ? base64Digits[Int(group & 63)] : UInt8(ascii: "="))
    index += 3
  }
  guard sink.hasRoom else { return }
  sink.put(UInt8(ascii: "\""))
}

private let base64Digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
