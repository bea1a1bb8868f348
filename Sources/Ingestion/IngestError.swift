import Store

/// Why a whole batch was not taken in.
public enum IngestError: Error, Sendable {
  /// The items cannot be told apart: what is wrong (a stable code), and at which byte.
  case malformedEnvelope(code: String, offset: Int)
  /// More items than `limit`.
  case tooManyItems(limit: Int)
  /// A batch that is all or nothing holds rejected items: nothing was stored.
  case rejectedAsAWhole(IngestReport)
  /// The database did not take the batch. Sending it again is safe.
  case store(StoreError)
}
