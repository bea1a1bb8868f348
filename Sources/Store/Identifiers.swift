import BSON
import MongoDB

/// Where an identifier stands now.
public struct IdentifierAssignment: Sendable, Equatable {
  /// The identifier's key.
  public let key: String
  /// The customer that it belongs to.
  public let customerId: String

  /// An assignment.
  public init(key: String, customerId: String) {
    self.key = key
    self.customerId = customerId
  }

  /// The id of the customer whose first identifier this is. Ids are made from identifiers alone, so that a rebuild makes
  /// the same ones and an id that was given out once can always be found again.
  public static func customerId(anchoredAt key: String) -> String { Digest.identifier(prefix: "c_", key) }
}

extension ProjectionCollections {
  /// Assignments of the given identifiers.
  public func assignments(of keys: [String], deadline: Deadline) throws(StoreError) -> [IdentifierAssignment] {
    var found: [IdentifierAssignment] = []
    for chunk in keys.chunked(Self.namesPerQueryMax) {
      let documents = try storing { try identifiers.find(among("_id", chunk), deadline: deadline) }
      found += documents.compactMap { document in
        guard let key = document.string("_id"), let customer = document.string("customerId") else { return nil }
        return IdentifierAssignment(key: key, customerId: customer)
      }
    }
    return found
  }

  /// Sets assignments.
  public func assign(_ assignments: [IdentifierAssignment], deadline: Deadline) throws(StoreError) {
    guard !assignments.isEmpty else { return }
    let statements = assignments.map { assignment in
      WriteStatement.replace(
        filter: identity(assignment.key),
        with: BSONDocument {
          $0.append("_id", assignment.key)
          $0.append("customerId", assignment.customerId)
          $0.append("anchor", IdentifierAssignment.customerId(anchoredAt: assignment.key))
        }, upsert: true)
    }
    _ = try storing { try identifiers.write(statements, deadline: deadline).confirmed() }
  }

  /// The customer to which an id leads that may have been given out before a merge. Nil when it never was one.
  public func currentCustomerId(for id: String, deadline: Deadline) throws(StoreError) -> String? {
    let filter = BSONDocument { $0.append("anchor", id) }
    return try storing { try identifiers.findOne(filter, deadline: deadline) }?.string("customerId")
  }

  /// The customer that an identifier belongs to.
  public func customerId(of key: String, deadline: Deadline) throws(StoreError) -> String? {
    try storing { try identifiers.findOne(identity(key), deadline: deadline) }?.string("customerId")
  }
}
