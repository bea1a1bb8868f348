import BSON
import MachineLearning
import MongoDB
import Store

/// Factors and centroids that were learned elsewhere become versions: immutable, with a card that says where they come from.
///
/// A factorization is `{"productId": …, "factors": […]}` a line. A clustering is `{"centroid_id"?, "features": {name: value, …}}` a
/// line, in the features' own units.
extension ModelService {
  /// What is said of an import beside its lines.
  public struct ImportOptions: Sendable {
    /// λ of the factorization.
    public var regularization = 0.1
    /// α of the factorization.
    public var alpha = 40.0
    /// Where it was learned, for the card.
    public var source = "elsewhere"
    /// Whether it becomes the default at once; the first version of a model does in any case.
    public var becomesDefault = false

    /// The defaults.
    public init() {}
  }

  /// Registers a version made from lines. Returns it; segments and recommendations of a new default are written by the next service
  /// that runs jobs.
  public func importVersion(
    of model: String, type: ModelType, lines: [BSONDocument], _ options: ImportOptions = ImportOptions()
  ) throws(ModelsError) -> BSONDocument {
    let name = try ModelName(parsing: model)
    try state.refreshModels()
    let live = state.current.models[model]?.serving
    let trained: TrainedVersion
    switch type {
    case .matrixFactorization: trained = try factorization(lines, options)
    case .kmeans: trained = try clustering(lines, options, model: name, live: live)
    case .churn, .propensity, .rfm, .clv, .forecast, .sentiment, .recordLinkage:
      throw .invalidOption(name: "MODEL_TYPE", reason: "must be KMEANS or MATRIX_FACTORIZATION to be imported")
    }
    try declare(name, type: type)
    let number = try reading { () throws(StoreError) in
      try store.registry.nextVersionNumber(of: model, deadline: deadline)
    }
    let id = name.id(ofVersion: String(number))
    let fields = trained.fields(model: name, type: type, number: number, seed: 0, jobId: "", at: clock())
    try reading { () throws(StoreError) in
      try store.registry.add(
        id, fields: fields, bytes: trained.bytes, deadline: .after(milliseconds: limits.jobStepTimeoutMs))
    }
    try state.refreshModels()
    if live == nil || options.becomesDefault { _ = try setDefault(String(number), ofModel: model, force: true) }
    return try version(String(number), ofModel: model)
  }

  private static let verdict = GateVerdict(
    passed: false, reason: "it was trained elsewhere, and nothing here says how good it is")

  private func factorization(
    _ lines: [BSONDocument], _ options: ImportOptions
  ) throws(ModelsError) -> TrainedVersion {
    var products = ProductIndex()
    var factors: [[Float]] = []
    for (index, line) in lines.enumerated() {
      guard let product = line.string("productId") ?? line.int("productId").map(String.init),
        let values = line.array("factors")
      else { throw .invalidInstance(index: index, field: "productId", reason: "and factors must be given") }
      guard (1...512).contains(product.utf8.count) else {
        throw .invalidInstance(index: index, field: "productId", reason: "must be 1 to 512 bytes long")
      }
      guard Int(products.insert(ByteString(product))) == index else {
        throw .invalidInstance(index: index, field: "productId", reason: "is given twice")
      }
      factors.append(values.compactMap { $0.doubleValue.map { Float($0) } })
      guard factors[index].count == values.count else {
        throw .invalidInstance(index: index, field: "factors", reason: "must be numbers")
      }
      guard factors[index].allSatisfy(\.isFinite), (2...200).contains(values.count),
        values.count == factors[0].count
      else {
        throw .invalidInstance(
          index: index, field: "factors", reason: "must be 2 to 200 finite numbers, as many in every line")
      }
    }
    guard !lines.isEmpty else {
      throw .invalidInstance(index: 0, field: "productId", reason: "and factors must be given: the file has no lines")
    }
    guard options.regularization >= 0, options.regularization.isFinite else {
      throw .invalidOption(name: "L2_REG", reason: "must be a number from 0")
    }
    guard options.alpha > 0, options.alpha.isFinite else {
      throw .invalidOption(name: "WALS_ALPHA", reason: "must be a number above 0")
    }
    let unknown = try unknownProducts(products.ids)
    guard unknown < products.ids.count else {
      throw .invalidInstance(index: 0, field: "productId", reason: "names no product, nor does any other line")
    }
    let rows = factors
    let model = try learning { () throws(MachineLearningError) in
      try ImplicitModel(importing: rows, regularization: options.regularization, alpha: options.alpha)
    }
    let reader = LogReader(store: store, limits: limits)
    let latest = try reader.window()?.latest ?? 0
    let popularity = try popularity(of: products, latest: latest)
    let serving = FactorizationModel(
      engine: .implicit(model), items: products, popularity: popularity.all, segments: popularity.segments,
      latestSourceTime: latest)
    return TrainedVersion(
      bytes: serving.serialized(), algorithm: "alternating least squares, trained with \(options.source)",
      options: BSONDocument {
        $0.append("MODEL_TYPE", ModelType.matrixFactorization.rawValue)
        $0.append("FEEDBACK_TYPE", FactorizationTraining.Feedback.implicit.rawValue)
        $0.append("NUM_FACTORS", model.choices.factorCount)
        $0.append("L2_REG", options.regularization)
        $0.append("WALS_ALPHA", options.alpha)
      }, chosen: BSONDocument(),
      data: BSONDocument {
        $0.append("products", products.ids.count)
        $0.append("unknownProducts", unknown)
        $0.append("latestSourceTime", BSONDate(millisecondsSince1970: latest))
      }, metrics: BSONDocument(), verdict: Self.verdict,
      limits: ["Was trained elsewhere: its metrics, its hold-out and its data are not known here."])
  }

  /// The share of the customers who did something with each product, at large and by segment: what is offered to whom nothing is known
  /// of. Where the factors come from does not say it, so what is stored here does. Of more pairs than a training takes the first do: ids
  /// are digests, so that the customers who come first are a sample.
  private func popularity(
    of products: ProductIndex, latest: Int64
  ) throws(ModelsError) -> (all: [Float], segments: [String: SegmentPopularity]) {
    var entries: [SparseRows.Entry] = []
    var segments: [String?] = []
    let reader = try SegmentReader(store: store, deadline: .after(milliseconds: limits.jobStepTimeoutMs))
    let pages = CustomerPages(store: store, limits: limits, readsWhole: false)
    func wantsMore() -> Bool { entries.count < limits.interactionsMax }
    try pages.forEachPage(while: wantsMore) { page throws(ModelsError) in
      let standing = try reader.segments(of: page, deadline: .after(milliseconds: limits.jobStepTimeoutMs))
      for (rollups, segment) in zip(try pages.rollups(of: page), standing) {
        let met = ProductHistory(rollups).interests(at: latest).compactMap { products.index(of: $0.product) }
        guard !met.isEmpty else { continue }
        let row = Int32(segments.count)
        entries += met.map { SparseRows.Entry(row: row, column: $0, value: 1) }
        segments.append(segment)
      }
    }
    let (found, rowCount) = (entries, segments.count)
    let rows = try learning { () throws(MachineLearningError) in
      try SparseRows(rowCount: rowCount, columnCount: products.ids.count, entries: found)
    }
    let takers = rows.transposed()
    let all = (0..<takers.rowCount).map { Float(takers.range($0).count) / Float(max(1, rowCount)) }
    return (all, SegmentPopularity.ofDeeds(rows, segments: segments, overall: all))
  }

  /// How many of some products the catalogue does not have; none where there is no catalogue.
  private func unknownProducts(_ ids: [String]) throws(ModelsError) -> Int {
    try reading { () throws(StoreError) in
      let deadline = Deadline.after(milliseconds: limits.jobStepTimeoutMs)
      guard try store.productCount(deadline: deadline) > 0 else { return 0 }
      var unknown = 0
      for start in stride(from: 0, to: ids.count, by: 1000) {
        let page = Array(ids[start..<min(ids.count, start + 1000)])
        unknown += page.count - (try store.products.find(ids: page, deadline: deadline).count)
      }
      return unknown
    }
  }

  private func clustering(
    _ lines: [BSONDocument], _ options: ImportOptions, model: ModelName, live: LoadedVersion?
  ) throws(ModelsError) -> TrainedVersion {
    let names = lines.first?.document("features")?.map(\.key) ?? []
    guard (1...FeatureReader.namesMax).contains(names.count) else {
      throw .invalidInstance(
        index: 0, field: "features", reason: "must be an object of 1 to \(FeatureReader.namesMax) numbers")
    }
    guard (2...100).contains(lines.count) else {
      throw .invalidInstance(
        index: lines.count - 1, field: "features", reason: "is the last of \(lines.count): there must be 2 to 100 lines"
      )
    }
    var centroids: [[Double]] = []
    for (index, line) in lines.enumerated() {
      guard let features = line.document("features"), features.count == names.count else {
        throw .invalidInstance(index: index, field: "features", reason: "must be an object, the same in every line")
      }
      var values: [Double] = []
      for name in names {
        guard let value = features.double(name), value.isFinite else {
          throw .invalidInstance(index: index, field: "features/" + name, reason: "must be a number")
        }
        values.append(value)
      }
      centroids.append(values)
    }
    let rows = centroids
    let spread = try spread(of: names)
    if let unnamed = spread.unnamed, spread.customers > 0 {
      throw .invalidInstance(index: 0, field: "features/" + unnamed, reason: "is a feature that no customer has")
    }
    let trained = try learning { () throws(MachineLearningError) in
      try KMeansModel(importing: rows, names: names, means: spread.means, deviations: spread.deviations)
    }
    let index = names.firstIndex(of: "average_order_value").flatMap { value in
      names.firstIndex(of: "no_of_orders").map { (value, $0) }
    }
    let clusters = rows.enumerated().map { cluster, values in
      SegmentNaming.Cluster(
        centroidId: cluster + 1, size: 0, meanValue: index.map { values[$0.0] * values[$0.1] } ?? values.reduce(0, +),
        centroid: ClusterModel.centre(trained, cluster))
    }
    let segments = SegmentNaming.segments(
      of: clusters, model: model.string, previous: live?.clusters?.segments ?? [])
    return TrainedVersion(
      bytes: trained.serialized(), algorithm: "k-means, trained with \(options.source)",
      options: BSONDocument {
        $0.append("MODEL_TYPE", ModelType.kmeans.rawValue)
        $0.append("NUM_CLUSTERS", rows.count)
        $0.append("DISTANCE_TYPE", "EUCLIDEAN")
        $0.append("STANDARDIZE_FEATURES", true)
        $0.append("FEATURES", names)
      }, chosen: BSONDocument(),
      data: BSONDocument { $0.append("customers", spread.customers) }, metrics: BSONDocument(), verdict: Self.verdict,
      limits: [
        "Was trained elsewhere: its metrics and its data are not known here.",
        "Features are standardized by the customers there were at the import.",
      ], extra: BSONDocument { $0.append("segments", segments.map(\.document)) })
  }

  /// Means and deviations of features over the customers that there are: what distances are taken in.
  private func spread(
    of names: [String]
  ) throws(ModelsError) -> (means: [Double], deviations: [Double], customers: Int, unnamed: String?) {
    let reader = FeatureReader(names: names)
    var sums = [Double](repeating: 0, count: names.count)
    var squares = sums
    var counts = sums
    var customers = 0
    var unnamed = names
    let pages = CustomerPages(store: store, limits: limits, readsWhole: !reader.readsFeaturesOnly)
    try pages.forEachPage { page throws(ModelsError) in
      customers += page.count
      for customer in page {
        unnamed.removeAll { FeatureReader.isNamed($0, inCustomer: customer) }
        for (index, name) in names.enumerated() {
          guard let value = FeatureReader.value(name, ofCustomer: customer)?.doubleValue, value.isFinite else {
            continue
          }
          sums[index] += value
          squares[index] += value * value
          counts[index] += 1
        }
      }
    }
    let means = names.indices.map { counts[$0] > 0 ? sums[$0] / counts[$0] : 0 }
    let deviations = names.indices.map { index in
      // A missing value stands at the mean and counts.
      let there = counts[index] > 0 ? max(0, squares[index] / counts[index] - means[index] * means[index]) : 0
      return (there * counts[index] / Double(max(1, customers))).squareRoot()
    }
    return (means, deviations, customers, unnamed.first)
  }
}
