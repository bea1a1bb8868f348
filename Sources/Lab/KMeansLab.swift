import CSV
import MachineLearning

/// `lab kmeans`: clusters the rows of a file.
public struct KMeansLab: Sendable {
  /// A CSV file with a header, or `.f32`: little-endian float32 rows.
  public var data: String
  /// Columns of a `.f32` file.
  public var dimensions: Int?
  /// The CSV columns to use; all whose first value is a number by default.
  public var columns: [String]?
  /// The number of clusters.
  public var clusterCount: Int
  /// Starts; nil for the default.
  public var startCount: Int?
  /// The seed of everything random.
  public var seed: UInt64 = 0
  /// Threads.
  public var threads = 1
  /// Whether columns are standardized first.
  public var standardizes = false
  /// Where `row,centroid_id,distance` goes; rows count from 0, ids from 1.
  public var output: String

  /// A command over a file.
  public init(data: String, clusterCount: Int, output: String) {
    self.data = data
    self.clusterCount = clusterCount
    self.output = output
  }

  /// Runs to convergence (at most 1000 iterations), writes the labels, and tells the metrics.
  public func run() throws(LabError) -> Report {
    guard (2...100).contains(clusterCount) else { throw .usage("--k must be 2...100, not \(clusterCount)") }
    if let startCount, !(1...100).contains(startCount) {
      throw .usage("--init-n must be 1...100, not \(startCount)")
    }
    try checkThreads(threads)
    let table = try data.hasSuffix(".f32") ? readFloats() : readCSV()
    var values: [String: OptionValue] = [
      "NUM_CLUSTERS": .int(clusterCount), "MAX_ITERATIONS": .int(1000), "EARLY_STOP": .bool(false),
      "STANDARDIZE_FEATURES": .bool(standardizes),
    ]
    if let startCount { values["NUM_INIT"] = .int(startCount) }
    let context = TrainingContext(threads: threads)
    let clock = ContinuousClock()
    let start = clock.now
    var (fitStart, fitEnd) = (start, start)
    var (fitProcessorStart, fitProcessorEnd) = (0.0, 0.0)
    let training = try modelling(data) { () throws(MachineLearningError) in
      try KMeans.train(
        table, options: KMeansOptions(parsing: values), seed: seed, context: context,
        tick: {
          fitStart = clock.now
          fitProcessorStart = processorSeconds()
        },
        fitted: {
          fitEnd = clock.now
          fitProcessorEnd = processorSeconds()
        })
    }
    var file = try OutputFile(output, header: ["row", "centroid_id", "distance"])
    for row in training.assignment.centroidIDs.indices {
      try file.row {
        $0.field(row)
        $0.field(training.assignment.centroidIDs[row])
        $0.field(training.assignment.distances[row])
      }
    }
    try file.finish()
    var report = Report()
    report.add("fit_seconds", seconds(fitEnd - fitStart))
    report.add("fit_cpu_seconds", fitProcessorEnd - fitProcessorStart)
    report.add("search_seconds", seconds(fitStart - start))
    report.add("iterations", training.model.iterations)
    report.add("rows", table.rowCount)
    report.add("imputed", training.model.encoder.imputedCounts.reduce(0, +))
    report.add("num_clusters", training.model.clusterCount)
    report.add("inertia", training.metrics.meanSquaredDistance * Double(table.rowCount))
    report.add("mean_squared_distance", training.metrics.meanSquaredDistance)
    report.add("davies_bouldin_index", training.metrics.daviesBouldinIndex)
    return report
  }

  /// Numbers beyond it have no squares, or none that add up.
  private var magnitudeMax: Double { standardizes ? 1e150 : 1e18 }
  /// Columns of a `.f32` file at the most.
  private static let dimensionsMax = 10_000

  private func readCSV() throws(LabError) -> FeatureTable {
    var file = try CSVFile(data)
    var indexes: [Int] = []
    if let columns {
      for name in columns {
        let index = try file.column(name)
        guard !indexes.contains(index) else { throw .usage("--columns names \(name) twice") }
        indexes.append(index)
      }
    }
    var values: [[Double]] = []
    var isFirst = true
    while let row = try file.next() {
      if isFirst {
        if columns == nil { indexes = (0..<row.count).filter { row.double($0) != nil || trimmed(row[$0]).isEmpty } }
        for index in indexes { try file.checkOnce(index) }
        values = Array(repeating: [], count: indexes.count)
        isFirst = false
      }
      for (position, index) in indexes.enumerated() {
        let value = try file.numberOrMissing(row, index)
        guard value.isNaN || abs(value) <= magnitudeMax else {
          throw file.error(row, index, "\(value) is too large for distances")
        }
        values[position].append(value)
      }
    }
    guard !isFirst, !indexes.isEmpty else {
      throw .input(file: data, line: 2, column: 1, message: "there are no rows with numeric columns")
    }
    let names = indexes.map { file.header.names[$0] }
    return try modelling(data) { () throws(MachineLearningError) in
      try FeatureTable(zip(names, values).map { ($0, .numeric($1)) })
    }
  }

  private func readFloats() throws(LabError) -> FeatureTable {
    guard let dimensions else { throw .usage("--dims is needed for a .f32 file") }
    guard (1...Self.dimensionsMax).contains(dimensions) else {
      throw .usage("--dims must be 1...\(Self.dimensionsMax), not \(dimensions)")
    }
    var source = try FileSource(data)
    var values = [[Double]](repeating: [], count: dimensions)
    var pending: [UInt8] = []
    var index = 0
    while true {
      let chunk = try source.read(1 << 20)
      if chunk.isEmpty { break }
      pending += chunk
      let whole = pending.count / 4 * 4
      for offset in stride(from: 0, to: whole, by: 4) {
        let bits = UInt32(pending[offset]) | UInt32(pending[offset + 1]) << 8 | UInt32(pending[offset + 2]) << 16
        let value = Float(bitPattern: bits | UInt32(pending[offset + 3]) << 24)
        guard value.isNaN || abs(Double(value)) <= magnitudeMax else {
          throw .input(
            file: data, line: index / dimensions + 1, column: index % dimensions + 1,
            message: value.isInfinite ? "the number is infinite" : "\(value) is too large for distances")
        }
        values[index % dimensions].append(Double(value))
        index += 1
      }
      pending.removeFirst(whole)
    }
    guard pending.isEmpty, index % dimensions == 0, index > 0 else {
      throw .input(
        file: data, line: index / dimensions + 1, column: index % dimensions + 1,
        message: "the file does not hold whole rows of \(dimensions) numbers")
    }
    return try modelling(data) { () throws(MachineLearningError) in
      try FeatureTable(values.enumerated().map { ("column\($0.offset)", .numeric($0.element)) })
    }
  }
}
