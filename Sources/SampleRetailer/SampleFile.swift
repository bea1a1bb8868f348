/// The files that the generator writes.
public enum SampleFile: String, CaseIterable, Sendable {
  /// Customer source records, NDJSON.
  case customers
  /// Products, NDJSON.
  case products
  /// Orders with returns and refunds, NDJSON.
  case orders
  /// Click-stream, CSV in 16 columns, one row for each item of an event.
  case events
  /// Explicit product ratings, CSV.
  case ratings
  /// The person behind each source record and the cases planted in it, CSV: `source,sourceId,personId,cases`.
  case identityTruth
  /// Tier, taste and true data of each person, CSV.
  case peopleTruth

  /// Name of the file in a folder.
  public var fileName: String {
    switch self {
    case .customers: "customers.ndjson"
    case .products: "products.ndjson"
    case .orders: "orders.ndjson"
    case .events: "events.csv"
    case .ratings: "ratings.csv"
    case .identityTruth: "truth_identities.csv"
    case .peopleTruth: "truth_people.csv"
    }
  }
}

/// How much a file holds.
public struct SampleTally: Sendable, Equatable {
  /// Lines without the header.
  public var rows = 0
  /// Events; in other files the same as `rows`. A purchase of three articles is one event of three rows.
  public var items = 0
  /// Bytes with the header.
  public var bytes = 0
}
