/// What became of one item of a write. Each one means that the item is majority-durable.
public enum Acknowledgement: Sendable, Equatable {
  /// Stored by this call.
  case accepted
  /// Stored before, with the same content or under the same event id.
  case duplicate
  /// Refused by the database for this item alone, with a stable code.
  case rejected(code: String)
}
