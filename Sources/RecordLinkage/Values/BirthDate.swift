/// In which order a source writes the parts of a date that has no four-digit year in front.
enum DateOrder: Sendable {
  /// `24/12/1980`
  case dayFirst
  /// `12/24/1980`
  case monthFirst
}

/// A date of birth as eight digits `yyyymmdd`; a part that is not known is 0. Impossible digits are kept: they may be a typing
/// error apart from the right ones.
struct BirthDate: Sendable, Equatable {
  var packed: Int32

  var year: Int32 { packed / 10_000 }
  var month: Int32 { packed / 100 % 100 }
  var day: Int32 { packed % 100 }

  /// Whether the calendar has this day.
  var isValid: Bool {
    guard (1850...2100).contains(year), (1...12).contains(month), day >= 1 else { return false }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days: [Int32] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return day <= days[Int(month) - 1]
  }

  init(packed: Int32) { self.packed = packed }

  /// The date with day and month exchanged.
  var exchanged: BirthDate { BirthDate(packed: year * 10_000 + day * 100 + month) }

  /// `yyyy-mm-dd`
  var iso: String {
    func padded(_ number: Int32, _ width: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2)
  }
}

/// What dates beyond doubt say about how each source writes dates.
struct DateOrders: Sendable {
  private var counts: [UInt32: (dayFirst: Int, monthFirst: Int)] = [:]
  private var all = (dayFirst: 0, monthFirst: 0)

  mutating func note(_ order: DateOrder?, source: UInt32) {
    switch order {
    case .dayFirst:
      counts[source, default: (0, 0)].dayFirst += 1
      all.dayFirst += 1
    case .monthFirst:
      counts[source, default: (0, 0)].monthFirst += 1
      all.monthFirst += 1
    case nil: break
    }
  }

  /// The order of most of a source's dates, else of most dates, else day first.
  func order(of source: UInt32) -> DateOrder {
    let counts = counts[source] ?? all
    return counts.monthFirst > counts.dayFirst ? .monthFirst : .dayFirst
  }
}

/// The numbers of a written date, and which of them is the year.
struct DateParts {
  private var numbers: [Int32] = []
  private var digits: [Int] = []
  private var monthPosition: Int?

  init?(_ text: String) {
    var bytes = Array(text.utf8)
    // A time of day behind the date says nothing.
    if let end = bytes.firstIndex(of: UInt8(ascii: "T")), end >= 8 { bytes.removeSubrange(end...) }
    var index = 0
    while index < bytes.count, numbers.count < 3 {
      let byte = bytes[index]
      if byte &- 48 < 10 {
        var value: Int32 = 0
        var length = 0
        while index < bytes.count, bytes[index] &- 48 < 10, length < 8 {
          value = value * 10 + Int32(bytes[index] &- 48)
          index += 1
          length += 1
        }
        numbers.append(value)
        digits.append(length)
      } else if byte | 0x20 >= UInt8(ascii: "a"), byte | 0x20 <= UInt8(ascii: "z") {
        let start = index
        while index < bytes.count, bytes[index] >= 0x80 || (bytes[index] | 0x20 >= 97 && bytes[index] | 0x20 <= 122) {
          index += 1
        }
        let word = FoldedText.fold(String(decoding: bytes[start..<index], as: UTF8.self))
        if let month = Self.month(word), monthPosition == nil {
          monthPosition = numbers.count
          numbers.append(month)
          digits.append(2)
        }
      } else {
        index += 1
      }
    }
    if numbers.isEmpty { return nil }
  }

  /// What the written form gives away about the order: a first or second number above 12.
  var order: DateOrder? {
    guard numbers.count == 3, digits[0] <= 2, digits[1] <= 2, monthPosition == nil else { return nil }
    if numbers[0] > 12, numbers[1] <= 12 { return .dayFirst }
    if numbers[1] > 12, numbers[0] <= 12 { return .monthFirst }
    return nil
  }

  /// Whether day and month could as well be exchanged.
  var isAmbiguous: Bool {
    numbers.count == 3 && digits[0] <= 2 && digits[1] <= 2 && monthPosition == nil && order == nil
      && (1...12).contains(numbers[0]) && (1...12).contains(numbers[1])
  }

  /// The date as ``BirthDate/packed``; `order` decides where the written form leaves it open. Nil when it makes none.
  /// Two-digit years lie in the hundred years up to 2029.
  func packed(_ order: DateOrder) -> Int32? {
    if numbers.count == 1 {
      switch digits[0] {
      case 8: return plausible(eight: numbers[0], order)
      case 6: return numbers[0] * 100
      case 4: return numbers[0] * 10_000
      default: return nil
      }
    }
    if numbers.count == 2 {
      // Year and month.
      if digits[0] == 4 { return numbers[0] * 10_000 + numbers[1] % 100 * 100 }
      return digits[1] == 4 ? numbers[1] * 10_000 + numbers[0] % 100 * 100 : nil
    }
    if digits[0] >= 3 { return numbers[0] % 10_000 * 10_000 + numbers[1] % 100 * 100 + numbers[2] % 100 }
    let year = digits[2] <= 2 ? numbers[2] + (numbers[2] < 30 ? 2000 : 1900) : numbers[2] % 10_000
    let isDayFirst = monthPosition.map { $0 == 1 } ?? (self.order ?? order == .dayFirst)
    let (day, month) = isDayFirst ? (numbers[0], numbers[1]) : (numbers[1], numbers[0])
    return year * 10_000 + month % 100 * 100 + day % 100
  }

  /// `yyyymmdd`, or `ddmmyyyy` and `mmddyyyy` when only those give a year that people alive were born in.
  private func plausible(eight digits: Int32, _ order: DateOrder) -> Int32 {
    if (1850...2100).contains(digits / 10_000) || !(1850...2100).contains(digits % 10_000) { return digits }
    let (first, second) = (digits / 1_000_000, digits / 10_000 % 100)
    let (day, month) = order == .dayFirst ? (first, second) : (second, first)
    return digits % 10_000 * 10_000 + month * 100 + day
  }

  /// The month whose name starts so in English, German, French, Spanish or Italian.
  private static func month(_ word: [UInt8]) -> Int32? {
    guard word.count >= 3 else { return nil }
    let text = String(decoding: word.prefix(3), as: UTF8.self)
    let names: [(Int32, [String])] = [
      (1, ["jan", "ene", "gen"]), (2, ["feb", "fev"]), (3, ["mar", "mrz", "mae"]), (4, ["apr", "avr", "abr"]),
      (5, ["may", "mai", "mag"]), (6, ["jun", "giu"]), (7, ["jul", "lug"]), (8, ["aug", "aou", "ago"]),
      (9, ["sep", "set"]), (10, ["oct", "okt", "ott"]), (11, ["nov"]), (12, ["dec", "dez", "dic"]),
    ]
    return names.first { $0.1.contains(text) }?.0
  }
}
