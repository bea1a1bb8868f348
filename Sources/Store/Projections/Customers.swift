import BSON
import MongoDB

extension ProjectionCollections {
  /// One customer, straight from the driver's buffer: `body` sees the bytes for the length of the call.
  ///
  /// Returns false when there is none.
  public func withCustomer(
    _ id: String, deadline: Deadline, _ body: (borrowing Span<UInt8>) throws -> Void
  ) throws(StoreError) -> Bool {
    var found = false
    try storing {
      try customers.find(identity(id), FindOptions(limit: 1), deadline: deadline) { bytes in
        found = true
        try body(bytes)
        return false
      }
    }
    return found
  }

  /// Customers of the given ids, in no promised order, straight from the driver's buffer: `body` gets an id and the bytes,
  /// for the length of the call. Ids of nobody are left out.
  public func withCustomers(
    _ ids: [String], deadline: Deadline, _ body: (String, borrowing Span<UInt8>) throws -> Void
  ) throws(StoreError) {
    try storing {
      try customers.find(among("_id", ids), FindOptions(limit: ids.count), deadline: deadline) { bytes in
        guard let field = BSONScan.field(named: "_id", of: 0..<bytes.count, in: bytes),
          let id = BSONScan.string(field, in: bytes)
        else { return true }
        try body(id, bytes)
        return true
      }
    }
  }

  /// One customer as a document of its own.
  public func customer(_ id: String, deadline: Deadline) throws(StoreError) -> BSONDocument? {
    try storing { try customers.findOne(identity(id), deadline: deadline) }
  }

  /// Several customers, in no promised order.
  public func customers(_ ids: [String], deadline: Deadline) throws(StoreError) -> [BSONDocument] {
    var found: [BSONDocument] = []
    for chunk in ids.chunked(Self.namesPerQueryMax) {
      found += try storing { try customers.find(among("_id", chunk), deadline: deadline) }
    }
    return found
  }

  /// Customers that claim an identifier, by id, at most `limit` of them after `after`.
  public func customers(
    claiming key: String, after: String?, limit: Int, deadline: Deadline
  ) throws(StoreError) -> [BSONDocument] {
    let filter = BSONDocument {
      $0.append("identifierKeys", key)
      if let after { $0.append("_id", document: { $0.append("$gt", after) }) }
    }
    return try storing {
      try customers.find(
        filter, FindOptions(sort: ascending("_id"), limit: limit, hint: Self.claimOrder), deadline: deadline)
    }
  }

  /// Customers to whom rules would join more than one customer may have, by id, at most `limit` after `after`.
  public func frozenCustomers(after: String?, limit: Int, deadline: Deadline) throws(StoreError) -> [BSONDocument] {
    let filter = BSONDocument { writer in
      writer.append("frozen", true)
      if let after { writer.append("_id", document: { $0.append("$gt", after) }) }
    }
    return try storing {
      try customers.find(filter, FindOptions(sort: ascending("_id"), limit: limit), deadline: deadline)
    }
  }

  /// Every customer, in the order of ids, a document at a time.
  public func forEachCustomer(
    after: String? = nil, limit: Int? = nil, deadline: Deadline, _ body: (BSONDocument) throws -> Void
  ) throws(StoreError) {
    let filter = BSONDocument { writer in
      if let after { writer.append("_id", document: { $0.append("$gt", after) }) }
    }
    try storing {
      try customers.find(filter, FindOptions(sort: ascending("_id"), limit: limit), deadline: deadline) {
        try body(BSONDocument(copying: $0))
        return true
      }
    }
  }

  /// How many customers there are.
  public func customerCount(deadline: Deadline) throws(StoreError) -> Int {
    try storing { try customers.count(BSONDocument(), deadline: deadline) }
  }

  /// Sets the given customers (each with its `_id`) and removes those that no longer are one.
  public func set(customers written: [BSONDocument], removing ids: [String], deadline: Deadline) throws(StoreError) {
    try apply(CustomerChanges(written: written, removed: ids), deadline: deadline)
  }

  /// Writes what became of customers and of the ways to them: under a lease in one step. Without one, customers are written
  /// before what leads to them and removed when nothing leads to them any more: whoever follows an id meanwhile finds the
  /// old customer or the new one.
  public func apply(_ changes: CustomerChanges, deadline: Deadline) throws(StoreError) {
    func deletes(_ ids: [String]) -> [WriteStatement] {
      ids.chunked(Self.namesPerQueryMax).map { .delete(filter: among("_id", $0), multi: true) }
    }
    let puts = changes.written.compactMap { document in
      document.string("_id").map { WriteStatement.replace(filter: identity($0), with: document, upsert: true) }
    }
    let aliases = database.collection(CollectionName.customerAliases)
    let parked = database.collection(CollectionName.parkedInteractions)
    try write(
      [
        (customers, puts), (identifiers, Self.statements(assigning: changes.assigned)),
        (aliases, CustomerAliases.statements(setting: changes.aliases)), (identifiers, deletes(changes.unassigned)),
        (customers, deletes(changes.removed)), (parked, deletes(changes.attached)),
      ], deadline: deadline)
  }
}

/// What becomes of customers and of the ways to them.
public struct CustomerChanges: Sendable {
  /// Customers, each with its `_id`.
  public var written: [BSONDocument]
  /// Ids of customers that no longer are one.
  public var removed: [String]
  /// Where identifiers stand now.
  public var assigned: [IdentifierAssignment]
  /// Keys of identifiers that no source names any more.
  public var unassigned: [String]
  /// Where ids lead whose identifier is gone.
  public var aliases: [(id: String, customerId: String)]
  /// Ids of interactions that wait for their senders no longer.
  public var attached: [String]

  /// Changes; nothing where not given.
  public init(
    written: [BSONDocument] = [], removed: [String] = [], assigned: [IdentifierAssignment] = [],
    unassigned: [String] = [], aliases: [(id: String, customerId: String)] = [],
    attached: [String] = []
  ) {
    self.written = written
    self.removed = removed
    self.assigned = assigned
    self.unassigned = unassigned
    self.aliases = aliases
    self.attached = attached
  }
}
