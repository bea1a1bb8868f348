/// Options of k-means under their BigQuery ML names, with ours behind them.
public struct KMeansOptions: Sendable, Equatable {
  /// KMEANS_INIT_METHOD.
  public enum Initialization: String, Sendable, CaseIterable {
    /// Rows drawn at random.
    case random = "RANDOM"
    /// Greedy k-means++ (Arthur and Vassilvitskii 2007, with 2 + ln k candidates a step).
    case plusPlus = "KMEANS++"
    /// The centroids in ``KMeansOptions/customCentroids``.
    case custom = "CUSTOM"
  }

  /// DISTANCE_TYPE.
  public enum Distance: String, Sendable, CaseIterable {
    /// The root of summed squares.
    case euclidean = "EUCLIDEAN"
    /// sqrt(1 - cos).
    case cosine = "COSINE"
  }

  /// NUM_CLUSTERS, 2...100; nil is log10 of the number of rows, at least 2.
  public var clusterCount: Int?
  /// KMEANS_INIT_METHOD, k-means++ by default.
  public var initialization = Initialization.plusPlus
  /// CUSTOM_CENTROIDS for ``Initialization/custom``: one list per cluster, in the table's units, a number per encoded column.
  public var customCentroids: [[Double]] = []
  /// DISTANCE_TYPE, Euclidean by default.
  public var distance = Distance.euclidean
  /// STANDARDIZE_FEATURES, true by default.
  public var standardizesFeatures = true
  /// MAX_ITERATIONS of the final run, 1...1000, 20 by default.
  public var iterationsMax = 20
  /// EARLY_STOP: whether ``relativeProgressMin`` ends a run; true by default.
  public var stopsEarly = true
  /// MIN_REL_PROGRESS: a run ends when the mean squared distance falls by a smaller share in an iteration; 0.01 by default.
  public var relativeProgressMin = 0.01
  /// WARM_START: continue from the centroids of a given model; false by default.
  public var isWarmStart = false
  /// NUM_INIT (ours): starts of which the best is kept, 1...100; each start beyond the first is followed by swaps that look for better
  /// places of single centroids. 10 by default.
  public var startCount = 10

  /// The defaults.
  public init() {}

  /// Reads options by name. Unknown names, other types and values out of range throw
  /// ``MachineLearningError/invalidOption(name:reason:)``. MODEL_TYPE may be given and must be KMEANS.
  public init(parsing values: [String: OptionValue]) throws(MachineLearningError) {
    var reader = try OptionReader(values)
    if let type = reader.value("MODEL_TYPE"), type != .string("kmeans"), type != .string("KMEANS") {
      throw .invalidOption(name: "MODEL_TYPE", reason: "must be KMEANS")
    }
    clusterCount = try reader.int("NUM_CLUSTERS", in: 2...100)
    initialization = try reader.choice("KMEANS_INIT_METHOD") ?? initialization
    distance = try reader.choice("DISTANCE_TYPE") ?? distance
    standardizesFeatures = try reader.bool("STANDARDIZE_FEATURES") ?? standardizesFeatures
    iterationsMax = try reader.int("MAX_ITERATIONS", in: 1...1000) ?? iterationsMax
    stopsEarly = try reader.bool("EARLY_STOP") ?? stopsEarly
    relativeProgressMin = try reader.double("MIN_REL_PROGRESS", in: 0...1) ?? relativeProgressMin
    isWarmStart = try reader.bool("WARM_START") ?? isWarmStart
    startCount = try reader.int("NUM_INIT", in: 1...100) ?? startCount
    if let list = reader.value("CUSTOM_CENTROIDS") { customCentroids = try Self.centroids(list) }
    try reader.finish()
    guard (initialization == .custom) == !customCentroids.isEmpty else {
      throw .invalidOption(
        name: "CUSTOM_CENTROIDS", reason: "must be given with KMEANS_INIT_METHOD CUSTOM, and only then")
    }
    if initialization == .custom {
      guard clusterCount == nil || clusterCount == customCentroids.count else {
        throw .invalidOption(name: "NUM_CLUSTERS", reason: "must be the number of CUSTOM_CENTROIDS")
      }
      guard (2...100).contains(customCentroids.count) else {
        throw .invalidOption(name: "CUSTOM_CENTROIDS", reason: "must hold 2...100 centroids")
      }
      clusterCount = customCentroids.count
    }
  }

  private static func centroids(_ value: OptionValue) throws(MachineLearningError) -> [[Double]] {
    let failure = MachineLearningError.invalidOption(
      name: "CUSTOM_CENTROIDS", reason: "must be lists of numbers of equal length")
    guard case .list(let rows) = value else { throw failure }
    var centroids: [[Double]] = []
    for row in rows {
      guard case .list(let values) = row, values.count == centroids.first?.count ?? values.count, !values.isEmpty else {
        throw failure
      }
      var numbers: [Double] = []
      for value in values {
        switch value {
        case .int(let number): numbers.append(Double(number))
        case .double(let number) where number.isFinite: numbers.append(number)
        case .double, .bool, .string, .list: throw failure
        }
      }
      centroids.append(numbers)
    }
    return centroids
  }
}
