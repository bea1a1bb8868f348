import BSON

/// A collection. Calls block and are bounded by their deadline.
public struct MongoCollection: Sendable {
  /// The collection's name.
  public let name: String
  let database: MongoDatabase

  /// The first document that matches, copied; nil when none does.
  public func findOne(
    _ filter: BSONDocument, _ options: FindOptions = FindOptions(), deadline: Deadline
  ) throws(MongoError) -> BSONDocument? {
    try first(filter, options, deadline: deadline) { bytes in BSONDocument(copying: bytes) }
  }

  /// Lets `read` read the first document that matches in the driver's buffer, without a copy; nil when none does. The
  /// bytes live for the call.
  public func findOne<R>(
    _ filter: BSONDocument, _ options: FindOptions = FindOptions(), deadline: Deadline,
    read: (borrowing Span<UInt8>) throws -> R
  ) throws -> R? {
    let result = try first(filter, options, deadline: deadline) { bytes in Result { try read(bytes) } }
    return try result?.get()
  }

  private func first<R>(
    _ filter: BSONDocument, _ options: FindOptions, deadline: Deadline, _ read: (borrowing Span<UInt8>) -> R
  ) throws(MongoError) -> R? {
    var command = Command.read { writer in
      writer.append("find", name)
      writer.append("filter", filter)
      writer.append("limit", 1)
      writer.append("singleBatch", true)
      options.append(to: &writer)
    }
    return try database.execute(&command, on: database.name, deadline: deadline) { reply throws(MongoError) -> R? in
      let batch = try CursorBatch(reply, "firstBatch")
      guard let document = batch.document(at: batch.first, in: reply) else { return nil }
      return read(reply.extracting(document))
    }
  }

  /// Calls `body` with each document that matches, in the driver's buffer, until it returns false. The bytes live for the
  /// call. A client is in use until the end: `body` should not wait, nor call the database.
  public func find(
    _ filter: BSONDocument, _ options: FindOptions = FindOptions(), deadline: Deadline,
    _ body: (Span<UInt8>) throws -> Bool
  ) throws {
    let command = Command.read { writer in
      writer.append("find", name)
      writer.append("filter", filter)
      if let limit = options.limit { writer.append("limit", limit) }
      if let batchSize = options.batchSize { writer.append("batchSize", batchSize) }
      options.append(to: &writer)
    }
    try database.stream(command, collection: name, batchSize: options.batchSize, deadline: deadline, body)
  }

  /// All documents that match, copied.
  public func find(
    _ filter: BSONDocument, _ options: FindOptions = FindOptions(), deadline: Deadline
  ) throws(MongoError) -> [BSONDocument] {
    try collecting { body in try find(filter, options, deadline: deadline, body) }
  }

  /// Calls `body` with each document of a pipeline's output; as `find`.
  public func aggregate(
    _ pipeline: [BSONDocument], _ options: AggregateOptions = AggregateOptions(), deadline: Deadline,
    _ body: (Span<UInt8>) throws -> Bool
  ) throws {
    let command = Command.read { writer in
      writer.append("aggregate", name)
      writer.append("pipeline", pipeline)
      writer.append("cursor") { cursor in
        if let batchSize = options.batchSize { cursor.append("batchSize", batchSize) }
      }
      options.append(to: &writer)
    }
    try database.stream(command, collection: name, batchSize: options.batchSize, deadline: deadline, body)
  }

  /// A pipeline's output, copied. Pipelines that write (`$out`, `$merge`) do so without a majority's confirmation.
  public func aggregate(
    _ pipeline: [BSONDocument], _ options: AggregateOptions = AggregateOptions(), deadline: Deadline
  ) throws(MongoError) -> [BSONDocument] {
    try collecting { body in try aggregate(pipeline, options, deadline: deadline, body) }
  }

  /// The number of documents that match, counting no further than `limit`.
  public func count(
    _ filter: BSONDocument = BSONDocument(), limit: Int? = nil, deadline: Deadline
  ) throws(MongoError) -> Int {
    var pipeline = [BSONDocument { $0.append("$match", filter) }]
    if let limit { pipeline.append(BSONDocument { $0.append("$limit", limit) }) }
    pipeline.append(BSONDocument { $0.append("$count", "n") })
    return try aggregate(pipeline, deadline: deadline).first?.int("n") ?? 0
  }

  /// The number of documents as the server's bookkeeping has it: immediate, and exact unless the server crashed.
  public func estimatedCount(deadline: Deadline) throws(MongoError) -> Int {
    let reply = try database.run(BSONDocument { $0.append("count", name) }, deadline: deadline)
    return reply.int("n") ?? 0
  }

  /// Removes the collection with its documents and indexes; one that does not exist is no error.
  public func drop(deadline: Deadline) throws(MongoError) {
    var command = Command.write(retry: .idempotent) { $0.append("drop", name) }
    do {
      try database.execute(&command, on: database.name, deadline: deadline) { _ throws(MongoError) in }
    } catch .command(ServerCode.namespaceNotFound, _, _) {
      return
    }
  }
}

/// How a pipeline runs.
public struct AggregateOptions: Sendable {
  /// Documents in each of the server's batches; the server's choice when nil.
  public var batchSize: Int?
  /// Whether sorting and grouping may use the disk.
  public var allowsDiskUse: Bool
  /// Read only what a majority has.
  public var majority: Bool
  /// The index to use, by its keys.
  public var hint: BSONDocument?

  /// Options; none where not given.
  public init(batchSize: Int? = nil, allowsDiskUse: Bool = false, majority: Bool = false, hint: BSONDocument? = nil) {
    self.batchSize = batchSize
    self.allowsDiskUse = allowsDiskUse
    self.majority = majority
    self.hint = hint
  }

  func append(to writer: inout BSONWriter) {
    if allowsDiskUse { writer.append("allowDiskUse", true) }
    if let hint { writer.append("hint", hint) }
    if majority { writer.append("readConcern") { $0.append("level", "majority") } }
  }
}

/// Collects copies of what `stream` streams. Its only errors are the database's, as the body throws none.
private func collecting(_ stream: ((Span<UInt8>) throws -> Bool) throws -> Void) throws(MongoError) -> [BSONDocument] {
  var documents: [BSONDocument] = []
  do {
    try stream { bytes in
      documents.append(BSONDocument(copying: bytes))
      return true
    }
  } catch let error as MongoError {
    throw error
  } catch {
    throw .malformedReply("unexpected error")
  }
  return documents
}
