import MongoDB

// Writes that are held against a lease: made as long as it has not gone to another, by that one alone.

extension MongoDatabase {
  /// Runs writes in a transaction that reads the lease first; throws `leaseLost` when it is another's.
  ///
  /// Whoever takes the lease does so after that transaction's snapshot and reads what it works from after that, so that what they
  /// write is at least as young; and where both write one document, the older transaction is rolled back. A process that was
  /// frozen between looking and writing changes nothing.
  func held<R>(
    under lease: Lease, deadline: Deadline, _ body: (MongoTransaction) throws -> R
  ) throws(StoreError) -> R {
    try storing {
      try withTransaction(deadline: deadline) { transaction in
        guard try transaction.findOne(lease.filter, in: CollectionName.leases) != nil else {
          throw StoreError.leaseLost(name: lease.name)
        }
        return try body(transaction)
      }
    }
  }
}

extension Store {
  /// The same store, in which items that come in replace former versions, and sources note where they stand, only as long as a lease
  /// has not gone to another. What is only ever added (events, first and late versions) is as good from one who was late.
  public func held(under lease: Lease) -> Store { Store(database, lease: lease) }
}
