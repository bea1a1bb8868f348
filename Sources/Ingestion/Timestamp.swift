import BSON
import CSV

// The spellings of a moment that publishers use, and what each one means.
//
// Numbers, and text of digits only: eight digits are a day (yyyyMMdd); else the magnitude tells seconds (below 10^11,
// the year 5138), milliseconds (below 10^14), microseconds (below 10^17) and nanoseconds since 1970.
// Other text: RFC 3339; also without an offset (then UTC), with an offset without its colon, with ` UTC` for an offset
// (BigQuery), or a day alone.

/// The moment that a whole number stands for. Nil outside the years 1 to 9999.
func moment(ofNumber number: Int64) -> BSONDate? {
  if number >= 10_000_000, number <= 99_999_999 { return day(ofNumber: Int(number))?.midnight }
  let milliseconds: Int64
  switch number.magnitude {
  case ..<100_000_000_000: milliseconds = number * 1000
  case ..<100_000_000_000_000: milliseconds = number
  case ..<100_000_000_000_000_000: milliseconds = flooredQuotient(number, 1000)
  default: milliseconds = flooredQuotient(number, 1_000_000)
  }
  let date = BSONDate(millisecondsSince1970: milliseconds)
  return date.hasText ? date : nil
}

/// The moment that a number with a fraction stands for. Nil outside the years 1 to 9999.
func moment(ofNumber number: Double) -> BSONDate? {
  if let whole = Int64(exactly: number) { return moment(ofNumber: whole) }
  let milliseconds: Double
  switch number.magnitude {
  case ..<1e11: milliseconds = number * 1000
  case ..<1e14: milliseconds = number
  case ..<1e17: milliseconds = number / 1000
  default: milliseconds = number / 1e6
  }
  // The nearest millisecond: seconds with three decimals are no exact doubles.
  guard let whole = Int64(exactly: milliseconds.rounded()) else { return nil }
  let date = BSONDate(millisecondsSince1970: whole)
  return date.hasText ? date : nil
}

/// The moment that a text stands for, ASCII spaces around it ignored. Nil for anything unknown.
func moment(ofText raw: borrowing Span<UInt8>) -> BSONDate? {
  let text = raw.extracting(trimmedRange(of: raw))
  guard text.count > 0, text.count <= timestampBytesMax else { return nil }
  if text.count >= 20 {
    if let date = BSONDate(rfc3339: text) { return date }
  }
  if let whole = wholeNumber(ofText: text) { return moment(ofNumber: whole) }
  let bytes = [UInt8](capacity: text.count) { output in for index in 0..<text.count { output.append(text[index]) } }
  if let number = fraction(ofText: bytes[...]) { return moment(ofNumber: number) }
  guard text[0] >= UInt8(ascii: "0"), text[0] <= UInt8(ascii: "9") else { return nil }
  if text.count == 10 { return day(ofText: text)?.midnight }
  guard let spelled = completed(bytes) else { return nil }
  return BSONDate(rfc3339: spelled.span)
}

/// No spelling of a moment is longer.
private let timestampBytesMax = 64

/// The day `yyyy-MM-dd` or `yyyyMMdd`, if the calendar has it.
func day(ofText raw: borrowing Span<UInt8>) -> CivilDay? {
  let text = raw.extracting(trimmedRange(of: raw))
  if text.count == 8, let number = digits(text, 0..<8) { return day(ofNumber: number) }
  guard text.count == 10, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
    let year = digits(text, 0..<4), let month = digits(text, 5..<7), let day = digits(text, 8..<10)
  else { return nil }
  return CivilDay(year: year, month: month, day: day)
}

/// The day that the number yyyymmdd stands for, if the calendar has it.
func day(ofNumber number: Int) -> CivilDay? {
  CivilDay(year: number / 10_000, month: number / 100 % 100, day: number % 100)
}

/// RFC 3339 made of its common shortenings: an offset without a colon, or none at all.
private func completed(_ text: [UInt8]) -> [UInt8]? {
  guard text.count >= 16 else { return nil }
  var bytes = text
  if bytes.suffix(4).elementsEqual(" UTC".utf8) { bytes.replaceSubrange((bytes.count - 4)..., with: "Z".utf8) }
  guard bytes.count >= 16 else { return nil }
  // Without seconds: 2024-02-29T12:34.
  let afterMinute = bytes.count > 16 ? bytes[16] : 0
  if afterMinute != UInt8(ascii: ":") { bytes.insert(contentsOf: ":00".utf8, at: 16) }
  guard bytes.count >= 19 else { return nil }
  guard let sign = bytes[19...].firstIndex(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }) else {
    if bytes.last != UInt8(ascii: "Z"), bytes.last != UInt8(ascii: "z") { bytes.append(UInt8(ascii: "Z")) }
    return bytes
  }
  switch bytes.count - sign {
  case 3: bytes.append(contentsOf: ":00".utf8)
  case 5: bytes.insert(UInt8(ascii: ":"), at: sign + 3)
  default: break
  }
  return bytes
}

/// A whole number written with an optional minus sign, of at most 19 digits.
private func wholeNumber(ofText text: borrowing Span<UInt8>) -> Int64? {
  let isNegative = text[0] == UInt8(ascii: "-")
  let first = isNegative ? 1 : 0
  guard (1...19).contains(text.count - first) else { return nil }
  var value: Int64 = 0
  for index in first..<text.count {
    let byte = text[index]
    guard byte &- 48 < 10 else { return nil }
    let (shifted, overflowed) = value.multipliedReportingOverflow(by: 10)
    let (next, overflowedToo) = shifted.addingReportingOverflow(Int64(byte &- 48))
    if overflowed || overflowedToo { return nil }
    value = next
  }
  return isNegative ? -value : value
}

/// A number written with an optional minus sign, digits, a point and digits.
private func fraction(ofText text: ArraySlice<UInt8>) -> Double? {
  let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
  guard let point = digits.firstIndex(of: UInt8(ascii: ".")), point > digits.startIndex, point + 1 < digits.endIndex,
    digits[..<point].allSatisfy({ $0 &- 48 < 10 }), digits[(point + 1)...].allSatisfy({ $0 &- 48 < 10 })
  else { return nil }
  return Double(String(decoding: text, as: UTF8.self))
}

/// The number that so many ASCII digits spell; nil when one of them is no digit. At most eight are asked for.
private func digits(_ text: borrowing Span<UInt8>, _ places: Range<Int>) -> Int? {
  var value = 0
  for index in places {
    let byte = text[index]
    guard byte &- 48 < 10 else { return nil }
    value = value &* 10 &+ Int(byte &- 48)
  }
  return value
}

private func flooredQuotient(_ number: Int64, _ divisor: Int64) -> Int64 {
  let quotient = number / divisor
  return number % divisor < 0 ? quotient - 1 : quotient
}

/// The text without ASCII spaces and tabs around it.
func withoutSpaces(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
  var text = text
  while let first = text.first, first == 0x20 || first == 0x09 { text = text.dropFirst() }
  while let last = text.last, last == 0x20 || last == 0x09 { text = text.dropLast() }
  return text
}
