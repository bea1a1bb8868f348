import BSON

/// A UTC calendar day written as the number yyyymmdd.
public enum UTCDay {
  /// Milliseconds of a day.
  public static let milliseconds: Int64 = 86_400_000

  /// The first moment of a day.
  public static func start(of day: Int) -> BSONDate {
    BSONDate(millisecondsSince1970: Int64(daysSince1970(of: day)) * milliseconds)
  }

  /// The first moment after a day.
  public static func end(of day: Int) -> BSONDate {
    BSONDate(millisecondsSince1970: (Int64(daysSince1970(of: day)) + 1) * milliseconds)
  }

  /// The month of a day (days since 1970), counted from January of the year 0 (H. Hinnant, civil_from_days).
  public static func month(ofDay day: Int) -> Int {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchBased = (5 * dayOfYear + 2) / 153
    // March is month 2 of its year when January is 0; January and February belong to the next year.
    return (yearOfEra + era * 400) * 12 + marchBased + 2
  }

  /// The day of a moment (H. Hinnant, civil_from_days).
  public static func day(of date: BSONDate) -> Int {
    let (quotient, remainder) = date.millisecondsSince1970.quotientAndRemainder(dividingBy: milliseconds)
    let days = Int(remainder < 0 ? quotient - 1 : quotient) + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let m = (5 * dayOfYear + 2) / 153
    let month = m < 10 ? m + 3 : m - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return year * 10_000 + month * 100 + dayOfYear - (153 * m + 2) / 5 + 1
  }

  /// Days from 1970-01-01 to a day of the proleptic Gregorian calendar (H. Hinnant, days_from_civil).
  public static func daysSince1970(of day: Int) -> Int {
    let (y, m, d) = (day / 10_000, day / 100 % 100, day % 100)
    let year = m <= 2 ? y - 1 : y
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
