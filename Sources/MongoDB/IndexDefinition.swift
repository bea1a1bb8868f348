import BSON

/// An index to be made.
public struct IndexDefinition: Sendable {
  let keys: BSONDocument
  /// The index's name.
  public let name: String
  let isUnique: Bool
  let isSparse: Bool
  let partialFilter: BSONDocument?
  let expireAfterSeconds: Int?
  let collation: BSONDocument?

  /// An index on fields.
  ///
  /// - Parameters:
  ///   - keys: fields in order, 1 for ascending and -1 for descending.
  ///   - name: what it is called; made of the keys when not given.
  ///   - partialFilter: index only documents that match.
  ///   - expireAfterSeconds: remove documents so long after the indexed date.
  public init(
    keys: BSONDocument, name: String? = nil, unique: Bool = false, sparse: Bool = false,
    partialFilter: BSONDocument? = nil, expireAfterSeconds: Int? = nil, collation: BSONDocument? = nil
  ) {
    self.keys = keys
    self.name = name ?? keys.map { "\($0.key)_\($0.value.intValue ?? 1)" }.joined(separator: "_")
    isUnique = unique
    isSparse = sparse
    self.partialFilter = partialFilter
    self.expireAfterSeconds = expireAfterSeconds
    self.collation = collation
  }

  /// An index on fields, all ascending.
  public init(ascending fields: String..., name: String? = nil, unique: Bool = false) {
    self.init(keys: BSONDocument { for field in fields { $0.append(field, 1) } }, name: name, unique: unique)
  }

  var document: BSONDocument {
    BSONDocument { writer in
      writer.append("key", keys)
      writer.append("name", name)
      if isUnique { writer.append("unique", true) }
      if isSparse { writer.append("sparse", true) }
      if let partialFilter { writer.append("partialFilterExpression", partialFilter) }
      if let expireAfterSeconds { writer.append("expireAfterSeconds", expireAfterSeconds) }
      if let collation { writer.append("collation", collation) }
    }
  }
}

extension MongoCollection {
  /// Makes the indexes that do not exist yet, and the collection with them. Waits until a majority has them.
  public func createIndexes(_ indexes: [IndexDefinition], deadline: Deadline) throws(MongoError) {
    guard !indexes.isEmpty else { return }
    var command = Command.write(retry: .idempotent) { writer in
      writer.append("createIndexes", name)
      writer.append("indexes", indexes.map(\.document))
    }
    let connection = try database.pool.acquire(deadline: deadline)
    let (_, concern) = try connection.executeConfirmed(&command, database: database.name, deadline: deadline)
    if let concern { throw .writeConcernFailed(code: concern) }
  }

  /// The names of the indexes; none when the collection does not exist.
  public func indexNames(deadline: Deadline) throws(MongoError) -> [String] {
    let list = BSONDocument {
      $0.append("listIndexes", name)
      $0.append("cursor") { $0.append("batchSize", 1000) }
    }
    do {
      let reply = try database.run(list, deadline: deadline)
      return reply.document("cursor")?.array("firstBatch")?.compactMap { $0.documentValue?.string("name") } ?? []
    } catch .command(ServerCode.namespaceNotFound, _, _) {
      return []
    }
  }
}
