/// Records taken apart into numbered values, one row each: what comparing and blocking read.
struct RecordTable: Sendable {
  /// What a record says, as numbers of values in the table's lexicons. 0 is a missing value.
  struct Row: Sendable {
    var given: UInt32 = 0
    var firstGiven: UInt32 = 0
    var surname: UInt32 = 0
    var firstSurname: UInt32 = 0
    var lastSurname: UInt32 = 0
    var email: UInt32 = 0
    var domain: UInt32 = 0
    var number: UInt32 = 0
    var street: UInt32 = 0
    var unit: UInt32 = 0
    var address: UInt32 = 0
    var city: UInt32 = 0
    var region: UInt32 = 0
    var postcode: UInt32 = 0
    var loyaltyId: UInt32 = 0
    var nationalId: UInt32 = 0
    var phoneValue: UInt32 = 0
    var dateValue: UInt32 = 0
    /// ``BirthDate/packed``, 0 when there is none.
    var birthDate: Int32 = 0
    var phone: UInt64 = 0
    var source: UInt32 = 0
    var generation: UInt8 = 0
    /// Whether day and month could as well be exchanged.
    var isDateAmbiguous = false
    /// Bytes of the e-mail address before the `@`.
    var localBytes: UInt8 = 0
  }

  private(set) var rows: [Row] = []
  /// First names, whole and first words.
  private(set) var givenNames = Lexicon()
  /// Surnames, whole and parts.
  private(set) var surnames = Lexicon()
  private(set) var emails = Lexicon()
  private(set) var domains = Lexicon()
  private(set) var numbers = Lexicon()
  private(set) var streets = Lexicon()
  private(set) var units = Lexicon()
  /// Number, street and place together: for frequencies.
  private(set) var addresses = Lexicon()
  private(set) var cities = Lexicon()
  private(set) var regions = Lexicon()
  private(set) var postcodes = Lexicon()
  private(set) var loyaltyIds = Lexicon()
  private(set) var nationalIds = Lexicon()
  private(set) var phones = Lexicon()
  private(set) var dates = Lexicon()
  private(set) var sources = Lexicon()
  /// The groups of nicknames of each first name, by its number.
  private(set) var nicknames: [[UInt16]] = [[]]

  private var dateOrders = DateOrders()

  /// The number of records.
  var count: Int { rows.count }

  /// Adds a record.
  mutating func append(_ record: PersonRecord) {
    var row = Row()
    row.source = sources.intern(record.source.utf8)
    let name = PersonName(given: record.givenName, surname: record.surname)
    row.given = givenNames.intern(name.given)
    row.firstGiven = givenNames.number(name.firstGiven.span)
    row.surname = surnames.intern(name.surname)
    row.firstSurname = surnames.number(name.firstSurname.span)
    row.lastSurname = surnames.number(name.lastSurname.span)
    row.generation = name.generation.rawValue
    while nicknames.count < givenNames.count { nicknames.append(Nicknames.groups(givenNames[UInt32(nicknames.count)])) }
    if let mail = MailAddress(record.email) {
      row.email = emails.intern(mail.canonical)
      row.domain = domains.intern(mail.domain)
      row.localBytes = UInt8(min(255, mail.local.count))
    }
    row.phone = PhoneDigits.parse(record.phone)
    if row.phone > 0 { row.phoneValue = phones.intern(String(PhoneDigits.tail(row.phone)).utf8) }
    if let parts = DateParts(record.birthDate), let packed = parts.packed(.dayFirst), packed > 0 {
      row.birthDate = packed
      row.isDateAmbiguous = parts.isAmbiguous
      dateOrders.note(parts.order, source: row.source)
    }
    appendAddress(of: record, to: &row)
    row.loyaltyId = loyaltyIds.intern(Self.identifier(record.loyaltyId))
    row.nationalId = nationalIds.intern(Self.identifier(record.nationalId))
    rows.append(row)
  }

  private mutating func appendAddress(of record: PersonRecord, to row: inout Row) {
    let address = StreetAddress(houseNumber: record.houseNumber, street: record.street, secondLine: record.secondLine)
    row.number = numbers.intern(address.number)
    row.street = streets.intern(address.street)
    row.unit = units.intern(address.unit)
    let city = Array(FoldedText.words(FoldedText.fold(record.city)).joined())
    var postcode = Array(FoldedText.words(FoldedText.fold(record.postcode)).joined())
    // The last four digits of ZIP+4 are often left out.
    if postcode.count == 9, postcode.allSatisfy({ $0 &- 48 < 10 }) { postcode.removeLast(4) }
    row.city = cities.intern(city)
    row.postcode = postcodes.intern(postcode)
    row.region = regions.intern(Array(FoldedText.words(FoldedText.fold(record.region)).joined()))
    if row.street > 0 {
      let blank = [FoldedText.blank]
      row.address = addresses.intern(
        address.number + blank + address.street + blank + (postcode.isEmpty ? city : postcode))
    }
  }

  /// Brings the rows into the given order and settles what only the whole shows: how each source writes dates.
  mutating func settle(order: [Int]) {
    rows = order.map { rows[$0] }
    for index in rows.indices where rows[index].birthDate > 0 {
      if rows[index].isDateAmbiguous, dateOrders.order(of: rows[index].source) == .monthFirst {
        rows[index].birthDate = BirthDate(packed: rows[index].birthDate).exchanged.packed
      }
      rows[index].dateValue = dates.intern(String(rows[index].birthDate).utf8)
    }
  }

  /// Letters and digits of an identifier; nothing when it is a placeholder such as `0000` or `-1`.
  private static func identifier(_ text: String) -> [UInt8] {
    let plain = Array(FoldedText.words(FoldedText.fold(text)).joined())
    if plain.count < 3 || Set(plain).count == 1 { return [] }
    return ["null", "none", "unknown", "anonymous"].contains { plain.elementsEqual($0.utf8) } ? [] : plain
  }
}
