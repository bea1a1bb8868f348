/// One message of an analytics dialect: what happened, and what it says of the customer.
public struct DecodedMessage: Sendable {
  /// The event, under the message's id.
  public let event: DecodedItem
  /// What the message says of the person, as customer records: what is known of it, and what it consented to.
  public let records: [ValidItem]
}
