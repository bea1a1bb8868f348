/// Purchases of many customers, summed up per customer to a cut-off day: what RFM, churn features and lifetime value start from.
public struct PurchaseHistory: Sendable {
  /// One purchase.
  public struct Purchase: Sendable, Equatable {
    /// The customer's index, from 0.
    public var customer: Int
    /// The day, counted from any fixed day.
    public var day: Int
    /// Units bought.
    public var quantity: Double
    /// Money spent.
    public var amount: Double

    /// A purchase.
    public init(customer: Int, day: Int, quantity: Double, amount: Double) {
      self.customer = customer
      self.day = day
      self.quantity = quantity
      self.amount = amount
    }
  }

  /// One customer's purchases up to the cut-off, a day's purchases taken together.
  public struct Summary: Sendable, Equatable {
    /// The days with purchases, ascending.
    public var days: [Int] = []
    /// The money spent on each.
    public var amounts: [Double] = []
    /// The units bought on each.
    public var quantities: [Double] = []

    /// Days with purchases.
    public var frequency: Int { days.count }
    /// Money spent.
    public var total: Double { amounts.reduce(0, +) }
  }

  /// The last day that counts.
  public let cutoff: Int
  /// A summary per customer; empty for one who bought nothing until the cut-off.
  public let summaries: [Summary]

  /// Sums up purchases in any order; later ones than the cut-off are ignored.
  public init(_ purchases: [Purchase], customerCount: Int, cutoff: Int) throws(MachineLearningError) {
    var summaries = [Summary](repeating: Summary(), count: customerCount)
    let order = purchases.indices.sorted { (purchases[$0].day, $0) < (purchases[$1].day, $1) }
    for index in order {
      let purchase = purchases[index]
      guard purchase.customer >= 0, purchase.customer < customerCount, purchase.amount.isFinite,
        purchase.quantity.isFinite
      else {
        throw .invalidInput("a purchase has no customer or no finite amount")
      }
      guard purchase.day <= cutoff else { continue }
      if let last = summaries[purchase.customer].days.last, last == purchase.day {
        let position = summaries[purchase.customer].days.count - 1
        summaries[purchase.customer].amounts[position] += purchase.amount
        summaries[purchase.customer].quantities[position] += purchase.quantity
      } else {
        summaries[purchase.customer].days.append(purchase.day)
        summaries[purchase.customer].amounts.append(purchase.amount)
        summaries[purchase.customer].quantities.append(purchase.quantity)
      }
    }
    self.cutoff = cutoff
    self.summaries = summaries
  }

  /// Features of the given customers for a propensity model, one row each. `purchaseModel` adds what the buy-till-you-die model says.
  public func features(of customers: [Int], purchaseModel: PurchaseModel? = nil, horizonDays: Double = 270) -> [(
    name: String, column: FeatureTable.Column
  )] {
    var columns: [(name: String, values: [Double])] = []
    func add(_ name: String, _ value: (Summary) -> Double) {
      columns.append((name, customers.map { value(summaries[$0]) }))
    }
    let cutoff = self.cutoff
    add("recency_days") { $0.days.last.map { Double(cutoff - $0) } ?? .nan }
    add("age_days") { $0.days.first.map { Double(cutoff - $0) } ?? .nan }
    add("frequency") { Double($0.frequency) }
    add("total_amount") { $0.total }
    add("mean_amount") { $0.frequency > 0 ? $0.total / Double($0.frequency) : .nan }
    add("largest_amount") { $0.amounts.max() ?? .nan }
    add("first_amount") { $0.amounts.first ?? .nan }
    add("last_amount") { $0.amounts.last ?? .nan }
    add("total_quantity") { $0.quantities.reduce(0, +) }
    add("mean_quantity") { $0.frequency > 0 ? $0.quantities.reduce(0, +) / Double($0.frequency) : .nan }
    add("mean_gap_days") { Self.gaps($0).mean }
    add("gap_deviation_days") { Self.gaps($0).deviation }
    add("longest_gap_days") { Self.gaps($0).longest }
    add("recency_over_gap") { summary in
      let gap = Self.gaps(summary).mean
      guard let last = summary.days.last, gap > 0 else { return .nan }
      return Double(cutoff - last) / gap
    }
    for window in [30, 60, 90, 180] {
      add("frequency_\(window)d") { Double($0.days.count { $0 > cutoff - window }) }
      add("amount_\(window)d") { summary in
        zip(summary.days, summary.amounts).reduce(0) { $1.0 > cutoff - window ? $0 + $1.1 : $0 }
      }
    }
    if let purchaseModel {
      add("alive_probability") { purchaseModel.aliveProbability(PurchaseModel.Record($0, cutoff: cutoff)) }
      add("expected_purchases") {
        purchaseModel.expectedPurchases(PurchaseModel.Record($0, cutoff: cutoff), days: horizonDays)
      }
    }
    return columns.map { ($0.name, .numeric($0.values)) }
  }

  private static func gaps(_ summary: Summary) -> (mean: Double, deviation: Double, longest: Double) {
    let gaps = zip(summary.days, summary.days.dropFirst()).map { Double($1 - $0) }
    guard !gaps.isEmpty else { return (.nan, .nan, .nan) }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
    return (mean, variance.squareRoot(), gaps.max() ?? 0)
  }
}
