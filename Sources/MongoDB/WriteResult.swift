import BSON

/// What became of a batch of writes. What is told here is confirmed by a majority.
public struct WriteResult: Sendable {
  /// A document that an upsert made.
  public struct Upserted: Sendable, Hashable {
    /// Position of the statement.
    public let index: Int
    /// The new document's id.
    public let id: BSONValue
  }

  /// Documents that updates and replacements matched.
  public internal(set) var matchedCount = 0
  /// Documents that were changed by them.
  public internal(set) var modifiedCount = 0
  /// Documents that were removed.
  public internal(set) var deletedCount = 0
  /// Documents that upserts made.
  public internal(set) var upserted: [Upserted] = []
  /// How many documents upserts made.
  public var upsertedCount: Int { upserted.count }
  /// Statements that the server refused; ascending.
  public internal(set) var failures: [WriteFailure] = []
}
