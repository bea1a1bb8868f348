import BSON
import Testing

@Suite struct DateTests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (1_709_208_896_789, "2024-02-29T12:14:56.789Z"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z"), (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
      (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"),
    ] as [(Int64, String)])
  func `a date is written in UTC with milliseconds and read back`(milliseconds: Int64, text: String) {
    let date = BSONDate(millisecondsSince1970: milliseconds)
    #expect(date.rfc3339 == text)
    #expect(BSONDate(rfc3339: text) == date)
    #expect(json(.date(date)) == "\"\(text)\"")
  }

  @Test(arguments: [-62_135_596_800_001, 253_402_300_800_000, Int64.min, Int64.max])
  func `a date outside the years 1 to 9999 is null`(milliseconds: Int64) {
    let date = BSONDate(millisecondsSince1970: milliseconds)
    #expect(date.rfc3339 == nil)
    #expect(json(.date(date)) == "null")
  }

  @Test(
    arguments: [
      ("2024-01-01T00:00:00Z", 1_704_067_200_000), ("2024-01-01t00:00:00z", 1_704_067_200_000),
      ("2024-01-01 00:00:00Z", 1_704_067_200_000), ("2024-01-01T01:30:00+01:30", 1_704_067_200_000),
      ("2023-12-31T19:00:00-05:00", 1_704_067_200_000), ("2024-01-01T00:00:00.1Z", 1_704_067_200_100),
      ("2024-01-01T00:00:00.123456789Z", 1_704_067_200_123), ("2024-01-01T00:00:00-00:00", 1_704_067_200_000),
      ("2016-12-31T23:59:60Z", 1_483_228_800_000),
    ] as [(String, Int64)])
  func `what RFC 3339 allows is read`(text: String, milliseconds: Int64) {
    #expect(BSONDate(rfc3339: text)?.millisecondsSince1970 == milliseconds)
  }

  @Test(arguments: [
    "", "2024", "2024-01-01", "2024-01-01T00:00:00", "2024-1-1T00:00:00Z", "2024-13-01T00:00:00Z",
    "2024-00-01T00:00:00Z",
    "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2024-01-01T24:00:00Z",
    "2024-01-01T00:60:00Z",
    "2024-01-01T00:00:61Z", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+0100", "2024-01-01T00:00:00+24:00",
    "2024-01-01T00:00:00Zx", "2024-01-01T00:00:00+01:0", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00", "+024-01-01T00:00:00Z", "２０２４-01-01T00:00:00Z", "2024-01-01T00:00:00.1234x",
  ])
  func `what is no such date is refused`(text: String) {
    #expect(BSONDate(rfc3339: text) == nil)
  }

  @Test func `every day of four centuries is written and read back`() {
    for day in stride(from: Int64(-40_000), to: 106_097, by: 1) {
      let date = BSONDate(millisecondsSince1970: day * 86_400_000 + 86_399_999)
      #expect(date.rfc3339.flatMap { BSONDate(rfc3339: $0) } == date)
    }
  }
}
