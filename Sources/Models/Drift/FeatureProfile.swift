import BSON
import Glibc
import MachineLearning

/// How the values of one feature were spread at training: what a later day is compared with.
struct FeatureProfile {
  /// One part of the values: up to a border, or of a category; nil stands for missing.
  struct Part {
    let name: String?
    let share: Double
  }

  let feature: String
  /// Whether the values are numbers.
  let isNumeric: Bool
  /// Borders between the parts of numbers, ascending; empty for categories.
  let borders: [Double]
  /// Shares of the parts, that of missing values first.
  let parts: [Part]
  /// Of numbers that are there.
  let mean: Double?

  /// Parts of numbers at the most.
  private static let partsMax = 10
  /// Categories that stand alone; the rest are one part.
  private static let categoriesMax = 20

  /// The profile of a column: tenths of the numbers, or the most frequent categories.
  init(_ feature: String, _ column: FeatureTable.Column) {
    self.feature = feature
    switch column {
    case .numeric(let values):
      isNumeric = true
      let sorted = values.filter { !$0.isNaN }.sorted()
      var borders: [Double] = []
      for tenth in 1..<Self.partsMax where !sorted.isEmpty {
        let border = sorted[tenth * (sorted.count - 1) / Self.partsMax]
        if border > borders.last ?? -.infinity, border < sorted[sorted.count - 1] { borders.append(border) }
      }
      self.borders = borders
      mean = sorted.isEmpty ? nil : sorted.reduce(0, +) / Double(sorted.count)
      parts = Self.shares(values, borders)
    case .categorical(let values):
      isNumeric = false
      borders = []
      mean = nil
      var counts: [String: Int] = [:]
      for value in values { if let value { counts[value, default: 0] += 1 } }
      let kept = counts.sorted { (-$0.value, $0.key) < (-$1.value, $1.key) }.prefix(Self.categoriesMax).map(\.key)
      parts = Self.shares(values, kept.sorted())
    }
  }

  private static func shares(_ values: [Double], _ borders: [Double]) -> [Part] {
    var counts = [Int](repeating: 0, count: borders.count + 2)
    for value in values {
      let part = value.isNaN ? 0 : 1 + borders.partitioningIndex { $0 >= value }
      counts[part] += 1
    }
    return counts.enumerated().map { index, count in
      Part(name: index == 0 ? nil : String(index), share: Double(count) / Double(max(1, values.count)))
    }
  }

  private static func shares(_ values: [String?], _ categories: [String]) -> [Part] {
    var counts: [String: Int] = [:]
    var missing = 0
    for value in values { if let value { counts[value, default: 0] += 1 } else { missing += 1 } }
    let total = Double(max(1, values.count))
    let known = categories.map { Part(name: $0, share: Double(counts[$0] ?? 0) / total) }
    let rest = counts.filter { !categories.contains($0.key) }.reduce(0) { $0 + $1.value }
    return [Part(name: nil, share: Double(missing) / total)] + known + [Part(name: "", share: Double(rest) / total)]
  }

  /// The shares of other values in the same parts; nil when they are of the other kind.
  func shares(of column: FeatureTable.Column) -> [Double]? {
    switch column {
    case .numeric(let values):
      guard isNumeric else { return nil }
      return Self.shares(values, borders).map(\.share)
    case .categorical(let values):
      guard !isNumeric else { return nil }
      return Self.shares(values, parts.dropFirst().dropLast().compactMap(\.name)).map(\.share)
    }
  }

  // MARK: Documents

  var document: BSONDocument {
    BSONDocument { writer in
      writer.append("feature", feature)
      writer.append("isNumeric", isNumeric)
      if let mean { writer.append("mean", mean) }
      writer.append("borders", array: { for border in borders { $0.append(border) } })
      writer.append(
        "parts",
        array: { list in
          for part in parts {
            list.append(document: {
              if let name = part.name { $0.append("name", name) } else { $0.appendNull("name") }
              $0.append("share", part.share)
            })
          }
        })
    }
  }

  /// Reads what `document` made.
  init?(_ document: BSONDocument) {
    guard let feature = document.string("feature"), let parts = document.array("parts") else { return nil }
    self.feature = feature
    isNumeric = document.bool("isNumeric") ?? true
    mean = document.double("mean")
    borders = document.array("borders")?.compactMap(\.doubleValue) ?? []
    self.parts = parts.compactMap(\.documentValue).map { Part(name: $0.string("name"), share: $0.double("share") ?? 0) }
  }
}

/// How far two spreads over the same parts are apart: the population stability index, Σ (now - then) · ln(now / then). Below 0.1 is
/// usually taken as stable, above 0.25 as another population.
enum PopulationStability {
  /// A part nobody is in counts as this share, so that the index stays finite.
  private static let shareMin = 1e-4

  static func index(then: [Double], now: [Double]) -> Double {
    zip(then, now).reduce(0) { sum, shares in
      let (then, now) = (max(shareMin, shares.0), max(shareMin, shares.1))
      return sum + (now - then) * log(now / then)
    }
  }

  /// What an index says in a word.
  static func level(_ index: Double) -> String { index < 0.1 ? "stable" : index < 0.25 ? "moderate" : "significant" }
}
