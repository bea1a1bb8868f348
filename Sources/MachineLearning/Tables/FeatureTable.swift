/// Named columns of equal length: what a model over plain features is trained on and asked about.
public struct FeatureTable: Sendable, Equatable {
  /// The values of one column.
  public enum Column: Sendable, Equatable {
    /// Numbers; NaN stands for NULL.
    case numeric([Double])
    /// Categories; nil stands for NULL.
    case categorical([String?])

    var count: Int {
      switch self {
      case .numeric(let values): values.count
      case .categorical(let values): values.count
      }
    }
  }

  /// The names of the columns, all different.
  public let names: [String]
  /// The columns, in the order of their names.
  public let columns: [Column]
  /// The number of rows.
  public let rowCount: Int

  /// A table of named columns. Throws ``MachineLearningError/invalidInput(_:)`` when lengths differ, a name stands twice or a number is
  /// infinite.
  public init(_ columns: [(name: String, column: Column)]) throws(MachineLearningError) {
    names = columns.map(\.name)
    self.columns = columns.map(\.column)
    rowCount = columns.first?.column.count ?? 0
    var seen: Set<String> = []
    for (name, column) in columns {
      guard seen.insert(name).inserted else { throw .invalidInput("column \(name) is given twice") }
      guard column.count == rowCount else {
        throw .invalidInput("column \(name) has \(column.count) rows, expected \(rowCount)")
      }
      if case .numeric(let values) = column, values.contains(where: { $0.isInfinite }) {
        throw .invalidInput("column \(name) holds an infinite number")
      }
    }
  }

  /// The column of a name.
  public subscript(_ name: String) -> Column? { names.firstIndex(of: name).map { columns[$0] } }
}
