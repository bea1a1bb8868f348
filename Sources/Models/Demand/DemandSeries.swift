import BSON
import MachineLearning
import MongoDB
import Store

/// What was bought in each step of time, by product, by category or in all: from orders, or from purchase events where there are no
/// orders at all.
struct DemandSeries {
  /// LEVEL.
  enum Level: String, CaseIterable {
    case total = "TOTAL"
    case category = "CATEGORY"
    case product = "PRODUCT"
  }

  /// MEASURE.
  enum Measure: String, CaseIterable {
    /// Pieces.
    case units = "UNITS"
    /// Orders; for LEVEL TOTAL.
    case orders = "ORDERS"
    /// Money of orders; for LEVEL TOTAL.
    case revenue = "REVENUE"
  }

  let names: [String]
  let series: [Forecasting.Series]
  let steps: DemandSteps
  /// The step behind the last one.
  let nextStep: Int
  let window: DataWindow
  /// Series that were left out since there are more than a forecast takes.
  let leftOut: Int
  /// Orders whose money could not be converted.
  let unconverted: Int
}

/// Adds up demand by day while rollups go by.
struct DemandReader {
  let setting: TrainingSetting
  let level: DemandSeries.Level
  let measure: DemandSeries.Measure
  /// Nil chooses days for less than four months of data, weeks for more.
  let steps: DemandSteps?

  /// The shortest series that can be forecast, in whole steps.
  static let stepsMin = 8

  private struct Sums {
    var orders: [ByteString: [Int: Double]] = [:]
    var events: [ByteString: [Int: Double]] = [:]
    var unconverted = 0
  }

  func read(_ handle: JobHandle) throws(ModelsError) -> DemandSeries {
    let reader = LogReader(store: setting.store, limits: setting.limits)
    guard let window = try reader.window() else {
      throw .insufficientData(needed: Self.stepsMin, found: 0, unit: "steps of time")
    }
    let steps = steps ?? (window.dayCount < 120 ? .daily : .weekly)
    let sums = try sums(window, steps, try reader.money(), handle)
    let found = sums.orders.isEmpty ? sums.events : sums.orders
    // A step that the data begin or end in the midst of says too little.
    var first = steps.step(ofDay: window.firstDay)
    if steps.firstDay(ofStep: first) < window.firstDay { first += 1 }
    var next = steps.step(ofDay: window.lastDay)
    if steps.firstDay(ofStep: next + 1) == window.lastDay + 1 { next += 1 }
    guard next - first >= Self.stepsMin, !found.isEmpty else {
      throw .insufficientData(
        needed: Self.stepsMin, found: found.isEmpty ? 0 : max(0, next - first),
        unit: "whole steps of time (\(steps.rawValue)) with purchases")
    }
    let totals = found.mapValues { $0.values.reduce(0, +) }
    let ranked = found.keys.sorted { (-(totals[$0] ?? 0), $0) < (-(totals[$1] ?? 0), $1) }
    let kept = ranked.prefix(setting.limits.seriesMax)
    let series = kept.map { name in
      let values = found[name] ?? [:]
      return Forecasting.Series(values: (first..<next).map { values[$0] ?? 0 }, period: steps.period)
    }
    return DemandSeries(
      names: kept.map(\.string), series: series, steps: steps, nextStep: next, window: window,
      leftOut: ranked.count - kept.count, unconverted: sums.unconverted)
  }

  private func sums(
    _ window: DataWindow, _ steps: DemandSteps, _ money: MoneyRates, _ handle: JobHandle
  ) throws(ModelsError) -> Sums {
    let reader = LogReader(store: setting.store, limits: setting.limits)
    let categories = level == .category ? try reader.categories() : [:]
    let limits = setting.limits
    var sums = Sums()
    var cells = 0
    func add(_ table: inout [ByteString: [Int: Double]], _ key: ByteString, _ step: Int, _ amount: Double) {
      if table[key]?[step] == nil { cells += 1 }
      table[key, default: [:]][step, default: 0] += amount
    }
    func key(_ product: String) -> ByteString {
      switch level {
      case .total: ByteString("total")
      case .product: ByteString(product)
      case .category: ByteString(categories[ByteString(product)] ?? "(none)")
      }
    }
    handle.report("reading", 0)
    try reading { () throws(StoreError) in
      try setting.store.projections.forEachRollup(deadline: .after(milliseconds: limits.jobStepTimeoutMs)) { rollup in
        guard cells <= limits.interactionsMax, handle.reasonToEnd == .none else { return }
        let step = steps.step(ofDay: UTCDay.daysSince1970(of: rollup.day))
        for order in rollup.orders where order.type == .purchase {
          switch measure {
          case .units: for line in order.lines { add(&sums.orders, key(line.productId), step, line.quantity) }
          case .orders: add(&sums.orders, key(""), step, 1)
          case .revenue:
            if let amount = money.amount(order.total, in: order.currency) {
              add(&sums.orders, key(""), step, amount)
            } else {
              sums.unconverted += 1
            }
          }
        }
        guard measure == .units else { return }
        for product in rollup.products {
          let quantity = product.purchased + product.purchasedInOrders.reduce(0) { $0 + $1.quantity }
          if quantity > 0 { add(&sums.events, key(product.productId), step, quantity) }
        }
      }
    }
    try handle.checkCancelled()
    if cells > limits.interactionsMax {
      throw .tooMuchData(limit: limits.interactionsMax, unit: "values of all series")
    }
    return sums
  }
}
