import Testing

@testable import Lab

@Suite struct DatesTests {
  @Test(arguments: [
    ("1970-01-01", 0), ("2000-03-01", 11017), ("1969-12-31", -1), ("2024-02-29", 19782),
    ("1997-09-30T10:00:00Z", 10134),
  ])
  func `days are counted from 1970`(_ text: String, _ day: Int) { #expect(dayNumber(text) == day) }

  @Test(arguments: [
    "", "1997", "1997-13-01", "2023-02-29", "1997/01/01", "1997-00-10", "1997-01-32", "97-01-01", "1997-01-011",
  ])
  func `what is no date is refused`(_ text: String) { #expect(dayNumber(text) == nil) }

  @Test func `months and years come back`() {
    for (text, year, month) in [
      ("1999-12-31", 1999, 12), ("2000-01-01", 2000, 1), ("2000-02-29", 2000, 2), ("1968-03-01", 1968, 3),
    ] {
      let found = yearAndMonth(dayNumber(text) ?? 0)
      #expect(found.year == year && found.month == month)
    }
  }

  @Test func `a missing week stays a gap, months have no gaps for their lengths`() {
    let weeks = ForecastLab.regular([0: 1, 7: 2, 21: 4, 28: 5])
    #expect(weeks.period == 1 && weeks.values.count == 5 && weeks.values[2].isNaN)
    var months: [Int: Double] = [:]
    for month in 1...9 { months[dayNumber("2001-0\(month)-01") ?? 0] = Double(month) }
    let series = ForecastLab.regular(months)
    #expect(series.period == 12 && series.values == (1...9).map(Double.init))
  }

  @Test func `steps of four weeks or thirty days lose no value, two values of one step become their mean`() {
    for (days, period) in [(28, 13), (30, 12), (91, 4)] {
      let points = Dictionary(uniqueKeysWithValues: (0..<40).map { (10_957 + $0 * days, Double($0)) })
      let series = ForecastLab.regular(points)
      #expect(series.period == period && series.values == (0..<40).map(Double.init), "\(days) \(series)")
    }
    let weeks = ForecastLab.regular([0: 1, 7: 2, 14: 3, 15: 5, 21: 4, 28: 6])
    #expect(weeks.values == [1, 2, 4, 4, 6])
  }
}
