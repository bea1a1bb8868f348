/// What became of each document of an insert. Every document is exactly one of: inserted, duplicate, failed, unacknowledged.
public struct InsertResult: Sendable {
  /// Documents that are stored and confirmed by a majority.
  public internal(set) var insertedCount = 0
  /// Positions of documents whose `_id` was there before, confirmed by a majority.
  public internal(set) var duplicateIndexes: [Int] = []
  /// Documents that the server refused.
  public internal(set) var failures: [WriteFailure] = []
  /// Positions of documents that may or may not be stored: send them again.
  public internal(set) var unacknowledgedIndexes: [Int] = []
  /// Why documents are unacknowledged.
  public internal(set) var interruption: MongoError?

  /// Whether some documents are without a majority's confirmation.
  public var writeConcernFailed: Bool { !unacknowledgedIndexes.isEmpty }
}
