import BSON
import MongoDB

/// The right to be the only one who does something, for a limited time, by the database's clock.
public struct Lease: Sendable, Equatable {
  public let name: String
  public let owner: String
}

extension Store {
  /// Takes or renews a lease for `milliseconds`. Nil while somebody else holds it.
  ///
  /// `$$NOW` is the server's clock, so a clock that jumps on one machine gives nobody a lease twice.
  public func acquireLease(
    _ name: String, owner: String, milliseconds: Int, deadline: Deadline
  ) throws(StoreError) -> Lease? {
    let free = BSONDocument { filter in
      filter.append("_id", name)
      filter.append(
        "$or",
        array: { either in
          either.append(
            BSONDocument {
              $0.append("owner", owner)
              $0.append("wanted", document: { $0.append("$exists", false) })
            })
          either.append(
            BSONDocument {
              $0.append(
                "$expr", document: { $0.append("$lt", array: { $0.append("$until"); $0.append("$$NOW") }) })
            })
        })
    }
    let hold = BSONDocument {
      $0.append(
        "$set",
        document: {
          $0.append("owner", owner)
          $0.append("until", document: { $0.append("$add", array: { $0.append("$$NOW"); $0.append(milliseconds) }) })
        })
    }
    let forgetWish = BSONDocument { $0.append("$unset", "wanted") }
    do {
      let result = try leases.write(
        [.updatePipeline(filter: free, pipeline: [hold, forgetWish], upsert: true)], deadline: deadline)
      // Somebody else has it: the filter matched nothing, and the insert met their lease.
      if result.failures.contains(where: \.isDuplicateKey) { return nil }
      try result.confirmed()
      return Lease(name: name, owner: owner)
    } catch {
      throw .database(error)
    }
  }

  /// Asks whoever holds a lease to give it up at the next renewal.
  public func requestLease(_ name: String, for owner: String, deadline: Deadline) throws(StoreError) {
    let wish = BSONDocument { $0.append("$set", document: { $0.append("wanted", owner) }) }
    _ = try storing {
      try leases.write([.update(filter: identity(name), update: wish, upsert: false, multi: false)], deadline: deadline)
        .confirmed()
    }
  }

  /// Gives a lease back, so that another can take it at once.
  public func releaseLease(_ lease: Lease, deadline: Deadline) throws(StoreError) {
    let filter = BSONDocument {
      $0.append("_id", lease.name)
      $0.append("owner", lease.owner)
    }
    _ = try storing { try leases.write([.delete(filter: filter, multi: false)], deadline: deadline).confirmed() }
  }
}
