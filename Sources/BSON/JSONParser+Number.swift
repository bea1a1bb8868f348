/// What the digits of a number say: `mantissa * 10^exponent`, exact unless digits were left out.
struct JSONNumberText {
  var isNegative = false
  /// The first nineteen significant digits.
  var mantissa: UInt64 = 0
  var significantDigits = 0
  var exponent = 0
  /// Whether there is neither fraction nor exponent.
  var isInteger = true
  /// Index after the number.
  var end = 0
}

/// Scans a number by the grammar of RFC 8259 section 6; nil, with the offset of the fault in `end`, when it breaks it.
func scanNumber(_ json: borrowing Span<UInt8>, at start: Int) -> (number: JSONNumberText, isValid: Bool) {
  var number = JSONNumberText()
  var index = start
  func isDigit(_ index: Int) -> Bool { index < json.count && json[index] >= 0x30 && json[index] <= 0x39 }
  func take(_ byte: UInt8) {
    if number.significantDigits < 19 {
      number.mantissa = number.mantissa &* 10 &+ UInt64(byte &- 0x30)
      if number.mantissa != 0 { number.significantDigits += 1 }
    } else {
      number.significantDigits += 1
      number.exponent += 1
    }
  }
  if json[index] == UInt8(ascii: "-") {
    number.isNegative = true
    index += 1
  }
  number.end = index
  guard isDigit(index) else { return (number, false) }
  if json[index] == 0x30 {
    index += 1
    number.end = index
    if isDigit(index) { return (number, false) }
  } else {
    while isDigit(index) {
      take(json[index])
      index += 1
    }
  }
  if index < json.count, json[index] == UInt8(ascii: ".") {
    number.isInteger = false
    index += 1
    number.end = index
    guard isDigit(index) else { return (number, false) }
    while isDigit(index) {
      number.exponent -= 1
      take(json[index])
      index += 1
    }
  }
  if index < json.count, json[index] | 0x20 == UInt8(ascii: "e") {
    number.isInteger = false
    index += 1
    var isNegative = false
    if index < json.count, json[index] == UInt8(ascii: "-") || json[index] == UInt8(ascii: "+") {
      isNegative = json[index] == UInt8(ascii: "-")
      index += 1
    }
    number.end = index
    guard isDigit(index) else { return (number, false) }
    var written = 0
    while isDigit(index) {
      written = min(written * 10 + Int(json[index] - 0x30), 1 << 40)
      index += 1
    }
    number.exponent += isNegative ? -written : written
  }
  number.end = index
  return (number, true)
}

extension JSONParser {
  /// Reads the number that begins here, writes it and returns its type.
  mutating func parseNumber(_ json: borrowing Span<UInt8>) throws(JSONError) -> BSONType {
    let start = position
    let (number, isValid) = scanNumber(json, at: start)
    guard isValid else {
      throw error(number.end >= json.count ? .unexpectedEnd : .invalidNumber, at: number.end)
    }
    position = number.end
    out.reserve()
    if number.isInteger {
      guard let integer = integer(number) else { throw error(.integerOutOfRange, at: start) }
      if let small = Int32(exactly: integer) {
        out.put(littleEndian: small)
        return .int32
      }
      out.put(littleEndian: integer)
      return .int64
    }
    let value = double(number, json, at: start)
    guard value.isFinite else { throw error(.numberOutOfRange, at: start) }
    out.put(littleEndian: value.bitPattern)
    return .double
  }
}

/// The double that a document's number would give for the text that begins here, and where the text ends; nil where a document
/// refuses it.
func plainNumber(_ json: borrowing Span<UInt8>, at start: Int) -> (value: Double?, end: Int) {
  let (number, isValid) = scanNumber(json, at: start)
  guard isValid else { return (nil, number.end) }
  if number.isInteger { return (integer(number).map { Double($0) }, number.end) }
  let value = double(number, json, at: start)
  return (value.isFinite ? value : nil, number.end)
}

/// The integer, or nil outside Int64.
private func integer(_ number: JSONNumberText) -> Int64? {
  // Nineteen digits always fit UInt64; a twentieth never fits Int64.
  guard number.significantDigits <= 19 else { return nil }
  if !number.isNegative { return Int64(exactly: number.mantissa) }
  return number.mantissa <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- number.mantissa) : nil
}

/// The nearest double, infinite when there is none.
private func double(_ number: JSONNumberText, _ json: borrowing Span<UInt8>, at start: Int) -> Double {
  // Clinger, "How to read floating point numbers accurately" (1990): both factors exact, one rounding.
  if number.significantDigits <= 19, number.mantissa <= 1 << 53, abs(number.exponent) <= 22 {
    let magnitude =
      number.exponent >= 0
      ? Double(number.mantissa) * exactPowersOfTen[number.exponent]
      : Double(number.mantissa) / exactPowersOfTen[-number.exponent]
    return number.isNegative ? -magnitude : magnitude
  }
  if number.mantissa == 0 { return number.isNegative ? -0.0 : 0.0 }
  return roundedDouble(number, json, at: start)
}

/// The powers of ten that a double holds exactly.
private let exactPowersOfTen: [Double] = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]

/// The slow way: the standard library reads the digits. 767 digits decide every rounding, so of a longer number 800 are
/// kept and one more that says whether anything followed; the text stays short whatever was sent.
private func roundedDouble(_ number: JSONNumberText, _ json: borrowing Span<UInt8>, at start: Int) -> Double {
  var text: [UInt8] = number.isNegative ? [UInt8(ascii: "-")] : []
  // The exponent of the scan counts from nineteen digits.
  var exponent = number.exponent
  var kept = 0
  var tailIsZero = true
  for index in start..<number.end {
    let byte = json[index]
    if byte | 0x20 == UInt8(ascii: "e") { break }
    guard byte >= 0x30, byte <= 0x39, kept > 0 || byte != 0x30 else { continue }
    if kept < 800 {
      text.append(byte)
      kept += 1
      if kept > 19 { exponent -= 1 }
    } else if byte != 0x30 {
      tailIsZero = false
    }
  }
  if !tailIsZero {
    text.append(UInt8(ascii: "1"))
    exponent -= 1
  }
  // Beyond these every number of 801 digits is infinite or zero.
  exponent = min(max(exponent, -5000), 5000)
  text.append(UInt8(ascii: "e"))
  text += String(exponent).utf8
  return Double(String(decoding: text, as: UTF8.self)) ?? .nan
}
