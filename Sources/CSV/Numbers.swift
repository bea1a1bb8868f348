// Numbers from bytes. Most fields are short decimals, which a mantissa below 2^53 and a power of ten up to 10^22 give exactly
// (Clinger 1990); the rest goes through the standard library's correctly rounded parser.

private let powersOfTen: [Double] = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]

/// A finite decimal number (`-12.5e3`), blanks around it allowed; nil for anything else, hexadecimal, `nan` and `inf` included.
public func parseDecimal(_ field: ArraySlice<UInt8>) -> Double? { parseDecimal(field.span) }

/// The same for bytes that lie elsewhere.
public func parseDecimal(_ field: borrowing Span<UInt8>) -> Double? {
  let text = field.extracting(trimmedRange(of: field))
  var position = 0
  let end = text.count
  guard position < end else { return nil }
  let isNegative = text[position] == UInt8(ascii: "-")
  if isNegative || text[position] == UInt8(ascii: "+") { position += 1 }
  var mantissa: UInt64 = 0
  var digits = 0
  var significant = 0
  var exponent = 0
  var hasPoint = false
  while position < end {
    let byte = text[position]
    if byte &- 48 < 10 {
      digits += 1
      if significant < 19 {
        mantissa = mantissa &* 10 &+ UInt64(byte &- 48)
        if mantissa > 0 { significant += 1 }
        if hasPoint { exponent -= 1 }
      } else if !hasPoint {
        exponent += 1
      }
    } else if byte == UInt8(ascii: "."), !hasPoint {
      hasPoint = true
    } else {
      break
    }
    position += 1
  }
  guard digits > 0 else { return nil }
  if position < end {
    guard text[position] | 32 == UInt8(ascii: "e"), let power = wholeNumber(text.extracting((position + 1)...))
    else { return nil }
    exponent += max(-10_000, min(10_000, power))
  }
  if mantissa < 1 << 53, abs(exponent) <= 22, significant < 19 {
    let magnitude = exponent < 0 ? Double(mantissa) / powersOfTen[-exponent] : Double(mantissa) * powersOfTen[exponent]
    return isNegative ? -magnitude : magnitude
  }
  let digitsAlone = [UInt8](capacity: end) { output in for index in 0..<end { output.append(text[index]) } }
  guard let value = Double(String(decoding: digitsAlone, as: UTF8.self)), value.isFinite else { return nil }
  return value
}

/// A whole number in decimal with an optional sign, blanks around it allowed; nil for anything else and on overflow.
public func parseInteger(_ field: ArraySlice<UInt8>) -> Int? { parseInteger(field.span) }

/// The same for bytes that lie elsewhere.
public func parseInteger(_ field: borrowing Span<UInt8>) -> Int? {
  wholeNumber(field.extracting(trimmedRange(of: field)))
}

private func wholeNumber(_ text: borrowing Span<UInt8>) -> Int? {
  guard text.count > 0 else { return nil }
  let isNegative = text[0] == UInt8(ascii: "-")
  let first = isNegative || text[0] == UInt8(ascii: "+") ? 1 : 0
  guard first < text.count else { return nil }
  var value = 0
  for index in first..<text.count {
    let byte = text[index]
    guard byte &- 48 < 10 else { return nil }
    let (shifted, overflowed) = value.multipliedReportingOverflow(by: 10)
    // Built up on the negative side, which reaches one further.
    let (next, overflowedToo) = shifted.subtractingReportingOverflow(Int(byte &- 48))
    if overflowed || overflowedToo { return nil }
    value = next
  }
  if isNegative { return value }
  return value == Int.min ? nil : -value
}

/// The field without blanks and tabs around it.
public func trimmed(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
  var text = field
  while let first = text.first, first == 32 || first == 9 { text.removeFirst() }
  while let last = text.last, last == 32 || last == 9 { text.removeLast() }
  return text
}

/// Where the field lies without blanks and tabs around it.
public func trimmedRange(of field: borrowing Span<UInt8>) -> Range<Int> {
  var first = 0
  var end = field.count
  while first < end, field[first] == 32 || field[first] == 9 { first += 1 }
  while end > first, field[end - 1] == 32 || field[end - 1] == 9 { end -= 1 }
  return first..<end
}
