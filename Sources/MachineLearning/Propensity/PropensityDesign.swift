/// How a table becomes what the two halves of a propensity model read.
struct PropensityDesign: Sendable, Equatable {
  /// Standardized numbers (NULL as the mean) and one-hot categories; numbers that are skewed and never negative have a logarithm beside.
  let encoder: FeatureEncoder
  /// Names of numeric columns that also enter the linear half as log(1 + x), with their mean and scale there.
  let logarithms: [String: (mean: Double, scale: Double)]

  /// At most so many categories of a column get an output of their own.
  private static let categoriesMax = 64

  init(fitting table: FeatureTable) {
    encoder = FeatureEncoder(fitting: Self.bounded(table), standardizing: true, centering: true)
    var logarithms: [String: (mean: Double, scale: Double)] = [:]
    for (name, column) in zip(table.names, table.columns) {
      guard case .numeric(let values) = column else { continue }
      let present = values.filter { !$0.isNaN }
      guard let least = present.min(), least >= 0, let most = present.max(), most > 20 else { continue }
      let logs = present.map { naturalLogarithm(1 + $0) }
      let mean = logs.reduce(0, +) / Double(logs.count)
      let variance = logs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(logs.count)
      if variance > 0 { logarithms[name] = (mean, 1 / variance.squareRoot()) }
    }
    self.logarithms = logarithms
  }

  init(encoder: FeatureEncoder, logarithms: [String: (mean: Double, scale: Double)]) {
    self.encoder = encoder
    self.logarithms = logarithms
  }

  static func == (left: PropensityDesign, right: PropensityDesign) -> Bool {
    left.encoder == right.encoder && left.logarithms.keys == right.logarithms.keys
      && left.logarithms.allSatisfy {
        right.logarithms[$0.key].map { [$0.mean, $0.scale] } == [$0.value.mean, $0.value.scale]
      }
  }

  /// Rare categories beyond the limit become unseen ones.
  private static func bounded(_ table: FeatureTable) -> FeatureTable {
    let columns = table.columns.map { column -> FeatureTable.Column in
      guard case .categorical(let values) = column else { return column }
      var counts: [String: Int] = [:]
      for case let value? in values { counts[value, default: 0] += 1 }
      guard counts.count > categoriesMax else { return column }
      let kept = Set(counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(categoriesMax).map(\.key))
      return .categorical(values.map { $0.flatMap { kept.contains($0) ? $0 : nil } })
    }
    // Same names and lengths as the table that is known to be sound.
    return (try? FeatureTable(Array(zip(table.names, columns)).map { (name: $0.0, column: $0.1) })) ?? table
  }

  private var logarithmNames: [String] { encoder.names.filter { logarithms[$0] != nil } }

  /// For each column of ``dense(_:)`` and ``raw(_:)`` the index of the table's column that it stems from.
  var sources: (dense: [Int], raw: [Int]) {
    let raw = zip(encoder.features.indices, encoder.features).flatMap { [Int](repeating: $0, count: $1.width) }
    return (raw + logarithmNames.map { encoder.names.firstIndex(of: $0) ?? 0 }, raw)
  }

  /// What the linear half reads.
  func dense(_ table: FeatureTable) throws(MachineLearningError) -> Matrix {
    let encoded = try encoder.encode(table)
    let names = logarithmNames
    var matrix = Matrix(rows: table.rowCount, columns: encoded.columns + names.count)
    for row in 0..<matrix.rows {
      for column in 0..<encoded.columns {
        // Ten deviations: what lies further out says no more.
        matrix[row, column] = max(-10, min(10, encoded[row, column]))
      }
    }
    for (offset, name) in names.enumerated() {
      guard case .numeric(let values)? = table[name], let (mean, scale) = logarithms[name] else { continue }
      for (row, value) in values.enumerated() where !value.isNaN {
        matrix[row, encoded.columns + offset] = Float((naturalLogarithm(1 + max(0, value)) - mean) * scale)
      }
    }
    return matrix
  }

  /// What the trees read: plain numbers with NaN for NULL, categories one-hot.
  func raw(_ table: FeatureTable) throws(MachineLearningError) -> Matrix {
    var matrix = try encoder.encode(table)
    var offset = 0
    for (name, feature) in zip(encoder.names, encoder.features) {
      if case .numeric = feature, case .numeric(let values)? = table[name] {
        for (row, value) in values.enumerated() { matrix[row, offset] = Float(value) }
      }
      offset += feature.width
    }
    return matrix
  }
}
