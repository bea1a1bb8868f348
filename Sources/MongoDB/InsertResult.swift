/// What became of each document of an insert. Every document is exactly one of: inserted, duplicate, failed.
public struct InsertResult: Sendable {
  /// Documents that are stored and confirmed by a majority.
  public internal(set) var insertedCount = 0
  /// Positions of documents whose `_id` was there before, confirmed by a majority; ascending.
  public internal(set) var duplicateIndexes: [Int] = []
  /// Documents that the server refused for good; ascending.
  public internal(set) var failures: [WriteFailure] = []
}
