import BSON

/// What became of a batch of writes.
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
  /// Statements that the server refused.
  public internal(set) var failures: [WriteFailure] = []
  /// Statements that may or may not have run, or are not confirmed by a majority.
  public internal(set) var unacknowledgedIndexes: [Int] = []
  /// Why statements are unacknowledged.
  public internal(set) var interruption: MongoError?

  /// Whether some statements are without a majority's confirmation.
  public var writeConcernFailed: Bool { !unacknowledgedIndexes.isEmpty }

  /// Throws unless every statement ran and is confirmed.
  @discardableResult
  public func confirmed() throws(MongoError) -> WriteResult {
    if let interruption { throw interruption }
    if let failure = failures.first {
      throw MongoError(code: failure.code, codeName: "", labels: [])
    }
    return self
  }
}

extension InsertResult {
  /// Throws unless every document is stored, duplicates included, and confirmed.
  @discardableResult
  public func confirmed() throws(MongoError) -> InsertResult {
    if let interruption { throw interruption }
    if let failure = failures.first {
      throw MongoError(code: failure.code, codeName: "", labels: [])
    }
    return self
  }
}
