import CSV
import RecordLinkage

/// Which column of a file holds which part of a person record.
struct MatchColumns: Sendable {
  /// The names under which each part is looked for: those of the sample data, of the FEBRL sets, and of the API.
  private static let names: [(field: WritableKeyPath<PersonRecord, String> & Sendable, names: [String])] = [
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

  /// The column of the id.
  let id: Int
  private let columns: [(field: WritableKeyPath<PersonRecord, String> & Sendable, column: Int)]

  /// Finds the columns of a file by its header. Those that are not there stay empty in every record.
  init(_ file: borrowing CSVFile) throws(LabError) {
    id = try file.column("record_id")
    let header = file.header
    columns = Self.names.compactMap { field, names in
      names.lazy.compactMap { header[$0] }.first.map { (field, $0) }
    }
    if columns.isEmpty {
      throw .input(
        file: file.path, line: 1, column: 1,
        message: "there is no column to match by; found \(header.names.joined(separator: ", "))")
    }
  }

  /// The record of a row.
  func record(_ row: CSVRow, _ file: borrowing CSVFile) throws(LabError) -> PersonRecord {
    var record = PersonRecord(id: try file.text(row, id))
    for (field, column) in columns where !row.isEmpty(column) {
      record[keyPath: field] = try file.text(row, column)
    }
    return record
  }
}
