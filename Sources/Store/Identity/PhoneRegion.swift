/// How telephone numbers are written inside one numbering plan.
public struct PhoneRegion: Sendable, Hashable {
  /// The country calling code, digits only.
  public let callingCode: String
  /// What callers inside the country put before the area code and callers from abroad leave out; may be empty.
  public let trunkPrefix: String
  /// What callers inside the country put before a full number instead of the plus sign.
  public let internationalPrefix: String

  /// The North American Numbering Plan: `1`, ten digits.
  public static let northAmerica = PhoneRegion(checkedCode: "1", trunkPrefix: "1", internationalPrefix: "011")

  /// A numbering plan by its calling code. Nil unless the code has one to three digits, the first of them not 0.
  public init?(callingCode: String, trunkPrefix: String = "0", internationalPrefix: String = "00") {
    let digits = callingCode.utf8
    guard (1...3).contains(digits.count), digits.first != UInt8(ascii: "0"), isDigits(callingCode),
      isDigits(trunkPrefix), isDigits(internationalPrefix)
    else { return nil }
    if callingCode == "1" {
      self = .northAmerica
    } else {
      self.init(checkedCode: callingCode, trunkPrefix: trunkPrefix, internationalPrefix: internationalPrefix)
    }
  }

  /// A numbering plan by the two-letter code of a country (ISO 3166-1), for the countries listed here.
  public init?(country: String) {
    let wanted = country.utf8.map { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") ? $0 & 0xDF : $0 }
    for plan in plans
    where plan.countries.utf8.split(separator: UInt8(ascii: " ")).contains(where: wanted.elementsEqual) {
      self.init(callingCode: plan.code, trunkPrefix: plan.trunk, internationalPrefix: plan.international)
      return
    }
    return nil
  }

  private init(checkedCode: String, trunkPrefix: String, internationalPrefix: String) {
    self.callingCode = checkedCode
    self.trunkPrefix = trunkPrefix
    self.internationalPrefix = internationalPrefix
  }
}

private func isDigits(_ text: String) -> Bool {
  text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
}

/// Countries by calling code (ITU-T E.164 list of country codes, E.164 dialling procedures).
private let plans: [(countries: String, code: String, trunk: String, international: String)] = [
  ("US CA PR DO JM BS BB TT", "1", "1", "011"),
  ("RU KZ", "7", "8", "810"), ("EG", "20", "0", "00"), ("ZA", "27", "0", "00"), ("GR", "30", "", "00"),
  ("NL", "31", "0", "00"), ("BE", "32", "0", "00"), ("FR", "33", "0", "00"), ("ES", "34", "", "00"),
  ("HU", "36", "06", "00"), ("IT", "39", "", "00"), ("RO", "40", "0", "00"), ("CH", "41", "0", "00"),
  ("AT", "43", "0", "00"), ("GB", "44", "0", "00"), ("DK", "45", "", "00"), ("SE", "46", "0", "00"),
  ("NO", "47", "", "00"), ("PL", "48", "", "00"), ("DE", "49", "0", "00"), ("PE", "51", "0", "00"),
  ("MX", "52", "", "00"), ("AR", "54", "0", "00"), ("BR", "55", "0", "00"), ("CL", "56", "", "00"),
  ("CO", "57", "", "00"), ("MY", "60", "0", "00"), ("AU", "61", "0", "0011"), ("ID", "62", "0", "001"),
  ("PH", "63", "0", "00"), ("NZ", "64", "0", "00"), ("SG", "65", "", "000"), ("TH", "66", "0", "001"),
  ("JP", "81", "0", "010"), ("KR", "82", "0", "001"), ("VN", "84", "0", "00"), ("CN", "86", "0", "00"),
  ("TR", "90", "0", "00"), ("IN", "91", "0", "00"), ("PK", "92", "0", "00"), ("LK", "94", "0", "00"),
  ("MA", "212", "0", "00"), ("DZ", "213", "0", "00"), ("TN", "216", "", "00"), ("NG", "234", "0", "009"),
  ("KE", "254", "0", "000"), ("PT", "351", "", "00"), ("LU", "352", "", "00"), ("IE", "353", "0", "00"),
  ("IS", "354", "", "00"), ("FI", "358", "0", "00"), ("BG", "359", "0", "00"), ("LT", "370", "0", "00"),
  ("LV", "371", "", "00"), ("EE", "372", "", "00"), ("UA", "380", "0", "00"), ("RS", "381", "0", "00"),
  ("HR", "385", "0", "00"), ("SI", "386", "0", "00"), ("CZ", "420", "", "00"), ("SK", "421", "0", "00"),
  ("HK", "852", "", "001"), ("TW", "886", "0", "002"), ("SA", "966", "0", "00"), ("AE", "971", "0", "00"),
  ("IL", "972", "0", "00"),
]
