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

  /// Fits both models by maximum likelihood. Records that are equal are counted once with their number; more than 50,000 different
  /// ones are thinned out.
  public init(fitting history: PurchaseHistory, context: TrainingContext = .init()) throws(MachineLearningError) {
    let buyers = history.summaries.filter { $0.frequency > 0 }
    guard buyers.contains(where: { $0.frequency > 1 }) else {
      throw .tooLittleData(needed: 1, found: 0, unit: "repeat buyers")
    }
    var counts: [Record: Double] = [:]
    for summary in buyers { counts[Record(summary, cutoff: history.cutoff), default: 0] += 1 }
    var records = counts.map { (record: $0.key, count: $0.value) }
      .sorted {
        ($0.record.repeats, $0.record.lastAt, $0.record.age) < ($1.record.repeats, $1.record.lastAt, $1.record.age)
      }
    if records.count > 50_000 {
      let every = (records.count + 49_999) / 50_000
      records = records.enumerated().filter { $0.offset % every == 0 }.map(\.element)
    }
    try context.checkCancelled()
    let scale = max(1, (records.map(\.record.age).max() ?? 1) / 10)
    let total = records.reduce(0) { $0 + $1.count }
    let fit = minimized(from: [0, naturalLogarithm(scale), 0, 0]) { point in
      let (r, alpha, a, b) = (
        exponential(point[0]), exponential(point[1]), exponential(point[2]), exponential(point[3])
      )
      var sum = 0.0
      for (record, count) in records { sum -= count * Self.logLikelihood(record, r: r, alpha: alpha, a: a, b: b) }
      // A faint pull to 1 keeps parameters that the data do not determine finite.
      return sum / total + 1e-4 * point.enumerated().reduce(0) { $0 + ($1.offset == 1 ? 0 : $1.element * $1.element) }
    }
    try context.checkCancelled()
    r = exponential(fit.point[0])
    alpha = exponential(fit.point[1])
    a = exponential(fit.point[2])
    b = exponential(fit.point[3])
    spending = Self.fitSpending(buyers)
    context.progress(1)
  }

  private static func logLikelihood(_ record: Record, r: Double, alpha: Double, a: Double, b: Double) -> Double {
    let x = Double(record.repeats)
    let common = logGamma(r + x) - logGamma(r) + r * naturalLogarithm(alpha)
    let stay = logBeta(a, b + x) - logBeta(a, b) - (r + x) * naturalLogarithm(alpha + record.age)
    guard record.repeats > 0 else { return common + stay }
    let leave = logBeta(a + 1, b + x - 1) - logBeta(a, b) - (r + x) * naturalLogarithm(alpha + record.lastAt)
    let most = max(stay, leave)
    return common + most + naturalLogarithm(exponential(stay - most) + exponential(leave - most))
  }

  private static func logBeta(_ x: Double, _ y: Double) -> Double { logGamma(x) + logGamma(y) - logGamma(x + y) }

  private static func fitSpending(_ buyers: [PurchaseHistory.Summary]) -> [Double]? {
    // Repeat purchases only, as the model's authors do: the first is often of another kind.
    let values = buyers.compactMap { summary -> (x: Double, mean: Double)? in
      guard summary.frequency > 1 else { return nil }
      let mean = summary.amounts.dropFirst().reduce(0, +) / Double(summary.frequency - 1)
      return mean > 0 ? (Double(summary.frequency - 1), mean) : nil
    }
    guard values.count > 10 else { return nil }
    let every = (values.count + 49_999) / 50_000
    let sample = values.enumerated().filter { $0.offset % every == 0 }.map(\.element)
    let mean = sample.reduce(0) { $0 + $1.mean } / Double(sample.count)
    let fit = minimized(from: [1, 1, naturalLogarithm(mean)]) { point in
      let (p, q, v) = (exponential(point[0]), exponential(point[1]), exponential(point[2]))
      var sum = 0.0
      for (x, m) in sample {
        sum -=
          logGamma(p * x + q) - logGamma(p * x) - logGamma(q) + q * naturalLogarithm(v) + (p * x - 1)
          * naturalLogarithm(m)
          + p * x * naturalLogarithm(x) - (p * x + q) * naturalLogarithm(x * m + v)
      }
      return sum / Double(sample.count) + 1e-4 * (point[0] * point[0] + point[1] * point[1])
    }
    return fit.point.map { exponential($0) }
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
