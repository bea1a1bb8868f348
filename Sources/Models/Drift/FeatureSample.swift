import BSON
import MachineLearning
import Store

/// The features of some customers today, as the training of a version saw those of its customers: what a drift report compares.
struct FeatureSample {
  private var columns: [(name: String, column: FeatureTable.Column)] = []

  /// Reads what the version's baseline is of; nothing for a version that has none.
  init(_ service: ModelService, of version: LoadedVersion, _ customers: [BSONDocument]) throws(ModelsError) {
    switch version.content {
    case .clusters(let clusters):
      var columns = FeatureColumns(of: clusters.model.encoder)
      for customer in customers { columns.appendLeniently { FeatureReader.value($0, ofCustomer: customer) } }
      let seen = columns
      let table = try learning { () throws(MachineLearningError) in try seen.table() }
      self.columns = Array(zip(table.names, table.columns))
    case .propensity(let scorer):
      let type = version.document.string("type").flatMap(ModelType.init(rawValue:)) ?? .propensity
      let logs = try Self.logs(service, customers, scorer.money) { Self.counts($0, of: type) }
      let cutoff = try Self.today(service, atLeast: scorer.lastDay)
      let table = try learning { () throws(MachineLearningError) in
        try PropensityScorer.table(
          logs, cutoffs: logs.map { _ in cutoff }, purchaseModel: scorer.purchaseModel,
          horizonDays: scorer.horizonDays)
      }
      columns = Array(zip(table.names, table.columns))
    case .rfm(let scorer): columns = try Self.purchases(service, customers, scorer.money, after: scorer.lastDay)
    case .value(let scorer): columns = try Self.purchases(service, customers, scorer.money, after: scorer.lastDay)
    case .factorization: columns = try Self.interests(service, customers)
    case .forecast, .sentiment, .linkage: break
    }
  }

  /// Whether a model of propensity is asked about a customer: one of churn only of who has bought.
  static func counts(_ log: CustomerLog, of type: ModelType) -> Bool {
    type == .churn ? !log.purchases.isEmpty : log.firstDay != nil
  }

  /// The column of a feature.
  func column(_ name: String) -> FeatureTable.Column? { columns.first { $0.name == name }?.column }

  // MARK: What customers did

  /// Customers whose rollups are in memory at a time.
  private static let customersPerStep = 500

  /// Calls `body` with all rollups of each customer.
  private static func forEach(
    _ service: ModelService, _ customers: [BSONDocument], _ body: ([Rollup]) -> Void
  ) throws(ModelsError) {
    let pages = CustomerPages(store: service.store, limits: service.limits, readsWhole: false)
    for start in stride(from: 0, to: customers.count, by: customersPerStep) {
      let page = Array(customers[start..<min(customers.count, start + customersPerStep)])
      for rollups in try pages.rollups(of: page) { body(rollups) }
    }
  }

  private static func logs(
    _ service: ModelService, _ customers: [BSONDocument], _ money: MoneyRates, where counts: (CustomerLog) -> Bool
  ) throws(ModelsError) -> [CustomerLog] {
    var logs: [CustomerLog] = []
    try forEach(service, customers) { rollups in
      let log = CustomerLog(rollups, money: money)
      if counts(log) { logs.append(log) }
    }
    return logs
  }

  /// The last day of the data there is now.
  private static func today(_ service: ModelService, atLeast day: Int) throws(ModelsError) -> Int {
    max(day, try LogReader(store: service.store, limits: service.limits).window()?.lastDay ?? day)
  }

  private static func purchases(
    _ service: ModelService, _ customers: [BSONDocument], _ money: MoneyRates, after lastDay: Int
  ) throws(ModelsError) -> [(name: String, column: FeatureTable.Column)] {
    let logs = try logs(service, customers, money) { !$0.purchases.isEmpty }
    let cutoff = try today(service, atLeast: lastDay)
    return try learning { () throws(MachineLearningError) in
      PurchaseColumns.columns(try CustomerLog.history(logs, cutoff: cutoff))
    }
  }

  private static func interests(
    _ service: ModelService, _ customers: [BSONDocument]
  ) throws(ModelsError) -> [(name: String, column: FeatureTable.Column)] {
    guard let window = try LogReader(store: service.store, limits: service.limits).window() else { return [] }
    var counts: [Int] = []
    var products: [String] = []
    try forEach(service, customers) { rollups in
      let interests = ProductHistory(rollups).interests(at: window.latest)
      guard !interests.isEmpty else { return }
      counts.append(interests.count)
      products += interests.map(\.product.string)
    }
    return InterestColumns.columns(productsOfCustomer: counts, products: products)
  }
}

/// What RFM and lifetime value see of customers who have bought.
enum PurchaseColumns {
  static func columns(_ history: PurchaseHistory) -> [(name: String, column: FeatureTable.Column)] {
    let buyers = history.summaries.filter { $0.frequency > 0 }
    return [
      ("recency_days", .numeric(buyers.map { Double(history.cutoff - ($0.days.last ?? history.cutoff)) })),
      ("purchase_days", .numeric(buyers.map { Double($0.frequency) })),
      ("total_amount", .numeric(buyers.map(\.total))),
    ]
  }

  /// The baseline of a training.
  static func profiles(_ history: PurchaseHistory) -> [BSONDocument] {
    columns(history).map { FeatureProfile($0.name, $0.column).document }
  }
}

/// What an implicit factorization sees: how many products each customer met, and which products all of them met.
enum InterestColumns {
  static func columns(
    productsOfCustomer counts: [Int], products: [String]
  ) -> [(name: String, column: FeatureTable.Column)] {
    [("products_per_customer", .numeric(counts.map { Double($0) })), ("product", .categorical(products))]
  }

  /// Pairs of customer and product that say enough of which products are met.
  private static let pairsMax = 1_000_000

  /// The baseline of a training.
  static func profiles(_ rows: SparseRows, _ products: ProductIndex) -> [BSONDocument] {
    let counts = (0..<rows.rowCount).map { rows.range($0).count }.filter { $0 > 0 }
    let every = max(1, rows.count / pairsMax)
    let names = stride(from: 0, to: rows.count, by: every).map { products.ids[Int(rows.columns[$0])] }
    return columns(productsOfCustomer: counts, products: names).map { FeatureProfile($0.name, $0.column).document }
  }
}
