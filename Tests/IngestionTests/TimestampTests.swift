import BSON
import Testing

@testable import Ingestion

@Suite struct `A timestamp` {
  @Test(arguments: [
    ("2024-02-29T12:34:56.789Z", "2024-02-29T12:34:56.789Z"), ("2024-02-29t12:34:56z", "2024-02-29T12:34:56.000Z"),
    ("2024-02-29T14:34:56.7899+02:00", "2024-02-29T12:34:56.789Z"),
    ("2024-02-29T14:34:56+0200", "2024-02-29T12:34:56.000Z"), ("2024-02-29T14:34:56+02", "2024-02-29T12:34:56.000Z"),
    ("2024-02-29 12:34:56", "2024-02-29T12:34:56.000Z"), ("2024-02-29 12:34:56 UTC", "2024-02-29T12:34:56.000Z"),
    ("2024-02-29 12:34:56.5 UTC", "2024-02-29T12:34:56.500Z"), ("2024-02-29T12:34", "2024-02-29T12:34:00.000Z"),
    ("2024-02-29T12:34Z", "2024-02-29T12:34:00.000Z"), ("2024-02-29", "2024-02-29T00:00:00.000Z"),
    ("20240229", "2024-02-29T00:00:00.000Z"), (" 1709210096 ", "2024-02-29T12:34:56.000Z"),
    ("1709210096.789", "2024-02-29T12:34:56.789Z"), ("1709210096789", "2024-02-29T12:34:56.789Z"),
    ("1709210096789000", "2024-02-29T12:34:56.789Z"), ("1709210096789000000", "2024-02-29T12:34:56.789Z"),
    ("-1", "1969-12-31T23:59:59.000Z"), ("0", "1970-01-01T00:00:00.000Z"),
    ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
    ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"), ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
  ])
  func `is read in every spelling`(text: String, expected: String) {
    let moment = moment(ofText: text.utf8Span.span)
    #expect(moment?.rfc3339 == expected)
  }

  @Test(arguments: [
    "", " ", "x", "2024-02-30", "2023-02-29T00:00:00Z", "2024-13-01", "20241301", "0000-01-01", "10000-01-01",
    "2024-02-29T24:00:00Z", "2024-02-29T12:60:00Z", "2024-02-29T12:34:56+24:00", "2024-02-29T12:34:56.Z", "1e9", "0x10",
    "+1709210096", "1709210096.", ".5", "--1", "nan", "99999999999999999999", "2024-02-29T12", "2024-02-29T12:34:56ZZ",
    "\u{FF12}0240229", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00",
  ])
  func `is refused when it stands for no moment`(text: String) {
    let moment = moment(ofText: text.utf8Span.span)
    #expect(moment == nil)
  }

  @Test(arguments: [
    ("1709210096", "2024-02-29T12:34:56.000Z"), ("1709210096.789", "2024-02-29T12:34:56.789Z"),
    ("1709210096789", "2024-02-29T12:34:56.789Z"), ("1709210096789123", "2024-02-29T12:34:56.789Z"),
    ("20240229", "2024-02-29T00:00:00.000Z"), ("1.7e9", "2023-11-14T22:13:20.000Z"),
    ("-62135596800", "0001-01-01T00:00:00.000Z"),
  ])
  func `may be a number`(number: String, expected: String) throws {
    let item = try only(.events, event(at: number))
    #expect(item.document.date("eventTimestamp")?.rfc3339 == expected)
  }

  @Test(arguments: ["true", "{}", "[]", "\"\"", "-62135596801", "99999999", "1e300"])
  func `is refused when of another kind or year`(value: String) throws {
    let rejection = try fault(.events, event(at: value))
    #expect(rejection.code == "not_a_timestamp")
    #expect(rejection.field == "eventTimestamp")
  }

  @Test func `has a day of its own for every moment`() {
    for days in stride(from: -719_162, to: 2_932_896, by: 379) {
      let date = BSONDate(millisecondsSince1970: Int64(days) * 86_400_000)
      let day = CivilDay(of: date)
      #expect(day.midnight == date)
      #expect(CivilDay(of: BSONDate(millisecondsSince1970: date.millisecondsSince1970 + 86_399_999)) == day)
      #expect(date.rfc3339?.prefix(10).filter { $0 != "-" } == paddedToEight(day.yyyymmdd))
    }
  }

  private func paddedToEight(_ number: Int32) -> String {
    let digits = String(number)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
