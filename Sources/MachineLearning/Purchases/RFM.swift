/// Recency, frequency and monetary value in quintiles: the marketer's oldest segmentation, fitted as cut points so that new customers are
/// scored like the old.
public struct RFMModel: Sendable, Equatable {
  /// A customer's scores.
  public struct Score: Sendable, Equatable {
    /// 1 (long ago) to 5 (just now).
    public let recency: Int
    /// 1 (once) to 5 (often).
    public let frequency: Int
    /// 1 (little) to 5 (much).
    public let monetary: Int

    /// The three digits, `555` for the best.
    public var code: String { "\(recency)\(frequency)\(monetary)" }
    /// The usual name of the segment.
    public var segment: String {
      switch (recency, (frequency + monetary + 1) / 2) {
      case (5, 4...), (4, 5): "champions"
      case (3..., 4...): "loyal"
      case (4..., 2...3): "potential loyalists"
      case (4..., _): "new"
      case (3, _): "need attention"
      case (2, 3...), (1, 4...): "at risk"
      case (2, _): "about to sleep"
      case (_, 2...): "hibernating"
      default: "lost"
      }
    }
  }

  /// Quintile borders of recency in days, of days with purchases, and of total money: four each, ascending.
  public let recencyCuts: [Double]
  /// See ``recencyCuts``.
  public let frequencyCuts: [Double]
  /// See ``recencyCuts``.
  public let monetaryCuts: [Double]

  /// Learns the borders from customers with purchases.
  public init(fitting history: PurchaseHistory) throws(MachineLearningError) {
    let buyers = history.summaries.filter { $0.frequency > 0 }
    guard buyers.count >= 5 else {
      throw .tooLittleData(needed: 5, found: buyers.count, unit: "customers with purchases")
    }
    recencyCuts = Self.quintiles(buyers.map { Double(history.cutoff - ($0.days.last ?? history.cutoff)) })
    frequencyCuts = Self.quintiles(buyers.map { Double($0.frequency) })
    monetaryCuts = Self.quintiles(buyers.map(\.total))
  }

  /// The scores of a customer; nil without purchases.
  public func score(_ summary: PurchaseHistory.Summary, cutoff: Int) -> Score? {
    guard let last = summary.days.last else { return nil }
    return Score(
      recency: 6 - Self.quintile(Double(cutoff - last), recencyCuts),
      frequency: Self.quintile(Double(summary.frequency), frequencyCuts),
      monetary: Self.quintile(summary.total, monetaryCuts))
  }

  private static func quintiles(_ values: [Double]) -> [Double] {
    let sorted = values.sorted()
    return (1...4).map { sorted[$0 * (sorted.count - 1) / 5] }
  }

  private static func quintile(_ value: Double, _ cuts: [Double]) -> Int { 1 + cuts.count { $0 < value } }

  private static let formatVersion: UInt16 = 1

  /// The model as bytes for a registry: equal models give equal bytes.
  public func serialized() -> [UInt8] {
    var writer = ModelWriter(.rfm, version: Self.formatVersion)
    for cuts in [recencyCuts, frequencyCuts, monetaryCuts] { writer.doubles(cuts) }
    return writer.bytes
  }

  /// Reads what ``serialized()`` wrote; throws ``MachineLearningError/unreadableModel(_:)`` on anything else.
  public init(serialized bytes: [UInt8]) throws(MachineLearningError) {
    var reader = try ModelReader(bytes, .rfm, version: Self.formatVersion)
    recencyCuts = try reader.doubles()
    frequencyCuts = try reader.doubles()
    monetaryCuts = try reader.doubles()
    try reader.finish()
    guard [recencyCuts, frequencyCuts, monetaryCuts].allSatisfy({ $0.count == 4 && $0 == $0.sorted() }) else {
      throw .unreadableModel("its borders are not four ascending numbers")
    }
  }
}
