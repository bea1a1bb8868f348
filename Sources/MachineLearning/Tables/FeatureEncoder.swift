/// Turns a table into rows of numbers: NULL numbers become the column's mean (and are counted), numbers are standardized on demand
/// (mean 0, deviation 1, ddof 0), categories become one-hot columns with NULL a category of its own. A category that training did not
/// see has weight 0 everywhere.
public struct FeatureEncoder: Sendable, Equatable {
  /// How one column of the table is encoded.
  public enum Feature: Sendable, Equatable {
    /// One output column: (value - shift) * scale.
    case numeric(mean: Double, shift: Double, scale: Double)
    /// One output column per category, the categories in byte order; nil, if it occurred, first.
    case categorical([String?])

    /// Output columns.
    public var width: Int {
      switch self {
      case .numeric: 1
      case .categorical(let categories): categories.count
      }
    }

    /// Whether distances can be computed of a number of this column.
    public func takes(_ value: Double) -> Bool {
      switch self {
      case .numeric(_, let shift, let scale): abs((value - shift) * scale) <= Double(squarableMax)
      case .categorical: false
      }
    }
  }

  /// The names of the table's columns, in the order of training.
  public let names: [String]
  /// The encoding of each.
  public let features: [Feature]
  /// NULL numbers that training replaced by the mean, per column.
  public let imputedCounts: [Int]
  /// How far an encoded number may lie from 0 where distances are made of it: the squares of a hundred of them still add up in Float32.
  static let squarableMax: Float = 1e18
  /// Output columns.
  public var width: Int { features.reduce(0) { $0 + $1.width } }

  /// Learns means, deviations and categories. `centering` subtracts the mean from numbers that are not standardized, which keeps
  /// Euclidean distances and spares Float32 its digits.
  public init(fitting table: FeatureTable, standardizing: Bool, centering: Bool) {
    names = table.names
    var imputedCounts: [Int] = []
    features = table.columns.map { column in
      switch column {
      case .numeric(let values):
        var sum = 0.0
        var present = 0
        for value in values where !value.isNaN {
          sum += value
          present += 1
        }
        imputedCounts.append(values.count - present)
        let mean = present > 0 ? sum / Double(present) : 0
        var squares = 0.0
        for value in values where !value.isNaN { squares += (value - mean) * (value - mean) }
        // Imputed rows count: they stand at the mean.
        let deviation = values.isEmpty ? 0 : (squares / Double(values.count)).squareRoot()
        // A constant column says nothing: it is moved to 0 and left there.
        let scale = standardizing ? (deviation > 1e-12 * max(1, abs(mean)) ? 1 / deviation : 0) : 1
        return .numeric(mean: mean, shift: standardizing || centering ? mean : 0, scale: scale)
      case .categorical(let values):
        imputedCounts.append(0)
        let present = Set(values.compactMap { $0 }).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return .categorical((values.contains(nil) ? [nil] : []) + present)
      }
    }
    self.imputedCounts = imputedCounts
  }

  init(names: [String], features: [Feature], imputedCounts: [Int]) {
    self.names = names
    self.features = features
    self.imputedCounts = imputedCounts
  }

  /// The names of the output columns: the column's, or `column=category`.
  public var outputNames: [String] {
    zip(names, features).flatMap { name, feature in
      switch feature {
      case .numeric: [name]
      case .categorical(let categories): categories.map { "\(name)=\($0 ?? "NULL")" }
      }
    }
  }

  /// Encodes a table that has at least the columns of training, found by name and of the same kind. Numbers that come to more than
  /// `magnitudeMax` are refused.
  public func encode(
    _ table: FeatureTable, magnitudeMax: Float = .infinity
  ) throws(MachineLearningError) -> Matrix {
    var matrix = Matrix(rows: table.rowCount, columns: width)
    var offset = 0
    for (name, feature) in zip(names, features) {
      switch (feature, table[name]) {
      case (.numeric(let mean, let shift, let scale), .numeric(let values)?):
        for (row, value) in values.enumerated() {
          let encoded = Float(((value.isNaN ? mean : value) - shift) * scale)
          guard abs(encoded) <= magnitudeMax else {
            throw .invalidInput("column \(name): \(value) is too large")
          }
          matrix.values[row * matrix.columns + offset] = encoded
        }
      case (.categorical(let categories), .categorical(let values)?):
        var indexes: [String?: Int] = [:]
        for (index, category) in categories.enumerated() { indexes[category] = index }
        for (row, value) in values.enumerated() {
          if let index = indexes[value] { matrix.values[row * matrix.columns + offset + index] = 1 }
        }
      case (_, nil): throw .invalidInput("column \(name) is missing")
      case (.numeric, .categorical): throw .invalidInput("column \(name) must be numeric")
      case (.categorical, .numeric): throw .invalidInput("column \(name) must be categorical")
      }
      offset += feature.width
    }
    return matrix
  }

  /// Encoded values back in the units of the table (categories as their weights).
  public func decode(_ row: ArraySlice<Float>) -> [Double] {
    var result: [Double] = []
    var index = row.startIndex
    for feature in features {
      switch feature {
      case .numeric(let mean, let shift, let scale):
        result.append(scale == 0 ? mean : Double(row[index]) / scale + shift)
      case .categorical(let categories): result += row[index..<(index + categories.count)].map { Double($0) }
      }
      index += feature.width
    }
    return result
  }

  /// Encodes one row of numbers given per output column (weights for categories).
  func encodeCentroid(_ values: [Double]) -> [Float] {
    var result: [Float] = []
    for feature in features {
      switch feature {
      case .numeric(_, let shift, let scale): result.append(Float((values[result.count] - shift) * scale))
      case .categorical(let categories):
        result += values[result.count..<(result.count + categories.count)].map { Float($0) }
      }
    }
    return result
  }

  func write(to writer: inout ModelWriter) {
    writer.count(features.count)
    for index in features.indices {
      writer.string(names[index])
      writer.count(imputedCounts[index])
      switch features[index] {
      case .numeric(let mean, let shift, let scale):
        writer.bool(false)
        writer.double(mean)
        writer.double(shift)
        writer.double(scale)
      case .categorical(let categories):
        writer.bool(true)
        writer.bool(categories.contains(nil))
        writer.strings(categories.compactMap { $0 })
      }
    }
  }

  init(from reader: inout ModelReader) throws(MachineLearningError) {
    let count = try reader.count(of: 10)
    var names: [String] = []
    var features: [Feature] = []
    var imputed: [Int] = []
    for _ in 0..<count {
      names.append(try reader.string())
      imputed.append(try reader.number(in: 0...Int.max))
      if try reader.bool() {
        let hasNull = try reader.bool()
        features.append(.categorical((hasNull ? [nil] : []) + (try reader.strings())))
      } else {
        features.append(.numeric(mean: try reader.double(), shift: try reader.double(), scale: try reader.double()))
      }
    }
    self.init(names: names, features: features, imputedCounts: imputed)
  }
}
