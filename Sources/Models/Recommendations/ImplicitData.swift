import BSON
import MachineLearning
import MongoDB
import Store

/// What all customers did, as a factorization is trained on it: once whole, and once cut in two for the metrics.
struct ImplicitData {
  /// A customer a row, a product a column.
  let all: SparseRows
  /// What happened up to the cut, with the strengths of that time.
  let known: SparseRows
  /// Products that a customer took up after the cut, among those that somebody knew before.
  let targets: SparseRows
  let cut: HoldoutCut
  let products: ProductIndex
  /// Earliest and latest source time, in milliseconds since 1970.
  let window: ClosedRange<Int64>
  /// The segment of each customer, nil for none.
  let segments: [String?]
  /// Customers that did anything with a product.
  var customers: Int { all.rowCount }
}

/// Reads rollups customer by customer and adds them up, a page of customers in memory at a time.
struct ImplicitDataReader {
  let store: Store
  let limits: ModelLimits
  let seed: UInt64

  private struct Entries {
    var all: [SparseRows.Entry] = []
    var known: [SparseRows.Entry] = []
    var targets: [SparseRows.Entry] = []
  }

  func read(_ handle: JobHandle) throws(ModelsError) -> ImplicitData {
    let days = try reading { () throws(StoreError) in
      try store.projections.activityByDay(deadline: .after(milliseconds: limits.jobStepTimeoutMs))
    }
    guard let first = days.first, let latest = days.map(\.lastAt.millisecondsSince1970).max() else {
      throw .insufficientData(needed: 2, found: 0, unit: "pairs of customer and product")
    }
    let cut = HoldoutCut(days)
    let expected = try reading { () throws(StoreError) in
      try store.projections.customerCount(deadline: .after(milliseconds: limits.jobStepTimeoutMs))
    }
    var products = ProductIndex()
    var entries = Entries()
    var segments: [String?] = []
    let segmentReader = try SegmentReader(store: store, deadline: .after(milliseconds: limits.jobStepTimeoutMs))
    var row: Int32 = 0
    var done = 0
    let pages = CustomerPages(store: store, limits: limits, readsWhole: false)
    try pages.forEach(handle) { page throws(ModelsError) in
      let standing = try segmentReader.segments(of: page, deadline: .after(milliseconds: limits.jobStepTimeoutMs))
      for (rollups, segment) in zip(try pages.rollups(of: page), standing) {
        let history = ProductHistory(rollups)
        let interests = strongest(history.interests(at: latest))
        guard !interests.isEmpty else { continue }
        let columns = interests.map { (products.insert($0.product), Float($0.strength)) }
        for (column, strength) in columns { entries.all.append(.init(row: row, column: column, value: strength)) }
        split(history, columns, row: row, at: cut, latest: latest, &products, &entries)
        segments.append(segment)
        row += 1
      }
      guard entries.all.count <= limits.interactionsMax else {
        throw .tooMuchData(limit: limits.interactionsMax, unit: "pairs of customer and product")
      }
      done += page.count
      handle.report("reading", 0.25 * Double(done) / Double(max(1, expected)))
    }
    return try data(
      entries, segments, products, cut, UTCDay.start(of: first.day).millisecondsSince1970...latest)
  }

  private func strongest(_ interests: [ProductHistory.Interest]) -> [ProductHistory.Interest] {
    guard interests.count > limits.productsPerCustomerMax else { return interests }
    let order = interests.indices.sorted { (-interests[$0].strength, $0) < (-interests[$1].strength, $1) }
    return order.prefix(limits.productsPerCustomerMax).sorted().map { interests[$0] }
  }

  private func split(
    _ history: ProductHistory, _ columns: [(Int32, Float)], row: Int32, at cut: HoldoutCut, latest: Int64,
    _ products: inout ProductIndex, _ entries: inout Entries
  ) {
    switch cut {
    case .time(let day, let at):
      let before = strongest(history.interests(at: at, through: day))
      var seen: Set<ByteString> = []
      for interest in before {
        seen.insert(interest.product)
        entries.known.append(
          .init(row: row, column: products.insert(interest.product), value: Float(interest.strength)))
      }
      for interest in strongest(history.interests(at: latest, from: day + 1)) where !seen.contains(interest.product) {
        entries.targets.append(
          .init(row: row, column: products.insert(interest.product), value: Float(interest.strength)))
      }
    case .random:
      var random = SeededRandom(seed: seed &+ UInt64(row))
      for (column, strength) in columns {
        let entry = SparseRows.Entry(row: row, column: column, value: strength)
        if random.index(below: 5) == 0 { entries.targets.append(entry) } else { entries.known.append(entry) }
      }
    }
  }

  /// Leaves out what cannot be judged: customers of whom nothing was known before the cut, products that nobody knew.
  private func data(
    _ entries: Entries, _ segments: [String?], _ products: ProductIndex, _ cut: HoldoutCut,
    _ window: ClosedRange<Int64>
  ) throws(ModelsError) -> ImplicitData {
    let rows = segments.count
    var isKnownRow = [Bool](repeating: false, count: rows)
    var isKnownColumn = [Bool](repeating: false, count: products.ids.count)
    for entry in entries.known {
      isKnownRow[Int(entry.row)] = true
      isKnownColumn[Int(entry.column)] = true
    }
    let targets = entries.targets.filter { isKnownRow[Int($0.row)] && isKnownColumn[Int($0.column)] }
    func matrix(_ entries: [SparseRows.Entry]) throws(ModelsError) -> SparseRows {
      try learning { () throws(MachineLearningError) in
        try SparseRows(rowCount: rows, columnCount: products.ids.count, entries: entries)
      }
    }
    return ImplicitData(
      all: try matrix(entries.all), known: try matrix(entries.known), targets: try matrix(targets), cut: cut,
      products: products, window: window, segments: segments)
  }
}
