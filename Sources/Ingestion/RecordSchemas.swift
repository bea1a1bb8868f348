extension Schema {
  /// A postal address.
  static let address = Schema([
    Field("street", .text), Field("city", .text), Field("region", .text), Field("postalCode", .id),
    Field("country", .text),
  ])

  /// What one source system knows of a customer.
  static let customer = Schema(
    [
      Field("source", .sourceName, required: true), Field("sourceId", .name, required: true), Field("userId", .id),
      Field("anonymousId", .id), Field("firstName", .text), Field("lastName", .text), Field("email", .contact),
      Field("phone", .contact), Field("birthDate", .date), Field("address", .object(address)), Field("loyaltyId", .id),
      Field("warranties", .values), Field("consents", .flags), Field("updatedAt", .timestamp),
      Field("attributes", .freeForm),
    ], extrasIn: "attributes", ignoring: ["_id"])

  /// A product of the catalog.
  static let product = Schema(
    [
      Field("productId", .name, required: true), Field("productName", .text), Field("brand", .text),
      Field("category", .text), Field("price", .amount(0...IngestLimits.amountMax)), Field("currency", .currency),
      Field("inStock", .flag), Field("updatedAt", .timestamp), Field("attributes", .freeForm),
    ], extrasIn: "attributes", ignoring: ["_id"])

  /// One line of an order.
  static let lineItem = Schema([
    Field("productId", .id), Field("productName", .text), Field("brand", .text), Field("category", .text),
    Field("price", .amount(0...IngestLimits.amountMax)), Field("quantity", .quantity),
  ])

  /// A purchase, a return or a refund.
  static let order = Schema(
    [
      Field("orderId", .name, required: true),
      Field("type", .choice(["purchase", "return", "refund"]), default: "purchase"),
      Field("channel", .choice(["online", "store"])), Field("userId", .id), Field("anonymousId", .id),
      Field("loyaltyId", .id), Field("email", .contact), Field("phone", .contact),
      Field("orderDate", .timestamp, required: true),
      Field("orderTotal", .amount(0...IngestLimits.amountMax), required: true), Field("currency", .currency),
      Field("coupon", .text), Field("lineItems", .list(lineItem)), Field("refersTo", .id),
      Field("updatedAt", .timestamp), Field("attributes", .freeForm),
    ], extrasIn: "attributes", ignoring: ["_id"])

  /// What a user thinks of a product.
  static let rating = Schema(
    [
      Field("userId", .name, required: true), Field("productId", .name, required: true),
      Field("rating", .amount(-IngestLimits.amountMax...IngestLimits.amountMax), required: true),
      Field("at", .timestamp), Field("updatedAt", .timestamp), Field("attributes", .freeForm),
    ], extrasIn: "attributes", ignoring: ["_id"])
}

extension Schema {
  /// What the words of an interaction say of the mood: overall, and by sentence.
  static let sentiment = Schema([
    Field("score", .amount(-1...1), required: true), Field("magnitude", .amount(0...IngestLimits.amountMax)),
    Field("sentences", .list(sentence)),
  ])

  private static let sentence = Schema([Field("text", .text), Field("score", .amount(-1...1))])

  /// An e-mail, a call, a chat, a visit. Its own subject line is stored as `topic`: `subject` is whom it belongs to.
  static let interaction = Schema(
    [
      Field("interactionId", .name, required: true),
      Field("channel", .choice(["email", "call", "chat", "social", "sms", "store", "other"]), required: true),
      Field("direction", .choice(["inbound", "outbound"]), default: "inbound"), Field("at", .timestamp, required: true),
      Field("userId", .id), Field("anonymousId", .id), Field("loyaltyId", .id), Field("email", .contact),
      Field("phone", .contact), Field("from", .contact), Field("to", .contact),
      Field("topic", .text, aliases: ["subject"]),
      Field("text", .text), Field("sentiment", .object(sentiment)), Field("updatedAt", .timestamp),
      Field("attributes", .freeForm),
    ], extrasIn: "attributes", ignoring: ["_id"])
}

extension IngestKind {
  var schema: Schema {
    switch self {
    case .events: .event
    case .customers: .customer
    case .products: .product
    case .orders: .order
    case .ratings: .rating
    case .interactions: .interaction
    }
  }
}
