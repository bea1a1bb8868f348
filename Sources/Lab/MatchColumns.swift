import CSV
import RecordLinkage

/// Which column of a file holds which part of a person record.
struct MatchColumns: Sendable {
  private typealias Field = WritableKeyPath<PersonRecord, String> & Sendable

  /// The names under which each part is looked for: those of the sample data, of the FEBRL sets, and of the API. The first is the
  /// name in rules.
  private static let names: [(field: Field, names: [String])] = [
    (\.source, ["source"]),
    (\.givenName, ["given_name", "first_name", "firstName"]),
    (\.surname, ["surname", "last_name", "lastName"]),
    (\.email, ["email"]),
    (\.phone, ["phone"]),
    (\.birthDate, ["date_of_birth", "birth_date", "birthDate"]),
    (\.houseNumber, ["street_number", "house_number"]),
    (\.street, ["street", "address_1"]),
    (\.secondLine, ["address_2"]),
    (\.city, ["city", "suburb"]),
    (\.region, ["state", "region"]),
    (\.postcode, ["postcode", "postal_code", "postalCode"]),
    (\.loyaltyId, ["loyalty_id", "loyaltyId"]),
    (\.nationalId, ["soc_sec_id", "national_id"]),
    (\.updatedAt, ["updated_at", "updatedAt"]),
  ]

  /// The names of all parts in rules.
  static var known: [String] { ["record_id"] + names.map { $0.names[0] } }

  /// The column of the id.
  let id: Int
  private let columns: [(field: Field, column: Int)]

  /// Finds the columns of a file by its header. Those that are not there stay empty in every record; those that rules name must
  /// be there.
  init(_ file: borrowing CSVFile, _ rules: MatchRules) throws(LabError) {
    id = try file.column(rules.columns["record_id"] ?? "record_id")
    var columns: [(field: Field, column: Int)] = []
    for (field, names) in Self.names {
      if let chosen = rules.columns[names[0]] {
        columns.append((field, try file.column(chosen)))
      } else {
        for name in names {
          guard let column = file.header[name] else { continue }
          columns.append((field, column))
          break
        }
      }
    }
    // A source or a time of change alone tells nobody from anybody.
    guard columns.contains(where: { $0.field != \.source && $0.field != \.updatedAt }) else {
      let found = file.header.names.joined(separator: ", ")
      throw .input(file: file.path, line: 1, column: 1, message: "there is no column to match by; found \(found)")
    }
    self.columns = columns
  }

  /// The record of a row.
  func record(_ row: CSVRow, _ file: borrowing CSVFile) throws(LabError) -> PersonRecord {
    var record = PersonRecord(id: try file.text(row, id))
    for (field, column) in columns where !row.isEmpty(column) { record[keyPath: field] = try file.text(row, column) }
    return record
  }
}
