/// The values of records as a golden record shows them: lower case, but with accents, hyphens and full stops.
struct Originals: Sendable {
  /// One record's values, as numbers in the lexicons; 0 is none.
  struct Row: Sendable {
    var given: UInt32 = 0
    var surname: UInt32 = 0
    var email: UInt32 = 0
    var loyaltyId: UInt32 = 0
    var nationalId: UInt32 = 0
    var street: UInt32 = 0
    var secondLine: UInt32 = 0
    var city: UInt32 = 0
    var region: UInt32 = 0
    var postcode: UInt32 = 0
    /// Digits of `updatedAt`, which sort by time.
    var updated: Int64 = 0
  }

  private(set) var rows: [Row] = []
  private(set) var givenNames = Lexicon()
  private(set) var surnames = Lexicon()
  private(set) var emails = Lexicon()
  private(set) var identifiers = Lexicon()
  private(set) var lines = Lexicon()
  /// How many telephone numbers were written with each calling code.
  private(set) var callingCodes: [Int: Int] = [:]

  mutating func append(_ record: PersonRecord) {
    var row = Row()
    row.given = givenNames.intern(PersonName.display(record.givenName).utf8)
    row.surname = surnames.intern(PersonName.display(record.surname).utf8)
    if MailAddress(record.email) != nil { row.email = emails.intern(MailAddress.withoutTag(record.email)) }
    row.loyaltyId = identifiers.intern(Self.trimmed(record.loyaltyId).utf8)
    row.nationalId = identifiers.intern(Self.trimmed(record.nationalId).utf8)
    let street = record.houseNumber.isEmpty ? record.street : record.houseNumber + " " + record.street
    row.street = lines.intern(Self.trimmed(street).lowercased().utf8)
    row.secondLine = lines.intern(Self.trimmed(record.secondLine).lowercased().utf8)
    row.city = lines.intern(Self.trimmed(record.city).lowercased().utf8)
    row.region = lines.intern(Self.trimmed(record.region).utf8)
    row.postcode = lines.intern(Self.trimmed(record.postcode).utf8)
    var digits: Int64 = 0
    var count = 0
    for byte in record.updatedAt.utf8 where byte &- 48 < 10 && count < 17 {
      digits = digits * 10 + Int64(byte &- 48)
      count += 1
    }
    while count > 0, count < 17 {
      digits *= 10
      count += 1
    }
    row.updated = digits
    if let code = PhoneDigits.callingCode(record.phone) { callingCodes[code, default: 0] += 1 }
    rows.append(row)
  }

  mutating func settle(order: [Int]) { rows = order.map { rows[$0] } }

  /// The text without blanks around it.
  private static func trimmed(_ text: String) -> String {
    let bytes = text.utf8
    guard let first = bytes.firstIndex(where: { $0 > 0x20 }), let last = bytes.lastIndex(where: { $0 > 0x20 }) else {
      return ""
    }
    return String(text[first...last])
  }
}
