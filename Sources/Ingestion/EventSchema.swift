extension Schema {
  /// One item of an event: a product that was seen, put into the cart or bought.
  static let eventItem = Schema([
    Field("productId", .id), Field("productName", .text), Field("brand", .text), Field("category", .text),
    Field("variant", .text), Field("price", .amount(0...IngestLimits.amountMax)), Field("quantity", .quantity),
    Field("currency", .currency), Field("coupon", .text),
  ])

  /// A click-stream event, or one row of it in the 16-column form. What stands up to
  /// `eventTimestamp` is written by the canonicalizer itself.
  static let event = Schema(
    [
      Field("_id", .name), Field("eventId", .name), Field("messageId", .name),
      Field("eventTimestamp", .timestamp, aliases: ["timestamp"]), Field("eventName", .name), Field("userId", .id),
      Field("anonymousId", .id),
      Field("loyaltyId", .id), Field("email", .contact), Field("phone", .contact),
      Field("sessionId", .id, aliases: ["gaSessionId"]), Field("productId", .id), Field("productName", .text),
      Field("brand", .text), Field("category", .text), Field("variant", .text),
      Field("price", .amount(0...IngestLimits.amountMax)), Field("quantity", .quantity), Field("currency", .currency),
      Field("orderId", .id), Field("coupon", .text),
      Field("engagementTimeMsec", .integer(0...IngestLimits.engagementMsecMax)),
      Field("eventDate", .dayText), Field("eventBundleSequenceId", .integer(.min...(.max))),
      Field("uniqueItems", .integer(0...(.max))), Field("source", .text),
      Field("traffic", .choice(Traffic.allCases.map(\.rawValue))), Field("items", .list(eventItem)),
      Field("properties", .freeForm),
    ], extrasIn: "properties")

  /// The reference's columns in their order, for rows without a header.
  static let eventColumns = [
    "_id", "brand", "category", "engagementTimeMsec", "eventBundleSequenceId", "eventDate", "eventName",
    "eventTimestamp", "gaSessionId", "price", "productId", "productName", "quantity", "uniqueItems", "userId",
    "variant",
  ]
}
