import BSON
import MongoDB

/// The right to be the only one who does something, for a limited time, by the database's clock.
public struct Lease: Sendable, Equatable {
  /// What may be done.
  public let name: String
  /// Who may do it.
  public let owner: String
  /// Counts how often the lease went to somebody, its present owner included: a lease that was lost and taken again is another.
  public let term: Int
}

extension Store {
  /// Takes or renews a lease for `milliseconds`. Nil while somebody else holds it.
  ///
  /// `$$NOW` is the server's clock, so a clock that jumps on one machine gives nobody a lease twice.
  public func acquireLease(
    _ name: String, owner: String, milliseconds: Int, deadline: Deadline
  ) throws(StoreError) -> Lease? {
    // Free when it has run out, or when it is the owner's already and nobody has asked for it.
    let isVacant = Expression.any(.isMissing("until"), .less(.field("until"), .now))
    let isFree = Expression.any(
      isVacant, .all(.equal(.field("owner"), .text(owner)), .isMissing("wanted")))
    func granted(_ then: Expression, else other: String) -> Expression {
      .choose(if: .field("granted"), then, else: .field(other))
    }
    let stages = [
      setStage(["granted": isFree, "vacant": isVacant]),
      setStage([
        "term": .choose(
          if: .all(.field("granted"), .field("vacant")), .sum(.field("term", or: 0), 1), else: .field("term", or: 0)),
        "owner": granted(.text(owner), else: "owner"),
        "until": granted(.sum(.now, Expression(milliseconds)), else: "until"),
        "wanted": granted(.remove, else: "wanted"),
      ]),
    ]
    do throws(MongoError) {
      let now = try leases.findAndModify(
        filter: identity(name), update: .pipeline(stages), upsert: true, returnNew: true, deadline: deadline)
      guard now?.bool("granted") == true, now?.string("owner") == owner else { return nil }
      return Lease(name: name, owner: owner, term: now?.int("term") ?? 0)
    } catch .duplicateKey {
      // Two made it at the same moment; the other one has it.
      return nil
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
    // The document stays: its term must never be given out again.
    let vacate = BSONDocument { update in
      update.append(
        "$unset",
        document: { fields in
          for name in ["owner", "until", "wanted"] { fields.append(name, true) }
        })
    }
    _ = try storing {
      try leases.write([.update(filter: lease.filter, update: vacate, upsert: false, multi: false)], deadline: deadline)
        .confirmed()
    }
  }

  /// Whether a lease is still what it was when it was granted; it may have run out, as long as nobody took it.
  public func isHeld(_ lease: Lease, deadline: Deadline) throws(StoreError) -> Bool {
    try storing { try leases.findOne(lease.filter, deadline: deadline) } != nil
  }
}

extension Lease {
  /// Matches the stored lease as long as it is this one.
  var filter: BSONDocument {
    BSONDocument {
      $0.append("_id", name)
      $0.append("owner", owner)
      $0.append("term", term)
    }
  }
}
