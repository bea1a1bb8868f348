import Glibc

/// The fields that every answer has, rendered once a second.
struct DateHeader {
  private var second = Int.min
  /// `Date: Sun, 06 Nov 1994 08:49:37 GMT` CR LF, and the other field that every answer has.
  private(set) var lines: [UInt8] = []

  /// Brings the lines up to date with the wall clock, as of its last tick.
  mutating func refresh() {
    var now = timespec()
    // The pointer is to a local that outlives the call.
    unsafe clock_gettime(CLOCK_REALTIME_COARSE, &now)
    refresh(secondsSince1970: now.tv_sec)
  }

  mutating func refresh(secondsSince1970 seconds: Int) {
    guard seconds != second else { return }
    second = seconds
    lines = Array("Date: \(Self.imfFixdate(seconds))\r\nX-Content-Type-Options: nosniff\r\n".utf8)
  }

  /// IMF-fixdate of RFC 9110 section 5.6.7.
  static func imfFixdate(_ seconds: Int) -> String {
    let days = Int((Double(seconds) / 86_400).rounded(.down))
    let time = seconds - days * 86_400
    // Civil date from days, after Howard Hinnant's "chrono-compatible low-level date algorithms".
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthShifted = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthShifted + 2) / 5 + 1
    let month = monthShifted < 10 ? monthShifted + 3 : monthShifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let yearText = String(repeating: "0", count: max(0, 4 - "\(year)".utf8.count)) + "\(year)"
    return "\(weekdays[((days % 7) + 7) % 7]), \(two(day)) \(months[month - 1]) \(yearText) "
      + "\(two(time / 3_600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT"
  }
}
