import BSON

/// A cluster of customers as people speak of it. Part of a version's document, as immutable as the version.
struct SegmentDefinition: Sendable, Equatable {
  /// Stable over retrainings: `platinum`, or `gold-2` where a tier holds several clusters; `model.platinum` for a model that is
  /// not named kmeans.
  let id: String
  let name: String
  /// What to do with its members.
  let action: String
  /// The cluster in this version, 1...k.
  let centroidId: Int
  /// Members when the version was trained.
  let trainedSize: Int
  /// Mean of average_order_value · no_of_orders over the members at training.
  let meanValue: Double
  /// Value of each feature at the centre, in the feature's own units.
  let centroid: [FeatureValue]

  struct FeatureValue: Sendable, Equatable {
    let feature: String
    let value: Double
  }

  var document: BSONDocument {
    BSONDocument { writer in
      writer.append("id", id)
      writer.append("name", name)
      writer.append("action", action)
      writer.append("centroidId", centroidId)
      writer.append("trainedSize", trainedSize)
      writer.append("meanValue", meanValue)
      writer.append(
        "centroid", document: { fields in for entry in centroid { fields.append(entry.feature, entry.value) } })
    }
  }

  init(
    id: String, name: String, action: String, centroidId: Int, trainedSize: Int, meanValue: Double,
    centroid: [FeatureValue]
  ) {
    self.id = id
    self.name = name
    self.action = action
    self.centroidId = centroidId
    self.trainedSize = trainedSize
    self.meanValue = meanValue
    self.centroid = centroid
  }

  init?(_ document: BSONDocument) {
    guard let id = document.string("id"), let name = document.string("name"),
      let centroidId = document.int("centroidId")
    else { return nil }
    self.init(
      id: id, name: name, action: document.string("action") ?? "", centroidId: centroidId,
      trainedSize: document.int("trainedSize") ?? 0, meanValue: document.double("meanValue") ?? 0,
      centroid: document.document("centroid")?.compactMap { element in
        element.value.doubleValue.map { FeatureValue(feature: element.key, value: $0) }
      } ?? [])
  }
}

/// The four names, from the most valuable customers down, and what to do with each.
enum SegmentTier: Int, CaseIterable {
  case platinum, gold, silver, bronze

  var name: String {
    switch self {
    case .platinum: "Platinum"
    case .gold: "Gold"
    case .silver: "Silver"
    case .bronze: "Bronze"
    }
  }

  var action: String {
    switch self {
    case .platinum: "Keep: personal service and early access; no discounts needed"
    case .gold: "Grow: complementary products and a loyalty reward for the next order"
    case .silver: "Activate: personal recommendations and free shipping above a threshold"
    case .bronze: "Win: a low-cost welcome offer, then remind"
    }
  }

  /// The tier of a rank (0 is the most valuable) among `count`: four equal parts, upper ranks first.
  init(rank: Int, of count: Int) { self = SegmentTier(rawValue: min(3, rank * 4 / max(4, count))) ?? .bronze }
}
