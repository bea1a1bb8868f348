extension BSONDate {
  /// Appends `2024-02-29T12:34:56.789Z`: always UTC, always milliseconds. False, and nothing appended, outside the years
  /// 1...9999, for which RFC 3339 has no text.
  @discardableResult
  public func appendRFC3339(to out: inout [UInt8]) -> Bool {
    guard hasText else { return false }
    out.append(addingCapacity: rfc3339Length) { output in
      // The closure fills exactly the bytes it says.
      unsafe output.withUnsafeMutableBufferPointer { buffer, count in
        guard let base = buffer.baseAddress else { return }
        unsafe writeRFC3339(self, to: base)
        count = rfc3339Length
      }
    }
    return true
  }

  /// The RFC 3339 text, or nil outside the years 1...9999.
  public var rfc3339: String? {
    var out: [UInt8] = []
    return appendRFC3339(to: &out) ? String(decoding: out, as: UTF8.self) : nil
  }

  /// Reads RFC 3339 (section 5.6): date, `T` or a space, time, optional fraction, `Z` or an offset. Digits after the
  /// millisecond are cut. A leap second counts as the first second of the next minute. Nil for anything else.
  public init?(rfc3339 text: String) {
    self.init(rfc3339: text.utf8.span)
  }

  /// Reads RFC 3339 from bytes; see `init(rfc3339:)`.
  public init?(rfc3339 bytes: Span<UInt8>) {
    guard bytes.count >= 20, bytes.count <= 64,
      let year = digits(bytes, 0, 4), bytes[4] == UInt8(ascii: "-"),
      let month = digits(bytes, 5, 2), bytes[7] == UInt8(ascii: "-"),
      let day = digits(bytes, 8, 2),
      bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t") || bytes[10] == UInt8(ascii: " "),
      let hour = digits(bytes, 11, 2), bytes[13] == UInt8(ascii: ":"),
      let minute = digits(bytes, 14, 2), bytes[16] == UInt8(ascii: ":"),
      let second = digits(bytes, 17, 2)
    else { return nil }
    guard year >= 1, (1...12).contains(month), day >= 1, day <= daysIn(month: month, year: year),
      hour <= 23, minute <= 59, second <= 60
    else { return nil }
    var index = 19
    var milliseconds = 0
    if bytes[index] == UInt8(ascii: ".") {
      index += 1
      let first = index
      var scale = 100
      while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 {
        milliseconds += Int(bytes[index] - 0x30) * scale
        scale /= 10
        index += 1
      }
      guard index > first else { return nil }
    }
    guard index < bytes.count, let offset = offsetMinutes(bytes, at: index) else { return nil }
    let days = daysSince1970(year: year, month: month, day: day)
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset * 60
    self.init(millisecondsSince1970: Int64(seconds * 1000 + milliseconds))
    guard hasText else { return nil }
  }
}

/// Length of the text that is written: 2024-02-29T12:34:56.789Z.
let rfc3339Length = 24

/// Writes the 24 bytes of a date whose year is 1...9999.
func writeRFC3339(_ date: BSONDate, to out: UnsafeMutablePointer<UInt8>) {
  // Counted from 0000-03-01, 719,468 days before 1970, all numbers of these years are positive and fit 32 bits.
  let milliseconds = UInt64(bitPattern: date.millisecondsSince1970 &+ 719_468 * 86_400_000)
  let shifted = UInt32(truncatingIfNeeded: milliseconds / 86_400_000)
  let inDay = UInt32(truncatingIfNeeded: milliseconds &- UInt64(shifted) &* 86_400_000)
  // Civil date from a day count: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
  let era = shifted / 146_097
  let dayOfEra = shifted &- era &* 146_097
  let yearOfEra = (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
  let monthFromMarch = (5 &* dayOfYear &+ 2) / 153
  let day = dayOfYear &- (153 &* monthFromMarch &+ 2) / 5 &+ 1
  let month = monthFromMarch < 10 ? monthFromMarch &+ 3 : monthFromMarch &- 9
  let year = yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0)
  let seconds = inDay / 1000
  let minutes = seconds / 60
  let hours = minutes / 60
  let thousandths = inDay &- seconds &* 1000
  // The caller gives 24 bytes; the offsets below are all less.
  unsafe put(year / 100, out)
  unsafe put(year % 100, out + 2)
  unsafe out[4] = UInt8(ascii: "-")
  unsafe put(month, out + 5)
  unsafe out[7] = UInt8(ascii: "-")
  unsafe put(day, out + 8)
  unsafe out[10] = UInt8(ascii: "T")
  unsafe put(hours, out + 11)
  unsafe out[13] = UInt8(ascii: ":")
  unsafe put(minutes &- hours &* 60, out + 14)
  unsafe out[16] = UInt8(ascii: ":")
  unsafe put(seconds &- minutes &* 60, out + 17)
  unsafe out[19] = UInt8(ascii: ".")
  unsafe put(thousandths / 10, out + 20)
  unsafe out[22] = 0x30 &+ UInt8(truncatingIfNeeded: thousandths % 10)
  unsafe out[23] = UInt8(ascii: "Z")
}

/// Two decimal digits of a number below 100.
@inline(__always)
private func put(_ number: UInt32, _ out: UnsafeMutablePointer<UInt8>) {
  let tens = (number &* 103) >> 10
  // The caller gives two bytes.
  unsafe out[0] = UInt8(truncatingIfNeeded: tens &+ 0x30)
  unsafe out[1] = UInt8(truncatingIfNeeded: number &- tens &* 10 &+ 0x30)
}

/// `count` ASCII digits as a number; nil when one of them is no digit.
private func digits(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> Int? {
  var value = 0
  for index in start..<start + count {
    guard bytes[index] >= 0x30, bytes[index] <= 0x39 else { return nil }
    value = value * 10 + Int(bytes[index] - 0x30)
  }
  return value
}

/// `Z` or `+hh:mm` up to the end, in minutes east of UTC.
private func offsetMinutes(_ bytes: Span<UInt8>, at index: Int) -> Int? {
  switch bytes[index] {
  case UInt8(ascii: "Z"), UInt8(ascii: "z"):
    return bytes.count == index + 1 ? 0 : nil
  case UInt8(ascii: "+"), UInt8(ascii: "-"):
    guard bytes.count == index + 6, let hours = digits(bytes, index + 1, 2), bytes[index + 3] == UInt8(ascii: ":"),
      let minutes = digits(bytes, index + 4, 2), hours <= 23, minutes <= 59
    else { return nil }
    let offset = hours * 60 + minutes
    return bytes[index] == UInt8(ascii: "+") ? offset : -offset
  default: return nil
  }
}

private func daysIn(month: Int, year: Int) -> Int {
  switch month {
  case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
  case 4, 6, 9, 11: 30
  default: 31
  }
}

/// Day count of a civil date: Hinnant, days_from_civil.
private func daysSince1970(year: Int, month: Int, day: Int) -> Int {
  let shiftedYear = month <= 2 ? year - 1 : year
  let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
  let yearOfEra = shiftedYear - era * 400
  let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
  let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
