import CSV
import MachineLearning

/// Ratings read from a CSV file, users and items numbered in the order in which they first occur.
struct RatingsFile: Sendable {
  private(set) var users: [String] = []
  private(set) var items: [String] = []
  private(set) var userIndexes: [String: Int32] = [:]
  private(set) var itemIndexes: [String: Int32] = [:]
  private(set) var entries: [SparseRows.Entry] = []
  /// The latest second of each entry, when the file has a column `timestamp`; else empty.
  private(set) var timestamps: [Double] = []

  /// Reads `user_id,item_id,rating[,timestamp]`, columns in any order.
  init(_ path: String) throws(LabError) {
    var file = try CSVFile(path)
    let user = try file.column("user_id")
    let item = try file.column("item_id")
    let rating = try file.column("rating")
    let timestamp = file.header["timestamp"]
    while let row = try file.next() {
      let userIndex = Self.index(of: try file.text(row, user), names: &users, indexes: &userIndexes)
      let itemIndex = Self.index(of: try file.text(row, item), names: &items, indexes: &itemIndexes)
      entries.append(.init(row: userIndex, column: itemIndex, value: Float(try file.number(row, rating))))
      if let timestamp { timestamps.append(try file.number(row, timestamp)) }
    }
    guard !entries.isEmpty else { throw .input(file: path, line: 2, column: 1, message: "there are no ratings") }
  }

  private static func index(of name: String, names: inout [String], indexes: inout [String: Int32]) -> Int32 {
    if let index = indexes[name] { return index }
    let index = Int32(names.count)
    indexes[name] = index
    names.append(name)
    return index
  }
}
