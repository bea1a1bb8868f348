/// What a file holds, and so where it is sent and what its columns mean.
public enum LoadKind: String, CaseIterable, Sendable {
  /// Customer source records.
  case customers
  /// Products of the catalogue.
  case products
  /// Purchases, returns and refunds.
  case orders
  /// Click-stream events.
  case events
  /// Explicit product ratings.
  case ratings
  /// E-mails, calls, chats and the like.
  case interactions

  /// The fields that name an item. Items with equal keys must reach the service in order. Events never change, so theirs
  /// need no order.
  var keyFields: [String] {
    switch self {
    case .customers: ["source", "sourceId"]
    case .products: ["productId"]
    case .orders: ["orderId"]
    case .ratings: ["userId", "productId"]
    case .interactions: ["interactionId"]
    case .events: []
    }
  }

  /// The field for an id made from a row's content, and the fields that make one unnecessary.
  var derivedId: (field: String, unless: Set<String>)? {
    switch self {
    case .orders: ("orderId", ["orderId"])
    case .events: ("eventId", ["_id", "eventId", "messageId"])
    case .customers, .products, .ratings, .interactions: nil
    }
  }

  /// The object that takes in columns without a meaning of their own.
  var extrasField: String { self == .events ? "properties" : "attributes" }

  /// How a column's cells are written in JSON; nil for a column that this kind does not know.
  func cellType(ofField name: String) -> CellType? {
    if let type = Self.fields[self]?[name] { return type }
    let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, Self.fields[self]?[String(parts[0])] == .json else { return nil }
    return parts[0] == "consents" ? .flag : .text
  }

  /// The fields that PRODUCT names, per kind.
  private static let fields: [LoadKind: [String: CellType]] = [
    .customers: types(
      text: [
        "source", "sourceId", "userId", "anonymousId", "firstName", "lastName", "email", "phone", "birthDate",
        "loyaltyId", "updatedAt",
      ], number: ["lifetimeValue"],
      json: ["address", "warranties", "attributes", "consents", "device", "geo"]),
    .products: types(
      text: ["productId", "productName", "brand", "category", "currency", "updatedAt"], number: ["price"],
      flag: ["inStock"], json: ["attributes"]),
    .orders: types(
      text: [
        "orderId", "type", "channel", "userId", "anonymousId", "loyaltyId", "email", "phone", "orderDate", "currency",
        "coupon", "refersTo", "updatedAt",
      ], number: ["orderTotal"], json: ["lineItems", "attributes"]),
    .ratings: types(text: ["userId", "productId", "at", "updatedAt"], number: ["rating"], json: ["attributes"]),
    .interactions: types(
      text: [
        "interactionId", "channel", "direction", "at", "userId", "anonymousId", "loyaltyId", "email", "phone", "from",
        "to", "subject", "topic", "text", "updatedAt",
      ], json: ["sentiment", "attributes"]),
    .events: types(
      text: [
        "_id", "eventId", "messageId", "eventName", "eventTimestamp", "timestamp", "eventDate", "userId", "anonymousId",
        "loyaltyId", "email", "phone", "sessionId", "gaSessionId", "productId", "productName", "brand", "category",
        "variant", "currency", "coupon", "orderId",
      ],
      number: ["engagementTimeMsec", "eventBundleSequenceId", "price", "quantity", "uniqueItems"],
      json: ["items", "properties"]),
  ]

  private static func types(
    text: [String], number: [String] = [], flag: [String] = [], json: [String] = []
  ) -> [String: CellType] {
    var types: [String: CellType] = [:]
    for name in text { types[name] = .text }
    for name in number { types[name] = .number }
    for name in flag { types[name] = .flag }
    for name in json { types[name] = .json }
    return types
  }
}

/// How the cells of a column are written in JSON.
enum CellType: Sendable, Equatable {
  /// A string.
  case text
  /// A number; a string where the cell is none, for the service to refuse with the field's name.
  case number
  /// `true` or `false`; a string where the cell is neither.
  case flag
  /// The cell's own JSON where it begins with a bracket and is well-formed, else a string.
  case json
}
