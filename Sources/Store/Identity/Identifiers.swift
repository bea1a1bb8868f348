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
    try write([(identifiers, Self.statements(assigning: assignments))], deadline: deadline)
  }

  static func statements(assigning assignments: [IdentifierAssignment]) -> [WriteStatement] {
    assignments.map { assignment in
      WriteStatement.replace(
        filter: identity(assignment.key),
        with: BSONDocument {
          $0.append("_id", assignment.key)
          $0.append("customerId", assignment.customerId)
          $0.append("anchor", IdentifierAssignment.customerId(anchoredAt: assignment.key))
        }, upsert: true)
    }
  }

  /// Every assignment, a chunk at a time.
  public func forEachAssignments(
    deadline: Deadline, _ body: ([IdentifierAssignment]) throws -> Void
  ) throws(StoreError) {
    var chunk: [IdentifierAssignment] = []
    try storing {
      try identifiers.find(BSONDocument(), deadline: deadline) { bytes in
        let document = BSONDocument(copying: bytes)
        guard let key = document.string("_id"), let customer = document.string("customerId") else { return true }
        chunk.append(IdentifierAssignment(key: key, customerId: customer))
        if chunk.count == Self.namesPerQueryMax {
          try body(chunk)
          chunk.removeAll(keepingCapacity: true)
        }
        return true
      }
      if !chunk.isEmpty { try body(chunk) }
    }
  }

  /// The customers that the identifiers belong to from which ids were made, by id.
  func customerIds(anchoredAt ids: [String], deadline: Deadline) throws(StoreError) -> [ByteString: String] {
    var found: [ByteString: String] = [:]
    for chunk in ids.chunked(Self.namesPerQueryMax) {
      for document in try storing({ try identifiers.find(among("anchor", chunk), deadline: deadline) }) {
        if let id = document.string("anchor"), let customer = document.string("customerId") {
          found[ByteString(id)] = customer
        }
      }
    }
    return found
  }

  /// Which of these ids are customers now.
  public func existing(_ ids: [String], deadline: Deadline) throws(StoreError) -> Set<ByteString> {
    var found: Set<ByteString> = []
    let idOnly = FindOptions(projection: ascending("_id"))
    for chunk in ids.chunked(Self.namesPerQueryMax) {
      for document in try storing({ try customers.find(among("_id", chunk), idOnly, deadline: deadline) }) {
        if let id = document.string("_id") { found.insert(ByteString(id)) }
      }
    }
    return found
  }

  /// The customer that an identifier belongs to.
  public func customerId(of key: String, deadline: Deadline) throws(StoreError) -> String? {
    try storing { try identifiers.findOne(identity(key), deadline: deadline) }?.string("customerId")
  }
}
