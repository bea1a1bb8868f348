/// The names of the columns, from a file's first row.
public struct CSVHeader: Sendable, Equatable {
  /// The names in file order, blanks around them removed.
  public let names: [String]
  private let indexes: [String: Int]

  /// Reads the names of a header row. Of two equal names the first column counts.
  public init(_ row: CSVRow) { self.init((0..<row.count).map { String(decoding: trimmed(row[$0]), as: UTF8.self) }) }

  /// A header of given names.
  public init(_ names: [String]) {
    self.names = names
    indexes = Dictionary(zip(names, names.indices)) { first, _ in first }
  }

  /// The column's index, nil when the file has no such column.
  public subscript(_ name: String) -> Int? { indexes[name] }
}
