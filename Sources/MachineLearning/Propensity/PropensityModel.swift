/// A trained propensity model: immutable, shared by all threads.
public struct PropensityModel: Sendable, Equatable {
  let design: PropensityDesign
  let linear: LogisticRegression
  let boosted: [BoostedTrees]
  let bagged: [BoostedTrees]
  /// Weights of the linear part, the boosted trees, the bagged trees and 1 in the final log-odds.
  let blend: [Double]
  /// The 0th to 100th percentile of held-out training probabilities.
  let quantiles: [Float]

  /// The names of the columns that a table must have.
  public var featureNames: [String] { design.encoder.names }

  /// One row's answer.
  public struct Prediction: Sendable, Equatable {
    /// The chance of a yes.
    public let probability: Double
    /// The share of training rows with a lower chance, 0...100.
    public let percentile: Int
    /// What each feature adds to the log-odds, most influential first.
    public let factors: [Factor]
  }

  /// A feature and what it adds to the log-odds: above 0 towards yes.
  public struct Factor: Sendable, Equatable {
    /// The table's column.
    public let feature: String
    /// Its share in the log-odds.
    public let contribution: Double
  }

  /// Probabilities alone, the fast way.
  public func probabilities(_ table: FeatureTable) throws(MachineLearningError) -> [Double] {
    let (dense, raw) = (try design.dense(table), try design.raw(table))
    return (0..<table.rowCount).map { logistic(logOdds(dense, raw, $0)) }
  }

  /// Probabilities with percentile and the `factorCount` most influential features.
  public func predict(_ table: FeatureTable, factorCount: Int = 3) throws(MachineLearningError) -> [Prediction] {
    let (dense, raw) = (try design.dense(table), try design.raw(table))
    let sources = design.sources
    return (0..<table.rowCount).map { row in
      var contributions = [Double](repeating: 0, count: featureNames.count)
      for column in 0..<dense.columns {
        contributions[sources.dense[column]] += blend[0] * linear.weights[column] * Double(dense[row, column])
      }
      var byColumn = [Double](repeating: 0, count: raw.columns)
      for model in boosted {
        for tree in model.trees {
          tree.addContributions(
            raw.values, at: row * raw.columns, scale: blend[1] / Double(boosted.count), to: &byColumn)
        }
      }
      // The slope of the log-odds turns shares of a probability into shares of log-odds.
      let share = min(0.99, max(0.01, baggedShare(raw, row)))
      for model in bagged {
        for tree in model.trees {
          tree.addContributions(
            raw.values, at: row * raw.columns, scale: blend[2] / (share * (1 - share) * Double(bagged.count)),
            to: &byColumn)
        }
      }
      for column in 0..<raw.columns { contributions[sources.raw[column]] += byColumn[column] }
      let order = contributions.indices.sorted { (-abs(contributions[$0]), $0) < (-abs(contributions[$1]), $1) }
      let probability = logistic(logOdds(dense, raw, row))
      return Prediction(
        probability: probability, percentile: quantiles.dropLast().count { Double($0) < probability },
        factors: order.prefix(factorCount).map { Factor(feature: featureNames[$0], contribution: contributions[$0]) })
    }
  }

  private func logOdds(_ dense: Matrix, _ raw: Matrix, _ row: Int) -> Double {
    let grown = boosted.reduce(0.0) { $0 + $1.score(raw.values, at: row * raw.columns) } / Double(max(1, boosted.count))
    let share = Self.logOdds(ofShare: baggedShare(raw, row))
    return blend[3] + blend[0] * linear.score(dense, row: row) + blend[1] * grown + blend[2] * share
  }

  private func baggedShare(_ raw: Matrix, _ row: Int) -> Double {
    bagged.reduce(0.0) { $0 + $1.score(raw.values, at: row * raw.columns) } / Double(max(1, bagged.count))
  }

  /// log(p / (1 - p)) of a share of trees, kept finite.
  static func logOdds(ofShare share: Double) -> Double {
    let bounded = min(0.999, max(0.001, share))
    return naturalLogarithm(bounded / (1 - bounded))
  }
}

extension PropensityModel {
  private static let formatVersion: UInt16 = 1

  /// The model as bytes for a registry: equal models give equal bytes.
  public func serialized() -> [UInt8] {
    var writer = ModelWriter(.churn, version: Self.formatVersion)
    design.encoder.write(to: &writer)
    let names = design.encoder.names.filter { design.logarithms[$0] != nil }
    writer.strings(names)
    for name in names {
      writer.double(design.logarithms[name]?.mean ?? 0)
      writer.double(design.logarithms[name]?.scale ?? 0)
    }
    writer.doubles(linear.weights)
    for forests in [boosted, bagged] {
      writer.count(forests.count)
      for forest in forests { Self.write(forest, to: &writer) }
    }
    writer.doubles(blend)
    writer.floats(quantiles)
    return writer.bytes
  }

  /// Reads what ``serialized()`` wrote; throws ``MachineLearningError/unreadableModel(_:)`` on anything else.
  public init(serialized bytes: [UInt8]) throws(MachineLearningError) {
    var reader = try ModelReader(bytes, .churn, version: Self.formatVersion)
    let encoder = try FeatureEncoder(from: &reader)
    var logarithms: [String: (mean: Double, scale: Double)] = [:]
    for name in try reader.strings() { logarithms[name] = (try reader.double(), try reader.double()) }
    design = PropensityDesign(encoder: encoder, logarithms: logarithms)
    linear = LogisticRegression(weights: try reader.doubles())
    let sources = design.sources
    boosted = try Self.forests(&reader, columns: sources.raw.count)
    bagged = try Self.forests(&reader, columns: sources.raw.count)
    blend = try reader.doubles()
    quantiles = try reader.floats()
    try reader.finish()
    guard linear.weights.count == sources.dense.count + 1, blend.count == 4, quantiles.count == 101 else {
      throw .unreadableModel("weights do not fit")
    }
  }

  private static func write(_ forest: BoostedTrees, to writer: inout ModelWriter) {
    writer.double(forest.base)
    writer.count(forest.trees.count)
    for tree in forest.trees {
      writer.count(tree.nodes.count)
      for node in tree.nodes {
        writer.integer(node.column)
        writer.float(node.threshold)
        writer.bool(node.missingGoesLeft)
        writer.integer(node.left)
        writer.integer(node.right)
        writer.float(node.value)
      }
    }
  }

  private static func forests(_ reader: inout ModelReader, columns: Int) throws(MachineLearningError) -> [BoostedTrees]
  {
    var forests: [BoostedTrees] = []
    for _ in 0..<(try reader.count(of: 16)) {
      let base = try reader.double()
      var trees: [DecisionTree] = []
      for _ in 0..<(try reader.count(of: 8)) { trees.append(try tree(&reader, columns: columns)) }
      forests.append(BoostedTrees(base: base, trees: trees))
    }
    return forests
  }

  private static func tree(_ reader: inout ModelReader, columns: Int) throws(MachineLearningError) -> DecisionTree {
    let count = try reader.count(of: 21)
    var nodes: [DecisionTree.Node] = []
    for index in 0..<count {
      let node = DecisionTree.Node(
        column: try reader.integer(), threshold: try reader.float(), missingGoesLeft: try reader.bool(),
        left: try reader.integer(),
        right: try reader.integer(), value: try reader.float())
      // Children stand behind their parent, so walking a tree ends.
      let children = (index + 1)..<max(index + 1, count)
      guard
        node.column < 0
          || (Int(node.column) < columns && children.contains(Int(node.left)) && children.contains(Int(node.right)))
      else { throw .unreadableModel("a tree is broken") }
      nodes.append(node)
    }
    guard !nodes.isEmpty else { throw .unreadableModel("a tree is empty") }
    return DecisionTree(nodes: nodes)
  }
}
