import CSV

/// A CSV file with a header, read in chunks: memory is bounded by a chunk and a row, whatever the file's size.
struct CSVFile: ~Copyable {
  private static let chunkBytes = 1 << 20

  let path: String
  let header: CSVHeader
  /// Where each name of the header stands.
  private let places: [(line: Int, column: Int)]
  private var reader: CSVReader
  private var source: FileSource

  /// Opens the file and reads its header.
  init(_ path: String) throws(LabError) {
    var reader = CSVReader()
    var source = try FileSource(path)
    guard let first = try Self.pull(&reader, &source, path) else {
      throw .input(file: path, line: 1, column: 1, message: "the file is empty: a header is needed")
    }
    reader.columnCount = first.count
    self.path = path
    self.reader = reader
    self.source = source
    header = CSVHeader(first)
    places = (0..<first.count).map { index in
      let place = first.place(of: index)
      return (place.line, place.column)
    }
  }

  /// The next row, nil at the end. Rows of another length than the header throw.
  mutating func next() throws(LabError) -> CSVRow? { try Self.pull(&reader, &source, path) }

  /// The index of a column that must be there, once.
  func column(_ name: String) throws(LabError) -> Int {
    guard let index = header[name] else {
      throw .input(
        file: path, line: 1, column: 1,
        message: "there is no column \(name); found \(header.names.joined(separator: ", "))")
    }
    try checkOnce(index)
    return index
  }

  /// Refuses a column whose name another one has too: nobody can tell which is meant.
  func checkOnce(_ index: Int) throws(LabError) {
    guard let other = header.names.lastIndex(of: header.names[index]), other != index else { return }
    throw .input(
      file: path, line: places[other].line, column: places[other].column,
      message: "column \(header.names[index]) is given twice")
  }

  /// An error at a field of a row.
  func error(_ row: CSVRow, _ index: Int, _ message: String) -> LabError {
    let place = row.place(of: index)
    return .input(file: path, line: place.line, column: place.column, message: "\(header.names[index]): \(message)")
  }

  /// A field that must be a finite number.
  func number(_ row: CSVRow, _ index: Int) throws(LabError) -> Double {
    guard let value = row.double(index) else {
      throw error(row, index, "'\(excerpt(row.string(index)))' is not a number")
    }
    return value
  }

  /// A number, or NaN for an empty field.
  func numberOrMissing(_ row: CSVRow, _ index: Int) throws(LabError) -> Double {
    trimmed(row[index]).isEmpty ? .nan : try number(row, index)
  }

  /// A field that must not be empty.
  func text(_ row: CSVRow, _ index: Int) throws(LabError) -> String {
    guard let text = row.validString(index) else { throw error(row, index, "the field is not UTF-8") }
    guard !text.isEmpty else { throw error(row, index, "the field is empty") }
    guard !text.utf8.contains(0) else { throw error(row, index, "the field holds a NUL byte") }
    return text
  }

  /// 1/0, yes/no or true/false in any case.
  func label(_ row: CSVRow, _ index: Int) throws(LabError) -> Bool {
    switch row.string(index).lowercased() {
    case "1", "yes", "true", "1.0": return true
    case "0", "no", "false", "0.0": return false
    default: throw error(row, index, "'\(excerpt(row.string(index)))' is no label: 1/0, yes/no or true/false")
    }
  }

  private static func pull(
    _ reader: inout CSVReader, _ source: inout FileSource, _ path: String
  ) throws(LabError) -> CSVRow? {
    while true {
      do throws(CSVError) {
        if let row = try reader.next() { return row }
      } catch {
        throw .input(file: path, line: error.line, column: error.column, message: error.message)
      }
      if source.isAtEnd { return nil }
      let chunk = try source.read(Self.chunkBytes)
      if chunk.isEmpty { reader.finish() } else { reader.feed(chunk) }
    }
  }

  private func excerpt(_ text: String) -> String { text.count > 40 ? String(text.prefix(40)) + "…" : text }
}
