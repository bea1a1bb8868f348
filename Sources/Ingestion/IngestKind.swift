/// What a batch holds.
public enum IngestKind: String, Sendable, CaseIterable {
  /// Click-stream events: inserted, never changed.
  case events
  /// Records of customers in source systems: kept by version.
  case customers
  /// Products: kept by version.
  case products
  /// Purchases, returns and refunds: kept by version.
  case orders
  /// Ratings of products: kept by version.
  case ratings

  /// The field under which an envelope `{"events": […]}` holds the items.
  public var envelopeField: String { rawValue }
}

/// How a batch is written.
public enum IngestFormat: Sendable {
  /// An array of objects, an envelope that holds one, or a single object.
  case json
  /// An object a line.
  case ndjson
  /// RFC 4180, with a header or, for events, without.
  case csv
}

/// What a rejected item means for the others of its batch.
public enum IngestMode: String, Sendable, CaseIterable {
  /// The others are stored.
  case partial
  /// Nothing is stored.
  case atomic
}
