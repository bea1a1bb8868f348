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
    let free = expression("$or") {
      $0.append(
        expression("$lt") {
          $0.append(
            expression("$ifNull") {
              $0.append("$until"); $0.append(BSONDate.distantPast)
            });
          $0.append("$$NOW")
        })
      $0.append(
        expression("$and") {
          $0.append(
            expression("$eq") {
              $0.append("$owner"); $0.append(literal(owner))
            })
          $0.append(
            expression("$not") {
              $0.append(
                expression("$ifNull") {
                  $0.append("$wanted"); $0.append(false)
                })
            })
        })
    }
    func granted(_ then: BSONValue, else other: String) -> BSONDocument {
      expression("$cond") {
        $0.append("$granted"); $0.append(then); $0.append(other)
      }
    }
    let until = expression("$add") {
      $0.append("$$NOW"); $0.append(milliseconds)
    }
    let decide = BSONDocument { $0.append("$set", document: { $0.append("granted", free) }) }
    let hold = BSONDocument {
      $0.append(
        "$set",
        document: {
          $0.append("owner", granted(.document(literal(owner)), else: "$owner"))
          $0.append("until", granted(.document(until), else: "$until"))
          $0.append("wanted", granted(.string("$$REMOVE"), else: "$wanted"))
        })
    }
    do throws(MongoError) {
      let now = try leases.findAndModify(
        filter: identity(name), update: .pipeline([decide, hold]), upsert: true, returnNew: true, deadline: deadline)
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

private func expression(_ name: String, _ operands: (inout BSONArrayWriter) -> Void) -> BSONDocument {
  BSONDocument { $0.append(name, array: operands) }
}

private func literal(_ text: String) -> BSONDocument { BSONDocument { $0.append("$literal", text) } }

extension BSONDate {
  /// Before every lease.
  fileprivate static let distantPast = BSONDate(millisecondsSince1970: 0)
}
