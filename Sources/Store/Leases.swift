import BSON
import MongoDB

/// The right to be the only one who does something, for a limited time, by the database's clock.
public struct Lease: Sendable, Equatable {
  /// What may be done.
  public let name: String
  /// Who may do it.
  public let owner: String
}

extension Store {
  /// Takes or renews a lease for `milliseconds`. Nil while somebody else holds it.
  ///
  /// `$$NOW` is the server's clock, so a clock that jumps on one machine gives nobody a lease twice.
  public func acquireLease(
    _ name: String, owner: String, milliseconds: Int, deadline: Deadline
  ) throws(StoreError) -> Lease? {
    // Free when it has run out, or when it is the owner's already and nobody has asked for it.
    let isFree = Expression.any(
      .isMissing("until"), .less(.field("until"), .now),
      .all(.equal(.field("owner"), .text(owner)), .isMissing("wanted")))
    func granted(_ then: Expression, else other: String) -> Expression {
      .choose(if: .field("granted"), then, else: .field(other))
    }
    let stages = [
      setStage(["granted": isFree]),
      setStage([
        "owner": granted(.text(owner), else: "owner"),
        "until": granted(.sum(.now, Expression(milliseconds)), else: "until"),
        "wanted": granted(.remove, else: "wanted"),
      ]),
    ]
    do throws(MongoError) {
      let now = try leases.findAndModify(
        filter: identity(name), update: .pipeline(stages), upsert: true, returnNew: true, deadline: deadline)
      return now?.bool("granted") == true && now?.string("owner") == owner ? Lease(name: name, owner: owner) : nil
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
    let filter = BSONDocument {
      $0.append("_id", lease.name)
      $0.append("owner", lease.owner)
    }
    _ = try storing { try leases.write([.delete(filter: filter, multi: false)], deadline: deadline).confirmed() }
  }
}
