/// BG/NBD (Fader, Hardie and Lee 2005): customers buy at random at rates of their own (gamma r, α) and after each purchase may leave for
/// good (beta a, b). With the gamma-gamma model of spending (Fader and Hardie 2013): customer lifetime value.
public struct PurchaseModel: Sendable, Equatable {
  /// What the model knows of a customer.
  public struct Record: Sendable, Hashable {
    /// Repeat purchases: days with purchases after the first.
    public var repeats: Int
    /// Days from the first purchase to the last.
    public var lastAt: Double
    /// Days from the first purchase to the cut-off.
    public var age: Double

    /// A record; `0 <= lastAt <= age`.
    public init(repeats: Int, lastAt: Double, age: Double) {
      self.repeats = repeats
      self.lastAt = lastAt
      self.age = age
    }

    /// The record of a history; a customer without purchases counts as one who has just come.
    public init(_ summary: PurchaseHistory.Summary, cutoff: Int) {
      let first = summary.days.first ?? cutoff
      self.init(
        repeats: max(0, summary.frequency - 1), lastAt: Double((summary.days.last ?? first) - first),
        age: Double(cutoff - first))
    }
  }

  /// Shape of the gamma distribution of purchase rates.
  public let r: Double
  /// Its scale, in days.
  public let alpha: Double
  /// First parameter of the beta distribution of the chance to leave after a purchase.
  public let a: Double
  /// Its second parameter.
  public let b: Double
  /// Parameters p, q, v of the gamma-gamma model; nil without repeat purchases of positive value.
  public let spending: [Double]?

  /// Different records that a fit reads at most; more are thinned out evenly.
  private static let recordsMax = 200_000

  /// Fits both models by maximum likelihood. Records that are equal are counted once with their number; more than 200,000 different
  /// ones are thinned out.
  public init(fitting history: PurchaseHistory, context: TrainingContext = .init()) throws(MachineLearningError) {
    let buyers = history.summaries.filter { $0.frequency > 0 }
    guard buyers.contains(where: { $0.frequency > 1 }) else {
      throw .tooLittleData(needed: 1, found: 0, unit: "repeat buyers")
    }
    try context.checkCancelled()
    let fit = PurchaseLikelihood(buyers, cutoff: history.cutoff, recordsMax: Self.recordsMax).fitted()
    try context.checkCancelled()
    (r, alpha, a, b) = (fit[0], fit[1], fit[2], fit[3])
    spending = SpendingLikelihood(buyers, recordsMax: Self.recordsMax)?.fitted()
    context.progress(1)
  }

  /// The chance that the customer has not left.
  public func aliveProbability(_ record: Record) -> Double {
    guard record.repeats > 0 else { return 1 }
    let x = Double(record.repeats)
    return 1 / (1 + a / (b + x - 1) * power((alpha + record.age) / (alpha + record.lastAt), r + x))
  }

  /// Expected purchases in the coming days (equation 10 of the paper). O(terms of the hypergeometric series).
  public func expectedPurchases(_ record: Record, days: Double) -> Double {
    let x = Double(record.repeats)
    // The formula has a removable pole at a = 1.
    let a = abs(self.a - 1) < 1e-6 ? 1 + 1e-6 : self.a
    let z = days / (alpha + record.age + days)
    let series = Self.hypergeometric(r + x, b + x, a + b + x - 1, z)
    let growth = 1 - power((alpha + record.age) / (alpha + record.age + days), r + x) * series
    return max(0, (a + b + x - 1) / (a - 1) * growth * aliveProbability(record))
  }

  /// Expected money per purchase, after `repeats` with the given mean.
  public func expectedAmount(repeats: Int, mean: Double) -> Double? {
    guard let spending else { return nil }
    let (p, q, v) = (spending[0], spending[1], spending[2])
    let x = Double(repeats)
    let denominator = p * x + q - 1
    return denominator > 0 ? p * (v + (repeats > 0 ? x * mean : 0)) / denominator : nil
  }

  /// Expected money in the coming days; nil without a spending model.
  public func lifetimeValue(_ summary: PurchaseHistory.Summary, cutoff: Int, days: Double) -> Double? {
    let repeats = max(0, summary.frequency - 1)
    let mean = repeats > 0 ? summary.amounts.dropFirst().reduce(0, +) / Double(repeats) : 0
    return expectedAmount(repeats: repeats, mean: mean).map {
      $0 * expectedPurchases(Record(summary, cutoff: cutoff), days: days)
    }
  }

  /// ₂F₁ by its series, for 0 <= z < 1.
  private static func hypergeometric(_ a: Double, _ b: Double, _ c: Double, _ z: Double) -> Double {
    var term = 1.0
    var sum = 1.0
    for n in 0..<5000 {
      let k = Double(n)
      term *= (a + k) * (b + k) / ((c + k) * (k + 1)) * z
      sum += term
      if abs(term) < 1e-12 * abs(sum) { break }
    }
    return sum
  }
}

extension PurchaseModel {
  private static let formatVersion: UInt16 = 1

  /// The model as bytes for a registry: equal models give equal bytes.
  public func serialized() -> [UInt8] {
    var writer = ModelWriter(.clv, version: Self.formatVersion)
    writer.doubles([r, alpha, a, b] + (spending ?? []))
    return writer.bytes
  }

  /// Reads what ``serialized()`` wrote; throws ``MachineLearningError/unreadableModel(_:)`` on anything else.
  public init(serialized bytes: [UInt8]) throws(MachineLearningError) {
    var reader = try ModelReader(bytes, .clv, version: Self.formatVersion)
    let numbers = try reader.doubles()
    try reader.finish()
    guard numbers.count == 4 || numbers.count == 7, numbers.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw .unreadableModel("its parameters are not above 0")
    }
    (r, alpha, a, b) = (numbers[0], numbers[1], numbers[2], numbers[3])
    spending = numbers.count == 7 ? Array(numbers[4...]) : nil
  }
}
