import CSV
import Glibc

@testable import RecordLinkage

/// A folder of the sample data under `$CUSTOMER360_DATA/identity`.
struct DataSet {
  let records: [PersonRecord]
  /// The person behind each record, by its id.
  let persons: [String: String]
  /// True values by person, where there are any.
  let truth: [String: [String: String]]

  /// Where the sample data stands: in the environment's variable, else beside the package.
  static let folder: String = {
    // The variable's text is copied at once.
    if let value = unsafe getenv("CUSTOMER360_DATA") { return unsafe String(cString: value) }
    return "../shared/data"
  }()

  /// Whether it is there.
  static var isThere: Bool { unsafe access(folder + "/identity", R_OK) == 0 }

  init(_ name: String) throws {
    let path = "\(Self.folder)/identity/\(name)/"
    let rows = try Self.rows(path + (name == "retail" ? "customers.csv" : "records.csv"))
    records = rows.map { row in
      PersonRecord(
        id: row["record_id"] ?? "", source: row["source"] ?? "", givenName: row["given_name"] ?? "",
        surname: row["surname"] ?? "",
        email: row["email"] ?? "", phone: row["phone"] ?? "", birthDate: row["date_of_birth"] ?? "",
        houseNumber: row["street_number"] ?? "", street: row["street"] ?? row["address_1"] ?? "",
        secondLine: row["address_2"] ?? "",
        city: row["city"] ?? row["suburb"] ?? "", region: row["state"] ?? "", postcode: row["postcode"] ?? "",
        loyaltyId: row["loyalty_id"] ?? "", nationalId: row["soc_sec_id"] ?? "", updatedAt: row["updated_at"] ?? "")
    }
    persons = Dictionary(
      uniqueKeysWithValues: try Self.rows(path + "gold.csv").map { ($0["record_id"] ?? "", $0["person_id"] ?? "") })
    truth =
      name == "retail"
      ? Dictionary(uniqueKeysWithValues: try Self.rows(path + "golden.csv").map { ($0["person_id"] ?? "", $0) }) : [:]
  }

  /// Precision, recall and F1 of the pairs within clusters.
  func judge(_ matcher: Matcher, _ clusters: MatchedClusters) -> (precision: Double, recall: Double, f1: Double) {
    func pairs(_ counts: some Sequence<Int>) -> Double { counts.reduce(0) { $0 + Double($1 * ($1 - 1) / 2) } }
    var together: [String: Int] = [:], found: [UInt32: Int] = [:], all: [String: Int] = [:]
    for (position, id) in matcher.ids.enumerated() {
      let person = persons[id] ?? ""
      together["\(person) \(clusters.firstRecord[position])", default: 0] += 1
      found[clusters.firstRecord[position], default: 0] += 1
      all[person, default: 0] += 1
    }
    let right = pairs(together.values), precision = right / pairs(found.values), recall = right / pairs(all.values)
    return (precision, recall, 2 * precision * recall / (precision + recall))
  }

  private static func rows(_ path: String) throws -> [[String: String]] {
    var reader = CSVReader(try contents(path))
    guard let first = try reader.next() else { return [] }
    let header = CSVHeader(first)
    var rows: [[String: String]] = []
    while let row = try reader.next() {
      rows.append(Dictionary(zip(header.names, (0..<row.count).map { row.string($0) })) { first, _ in first })
    }
    return rows
  }

  struct NotReadable: Error { let path: String }

  private static func contents(_ path: String) throws -> [UInt8] {
    // The descriptor is closed before the function ends; the buffer has room for what is read.
    let descriptor = unsafe open(path, O_RDONLY)
    guard descriptor >= 0 else { throw NotReadable(path: path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = Array(repeating: UInt8(0), count: 1 << 16)
    while true {
      // Reads into the chunk within its bounds.
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
    }
  }
}
