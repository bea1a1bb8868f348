/// A clustering made ready to be asked about single rows: values go straight to their places in an encoded row, and nothing is allocated.
///
/// A row has ``KMeansModel/encoder``'s width. Its values are set feature by feature, each exactly once, and then it is ranked.
public struct CentroidRanking: Sendable {
  private let model: KMeansModel
  /// Where each feature begins in an encoded row.
  private let offsets: [Int]
  /// The column of each category, from the feature's beginning.
  private let categories: [[String?: Int]]

  /// Values of an encoded row.
  public let width: Int
  /// Clusters.
  public var clusterCount: Int { model.clusterCount }
  /// Features.
  public var featureCount: Int { offsets.count }

  /// Makes a model ready. O(features + categories).
  public init(_ model: KMeansModel) {
    self.model = model
    var offset = 0
    offsets = model.encoder.features.map { feature in
      defer { offset += feature.width }
      return offset
    }
    width = offset
    categories = model.encoder.features.map { feature in
      guard case .categorical(let names) = feature else { return [:] }
      var columns: [String?: Int] = [:]
      for (column, name) in names.enumerated() { columns[name] = column }
      return columns
    }
  }

  /// Whether a feature is a number; else it is a category.
  public func isNumeric(_ feature: Int) -> Bool {
    if case .numeric = model.encoder.features[feature] { true } else { false }
  }

  /// Sets a number; NaN is a missing one, which stands at the mean of training.
  public func set(_ feature: Int, to value: Double, in row: inout MutableSpan<Float>) {
    guard case .numeric(let mean, let shift, let scale) = model.encoder.features[feature] else { return }
    row[offsets[feature]] = Float(((value.isNaN ? mean : value) - shift) * scale)
  }

  /// Sets a category; nil is a missing one. One that training did not see has no weight.
  public func set(_ feature: Int, toCategory name: String?, in row: inout MutableSpan<Float>) {
    for column in 0..<model.encoder.features[feature].width { row[offsets[feature] + column] = 0 }
    if let column = categories[feature][name] { row[offsets[feature] + column] = 1 }
  }

  /// Orders the centroids by their distance from a row, the nearest first; equal ones by id.
  ///
  /// - Parameters:
  ///   - row: as encoded; with the cosine distance it is scaled to length 1.
  ///   - distances: as many as clusters.
  ///   - ids: as many; 1...k.
  public func rank(
    _ row: inout MutableSpan<Float>, distances: inout MutableSpan<Double>, ids: inout MutableSpan<Int>
  ) {
    let isZero = model.distance == .cosine ? !normalize(&row) : false
    var centroid = 0
    for cluster in 0..<model.clusterCount {
      var squared = 0.0
      for column in 0..<width {
        let difference = Double(row[column]) - Double(model.centroids[centroid + column])
        squared += difference * difference
      }
      centroid += width
      let distance: Double
      switch model.distance {
      case .euclidean: distance = squared.squareRoot()
      // For rows and centroids of length 1, |x - c|^2 = 2(1 - cos); a row of zeros has cosine 0 with everything.
      case .cosine: distance = isZero ? 1 : (squared / 2).squareRoot()
      }
      var place = cluster
      while place > 0, distance < distances[place - 1] {
        distances[place] = distances[place - 1]
        ids[place] = ids[place - 1]
        place -= 1
      }
      distances[place] = distance
      ids[place] = cluster + 1
    }
  }

  /// Scales a row to length 1; false, when it is all zeros.
  private func normalize(_ row: inout MutableSpan<Float>) -> Bool {
    var squares = 0.0
    for column in 0..<width { squares += Double(row[column]) * Double(row[column]) }
    let norm = squares.squareRoot()
    guard norm > 0 else { return false }
    for column in 0..<width { row[column] = Float(Double(row[column]) / norm) }
    return true
  }
}
