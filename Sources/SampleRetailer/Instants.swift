/// Calendar arithmetic in UTC, on whole numbers.
enum Instants {
  static let secondsPerDay = 86_400

  /// Year, month, day of a day counted from 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms").
  static func civil(day: Int) -> (year: Int, month: Int, day: Int) {
    let z = day + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  /// 0 is Sunday.
  static func weekday(day: Int) -> Int { ((day + 4) % 7 + 7) % 7 }
}

extension [UInt8] {
  /// `yyyyMMdd`, or `yyyy-MM-dd` with a separator.
  mutating func append(day: Int, separator: UInt8? = nil) {
    let date = Instants.civil(day: day)
    append(decimal: date.year, width: 4)
    if let separator { append(separator) }
    append(decimal: date.month, width: 2)
    if let separator { append(separator) }
    append(decimal: date.day, width: 2)
  }

  /// RFC 3339 in UTC; the fraction is written when it is not zero.
  mutating func append(rfc3339 milliseconds: Int) {
    let seconds = milliseconds / 1000
    append(day: seconds / Instants.secondsPerDay, separator: UInt8(ascii: "-"))
    append(UInt8(ascii: "T"))
    append(decimal: seconds / 3600 % 24, width: 2)
    append(UInt8(ascii: ":"))
    append(decimal: seconds / 60 % 60, width: 2)
    append(UInt8(ascii: ":"))
    append(decimal: seconds % 60, width: 2)
    if milliseconds % 1000 != 0 {
      append(UInt8(ascii: "."))
      append(decimal: milliseconds % 1000, width: 3)
    }
    append(UInt8(ascii: "Z"))
  }
}

extension SampleRetailer {
  /// Seconds from 1970-01-01 to the start of a UTC day of the civil calendar; nil when there is no such day.
  public static func seconds(year: Int, month: Int, day: Int) -> Int? {
    guard (1...12).contains(month), (1...31).contains(day) else { return nil }
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let number = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    guard Instants.civil(day: number) == (year, month, day) else { return nil }
    return number * Instants.secondsPerDay
  }
}
