import BSON

/// An index to be made.
public struct IndexDefinition: Sendable {
  /// How a field is indexed.
  public enum Direction: Int, Sendable {
    case ascending = 1
    case descending = -1
  }

  let keys: [(field: String, direction: Direction)]
  /// The index's name.
  public let name: String
  let isUnique: Bool
  let isSparse: Bool
  let partialFilter: BSONDocument?
  let expireAfterSeconds: Int?
  let collation: BSONDocument?

  /// An index on fields, in order. Its name says what it indexes when none is given.
  public init(
    _ keys: [(field: String, direction: Direction)], name: String? = nil, unique: Bool = false, sparse: Bool = false,
    partialFilter: BSONDocument? = nil, expireAfterSeconds: Int? = nil, collation: BSONDocument? = nil
  ) {
    self.keys = keys
    self.name = name ?? keys.map { "\($0.field)_\($0.direction.rawValue)" }.joined(separator: "_")
    isUnique = unique
    isSparse = sparse
    self.partialFilter = partialFilter
    self.expireAfterSeconds = expireAfterSeconds
    self.collation = collation
  }

  /// An index on fields, all ascending.
  public init(
    ascending fields: String..., unique: Bool = false, sparse: Bool = false, partialFilter: BSONDocument? = nil,
    expireAfterSeconds: Int? = nil
  ) {
    self.init(
      fields.map { ($0, .ascending) }, unique: unique, sparse: sparse, partialFilter: partialFilter,
      expireAfterSeconds: expireAfterSeconds)
  }

  var document: BSONDocument {
    BSONDocument { writer in
      writer.append("key") { key in
        for (field, direction) in keys { key.append(field, direction.rawValue) }
      }
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
