import CSV
import MachineLearning

/// A whole table in memory: features by column, with the label and the id apart. A column whose fields are all numbers or empty is
/// numeric, any other a category; `NA` counts as empty.
struct TableFile {
  private let path: String
  private let names: [String]
  private let values: [[String]]
  private(set) var labels: [Bool] = []
  private(set) var ids: [String] = []
  /// Whether each feature is numeric.
  private(set) var kinds: [String: Bool] = [:]

  /// Reads a file; with `kinds` of another table, a column of that which is not there, or a text
  /// where that has numbers, is told with its place.
  init(
    _ path: String, except: [String], label: String? = nil, id: String? = nil, kinds other: [String: Bool]? = nil
  ) throws(LabError) {
    self.path = path
    var file = try CSVFile(path)
    let labelIndex = try label.map { name throws(LabError) in try file.column(name) }
    let idIndex = try id.map { name throws(LabError) in try file.column(name) }
    for name in (other ?? [:]).keys.sorted() { _ = try file.column(name) }
    let indexes = file.header.names.indices.filter { !except.contains(file.header.names[$0]) }
    var values = [[String]](repeating: [], count: indexes.count)
    while let row = try file.next() {
      if let labelIndex { labels.append(try file.label(row, labelIndex)) }
      if let idIndex { ids.append(try file.text(row, idIndex)) }
      for (position, index) in indexes.enumerated() {
        let text = row.string(index)
        if other?[file.header.names[index]] == true, !Self.isMissing(text) { _ = try file.number(row, index) }
        values[position].append(text)
      }
    }
    names = indexes.map { file.header.names[$0] }
    self.values = values
    guard values.first?.isEmpty == false else {
      throw .input(file: path, line: 2, column: 1, message: "there are no rows with features")
    }
    for (name, column) in zip(names, values) {
      kinds[name] =
        other.map { $0[name] == true }
        ?? (column.allSatisfy { Self.isMissing($0) || Self.number($0) != nil }
          && column.contains { !Self.isMissing($0) })
    }
  }

  /// The features.
  func features() throws(LabError) -> FeatureTable {
    let columns = zip(names, values).map { name, texts -> (name: String, column: FeatureTable.Column) in
      kinds[name] == true
        ? (name, .numeric(texts.map { Self.isMissing($0) ? .nan : Self.number($0) ?? .nan }))
        : (name, .categorical(texts.map { Self.isMissing($0) ? nil : $0 }))
    }
    return try modelling(path) { () throws(MachineLearningError) in try FeatureTable(columns) }
  }

  private static func isMissing(_ text: String) -> Bool { text.isEmpty || text == "NA" }

  private static func number(_ text: String) -> Double? { parseDecimal(Array(text.utf8)[...]) }
}
