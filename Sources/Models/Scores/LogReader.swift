import BSON
import MachineLearning
import MongoDB
import Store

/// When something happened in the data, by days since 1970.
struct DataWindow {
  let firstDay: Int
  let lastDay: Int
  /// Latest source time, in milliseconds since 1970.
  let latest: Int64

  var dayCount: Int { lastDay - firstDay + 1 }

  /// `from`, `until` and `latestSourceTime`, as every card has them.
  func append(to writer: inout BSONWriter) {
    writer.append("from", BSONDate(millisecondsSince1970: Int64(firstDay) * UTCDay.milliseconds))
    writer.append("until", BSONDate(millisecondsSince1970: latest))
    writer.append("latestSourceTime", BSONDate(millisecondsSince1970: latest))
  }
}

/// Reads the logs of all customers, a page at a time, in the order of ids.
struct LogReader {
  let store: Store
  let limits: ModelLimits

  private var timeout: Deadline { .after(milliseconds: limits.jobStepTimeoutMs) }

  /// The days with anything on them; nil when nothing happened yet.
  func window() throws(ModelsError) -> DataWindow? {
    let days = try reading { () throws(StoreError) in try store.projections.activityByDay(deadline: timeout) }
    guard let first = days.first, let last = days.last else { return nil }
    return DataWindow(
      firstDay: UTCDay.daysSince1970(of: first.day), lastDay: UTCDay.daysSince1970(of: last.day),
      latest: days.map(\.lastAt.millisecondsSince1970).max() ?? 0)
  }

  /// The category of every product that has one.
  func categories() throws(ModelsError) -> [ByteString: String] {
    var categories: [ByteString: String] = [:]
    try reading { () throws(StoreError) in
      try store.forEachCatalogueEntry(deadline: timeout) { product in
        if let id = product.string("_id"), let category = product.string("category") {
          categories[ByteString(id)] = category
        }
      }
    }
    return categories
  }

  /// How money is added up: as configured, or in the currency that was decided by the first order.
  func money() throws(ModelsError) -> MoneyRates {
    guard limits.money.currency == nil else { return limits.money }
    let decided = try reading { () throws(StoreError) in try store.setting("currency", deadline: timeout) }
    return MoneyRates(currency: decided?.string("code"), rates: limits.money.rates)
  }

  /// Calls `body` with each customer's rollups.
  func forEach(
    _ handle: JobHandle, stage: ClosedRange<Double>, _ body: ([Rollup]) throws(ModelsError) -> Void
  ) throws(ModelsError) {
    let expected = try reading { () throws(StoreError) in try store.projections.customerCount(deadline: timeout) }
    let pages = CustomerPages(store: store, limits: limits, readsWhole: false)
    var done = 0
    try pages.forEach(handle) { page throws(ModelsError) in
      for rollups in try pages.rollups(of: page) { try body(rollups) }
      done += page.count
      let share = min(1, Double(done) / Double(max(1, expected)))
      handle.report("reading", stage.lowerBound + (stage.upperBound - stage.lowerBound) * share)
    }
  }

  /// Refuses more purchases than a training may hold.
  func check(purchases: Int) throws(ModelsError) {
    if purchases > limits.interactionsMax { throw .tooMuchData(limit: limits.interactionsMax, unit: "purchases") }
  }
}
