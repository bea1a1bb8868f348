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
  /// E-mails, calls, chats and the like: kept by version.
  case interactions

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

extension IngestKind {
  /// The fields that make the id under which an item is kept by version.
  public var idFields: [String] {
    switch self {
    case .events: ["_id"]
    case .customers: ["source", "sourceId"]
    case .products: ["productId"]
    case .orders: ["orderId"]
    case .ratings: ["userId", "productId"]
    case .interactions: ["interactionId"]
    }
  }

  /// The id made of them.
  func storedId(_ parts: [String]) -> String {
    // A source has no slash in its name, so that the first one ends it; users and products may.
    self == .ratings ? parts.map(escaped).joined(separator: "/") : parts.joined(separator: "/")
  }
}

/// A part of an id without the slash that separates parts.
private func escaped(_ part: String) -> String {
  guard part.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") }) else { return part }
  var bytes: [UInt8] = []
  for byte in part.utf8 {
    switch byte {
    case UInt8(ascii: "/"): bytes.append(contentsOf: "%2F".utf8)
    case UInt8(ascii: "%"): bytes.append(contentsOf: "%25".utf8)
    default: bytes.append(byte)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}
