import MongoDB

/// What can go wrong between a use case and its collections.
public enum StoreError: Error, Sendable {
  /// The database answered with an error, or not at all.
  case database(MongoError)
  /// A stored document lacks what its collection promises; `reason` is for the log.
  case malformedDocument(collection: String, reason: String)
  /// Others kept writing the same documents until the deadline.
  case contention(collection: String)
  /// Nothing was written: the lease under which it was to be has gone to another.
  case leaseLost(name: String)
  /// A cursor that this service did not make.
  case invalidCursor
}

/// Runs database calls and gives their errors the store's type.
func storing<R>(_ body: () throws -> R) throws(StoreError) -> R {
  do {
    return try body()
  } catch let error as StoreError {
    throw error
  } catch let error as MongoError {
    throw .database(error)
  } catch {
    throw .malformedDocument(collection: "", reason: "\(type(of: error))")
  }
}
