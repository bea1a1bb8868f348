import CSV
import RecordLinkage

/// Which column of a file holds which part of a person record.
struct MatchColumns: Sendable {
  private typealias Field = WritableKeyPath<PersonRecord, String> & Sendable

  /// What a column may hold.
  private enum Part: Sendable {
    case field(Field)
    /// First and last name in one.
    case name
    case birthYear, birthMonth, birthDay
  }

  /// The names under which each part is looked for, capitals and separators aside: those of the sample data, of the API, of the sets
  /// that the field measures itself by, and of customer exports. The first is the name in rules; of a file's columns the first name that is there counts.
  private static let names: [(part: Part, names: [String])] = [
    (.field(\.source), ["source", "system", "source_system"]),
    (
      .field(\.givenName),
      ["given_name", "first_name", "forename", "given", "fname", "first", "fname_c1", "vorname", "prenom"]
    ),
    (.field(\.surname), ["surname", "last_name", "family_name", "lname", "last", "lname_c1", "nachname", "nom"]),
    (.field(\.email), ["email", "email_address", "mail"]),
    (
      .field(\.phone),
      ["phone", "phone_number", "telephone", "mobile", "mobile_phone", "cell", "cell_phone", "tel", "phone_1"]
    ),
    (.field(\.birthDate), ["date_of_birth", "birth_date", "dob", "birthday", "born", "geburtsdatum"]),
    (.field(\.houseNumber), ["street_number", "house_number", "street_no", "house_no"]),
    (
      .field(\.street), ["street", "address_1", "street_address", "address_line_1", "address", "addr_1", "street_name"]
    ),
    (.field(\.secondLine), ["address_2", "address_line_2", "addr_2", "unit", "apartment"]),
    (.field(\.city), ["city", "suburb", "town", "locality", "ort"]),
    (.field(\.region), ["state", "region", "province", "county"]),
    (.field(\.postcode), ["postcode", "postal_code", "zip", "zip_code", "plz"]),
    (
      .field(\.loyaltyId),
      ["loyalty_id", "loyalty_number", "loyalty_card", "card_number", "member_id", "membership_number"]
    ),
    (.field(\.nationalId), ["soc_sec_id", "national_id", "ssn", "social_security_number", "tax_id"]),
    (.field(\.updatedAt), ["updated_at", "last_updated", "modified_at", "last_modified"]),
    (.name, ["name", "full_name", "customer_name"]),
    (.birthYear, ["birth_year", "year_of_birth", "by"]),
    (.birthMonth, ["birth_month", "month_of_birth", "bm"]),
    (.birthDay, ["birth_day", "day_of_birth", "bd"]),
  ]
  private static let idNames = ["record_id", "rec_id", "unique_id", "id"]

  /// The names of all parts in rules.
  static var known: [String] { ["record_id"] + names.map { $0.names[0] } }

  /// The column of the id.
  let id: Int
  private var fields: [(field: Field, column: Int)] = []
  private var name: Int?
  /// Whether the one column holds a first name, beside one with the surname.
  private var isGivenName = false
  private var birth: [Int] = []

  /// Finds the columns of a file by its header. Those that are not there stay empty in every record; those that rules name must
  /// be there.
  init(_ file: borrowing CSVFile, _ rules: MatchRules) throws(LabError) {
    var positions: [String: Int] = [:]
    for (index, name) in file.header.names.enumerated() where positions[Self.plain(name)] == nil {
      positions[Self.plain(name)] = index
    }
    func find(_ names: [String]) throws(LabError) -> Int? {
      if let chosen = rules.columns[names[0]] { return try file.column(chosen) }
      for name in names {
        // A column that a rule gave to another part is taken.
        if let column = positions[Self.plain(name)], !rules.columns.values.contains(file.header.names[column]) {
          return column
        }
      }
      return nil
    }
    if let column = try find(Self.idNames) { id = column } else { id = try file.column(Self.idNames[0]) }
    var parts: [Int?] = []
    for (part, names) in Self.names {
      let column = try find(names)
      guard let column, column != id else { continue }
      switch part {
      case .field(let field): fields.append((field, column))
      case .name: name = column
      case .birthYear, .birthMonth, .birthDay: parts.append(column)
      }
    }
    if has(\.givenName) {
      name = nil
    } else if has(\.surname) {
      isGivenName = true
    }
    birth = has(\.birthDate) || parts.count < 3 ? [] : parts.compactMap { $0 }
    // A source or a time of change alone tells nobody from anybody.
    guard name != nil || !birth.isEmpty || fields.contains(where: { $0.field != \.source && $0.field != \.updatedAt })
    else {
      let found = file.header.names.joined(separator: ", ")
      throw .input(file: file.path, line: 1, column: 1, message: "there is no column to match by; found \(found)")
    }
  }

  private func has(_ field: Field) -> Bool { fields.contains { $0.field == field } }

  /// Letters and digits of a column's name, small.
  private static func plain(_ name: String) -> String {
    String(decoding: name.lowercased().utf8.filter { $0 >= 0x80 || $0 &- 48 < 10 || $0 &- 97 < 26 }, as: UTF8.self)
  }

  /// The record of a row.
  func record(_ row: CSVRow, _ file: borrowing CSVFile) throws(LabError) -> PersonRecord {
    var record = PersonRecord(id: try file.text(row, id))
    for (field, column) in fields where !row.isEmpty(column) { record[keyPath: field] = try file.text(row, column) }
    if let name, !row.isEmpty(name) {
      let text = try file.text(row, name)
      if isGivenName {
        record.givenName = text
      } else {
        let parts = FullName(text)
        (record.givenName, record.surname) = (parts.given, parts.surname)
      }
    }
    if !birth.isEmpty, !row.isEmpty(birth[0]) {
      var numbers: [String] = []
      for (column, width) in zip(birth, [4, 2, 2]) {
        let text = row.isEmpty(column) ? "" : try file.text(row, column)
        numbers.append(String(repeating: "0", count: max(0, width - text.utf8.count)) + text)
      }
      record.birthDate = numbers.joined(separator: "-")
    }
    return record
  }
}
