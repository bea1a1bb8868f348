import BSON
import MachineLearning

/// Reads named features from customer documents and from instances of a prediction, and collects them as columns.
///
/// A name without a dot is a field of `features`; one with dots is a path from the document's root, such as
/// `orderSummary.netTotal` or `attributes.region`. Paths are followed here, in memory, and never sent to the database.
struct FeatureReader: Sendable {
  /// What the contract clusters customers by.
  static let defaultNames = [
    "session_count", "total_time_spend_by_user_in_msec", "average_order_value", "no_of_orders",
  ]
  /// Features that one model may have.
  static let namesMax = 100

  let names: [String]

  /// Whether every name lies under `features`, so that the rest of a customer need not be read.
  var readsFeaturesOnly: Bool { names.allSatisfy { !$0.contains(".") } }

  init(names: [String]) { self.names = names }

  /// The feature of a customer; nil when it is absent or null.
  static func value(_ name: String, ofCustomer customer: BSONDocument) -> BSONValue? {
    guard name.contains(".") else { return present(customer.document("features")?[name]) }
    var document = customer
    let steps = name.split(separator: ".", omittingEmptySubsequences: false)
    for step in steps.dropLast() {
      guard let next = document.document(String(step)) else { return nil }
      document = next
    }
    return present(document[steps.last.map(String.init) ?? ""])
  }

  /// Whether a customer has the field at all, be it null.
  static func isNamed(_ name: String, inCustomer customer: BSONDocument) -> Bool {
    guard name.contains(".") else { return customer.document("features")?.contains(name) ?? false }
    var document = customer
    let steps = name.split(separator: ".", omittingEmptySubsequences: false)
    for step in steps.dropLast() {
      guard let next = document.document(String(step)) else { return false }
      document = next
    }
    return document.contains(steps.last.map(String.init) ?? "")
  }

  static func present(_ value: BSONValue?) -> BSONValue? {
    switch value {
    case nil, .null, .undefined: nil
    case let value: value
    }
  }
}

/// Columns that grow row by row. Whether one holds numbers or categories is decided by its first value, or by the model.
struct FeatureColumns {
  enum Kind { case open, numeric, categorical }

  fileprivate struct Column {
    let name: String
    var kind: Kind
    /// How the model encodes it, where there is one.
    var feature: FeatureEncoder.Feature?
    var numbers: [Double] = []
    var categories: [String?] = []

    init(name: String, kind: Kind, feature: FeatureEncoder.Feature? = nil) {
      self.name = name
      self.kind = kind
      self.feature = feature
    }
  }

  private var columns: [Column]
  private(set) var rowCount = 0

  /// Columns whose kinds the values decide.
  init(names: [String]) { columns = names.map { Column(name: $0, kind: .open) } }

  /// Columns of the kinds that a model was trained on. A number that it cannot compute with does not fit its column.
  init(of encoder: FeatureEncoder) {
    columns = zip(encoder.names, encoder.features).map { name, feature in
      switch feature {
      case .numeric: Column(name: name, kind: .numeric, feature: feature)
      case .categorical: Column(name: name, kind: .categorical, feature: feature)
      }
    }
  }

  /// Columns of numbers.
  init(numbers names: [String]) { columns = names.map { Column(name: $0, kind: .numeric) } }

  /// The names, in order.
  var names: [String] { columns.map(\.name) }

  /// Adds a row. `value` gives a column's value, nil for NULL. Returns the names of the columns that were NULL.
  ///
  /// Throws the reason why a value does not fit its column, with the column's name; the columns are of no use then.
  @discardableResult
  mutating func append(_ value: (String) -> BSONValue?) throws(ColumnMismatch) -> [String] {
    var missing: [String] = []
    for index in columns.indices {
      if let value = value(columns[index].name) {
        try columns[index].append(value)
      } else {
        columns[index].appendNull()
        missing.append(columns[index].name)
      }
    }
    rowCount += 1
    return missing
  }

  /// Adds a row in which a value that does not fit its column counts as NULL.
  mutating func appendLeniently(_ value: (String) -> BSONValue?) {
    for index in columns.indices {
      guard let value = value(columns[index].name), (try? columns[index].append(value)) != nil else {
        columns[index].appendNull()
        continue
      }
    }
    rowCount += 1
  }

  /// The finished table. A column without a single value holds NULL numbers.
  func table() throws(MachineLearningError) -> FeatureTable {
    try FeatureTable(
      columns.map { column in
        switch column.kind {
        case .categorical: (column.name, .categorical(column.categories))
        case .open, .numeric: (column.name, .numeric(column.numbers))
        }
      })
  }

  /// A value that does not fit its column.
  struct ColumnMismatch: Error {
    let field: String
    let reason: String
  }
}

extension FeatureColumns.Column {
  fileprivate mutating func appendNull() {
    switch kind {
    case .categorical: categories.append(nil)
    // As long as a column is open it holds NULLs only, which turn into either kind.
    case .open, .numeric: numbers.append(.nan)
    }
  }

  fileprivate mutating func append(_ value: BSONValue) throws(FeatureColumns.ColumnMismatch) {
    if kind == .open { decide(by: value) }
    switch kind {
    case .open, .numeric:
      guard let number = value.doubleValue, number.isFinite else {
        throw FeatureColumns.ColumnMismatch(field: name, reason: "must be a number")
      }
      guard feature?.takes(number) ?? true else {
        throw FeatureColumns.ColumnMismatch(field: name, reason: "is too large")
      }
      numbers.append(number)
    case .categorical:
      switch value {
      case .string(let text): categories.append(text)
      case .bool(let flag): categories.append(flag ? "true" : "false")
      default: throw FeatureColumns.ColumnMismatch(field: name, reason: "must be a text")
      }
    }
  }

  private mutating func decide(by value: BSONValue) {
    switch value {
    case .string, .bool:
      kind = .categorical
      categories = [String?](repeating: nil, count: numbers.count)
      numbers = []
    default:
      kind = .numeric
    }
  }
}
