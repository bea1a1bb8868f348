import BSON

/// What a transaction's body works with. Lives for the body's call, on its thread.
///
/// Every operation throws when it fails: the body should let the error out, and the transaction is rolled back.
public final class MongoTransaction {
  private let connection: Connection
  private let database: MongoDatabase
  private let deadline: Deadline
  private var number: Int64 = 0
  private var isBegun = false

  fileprivate init(_ connection: consuming Connection, _ database: MongoDatabase, deadline: Deadline) {
    self.connection = connection
    self.database = database
    self.deadline = deadline
  }

  /// Documents of a collection that match, as the transaction sees them.
  public func find(
    _ filter: BSONDocument, _ options: FindOptions = FindOptions(), in collection: String
  ) throws(MongoError) -> [BSONDocument] {
    let reply = try run { writer in
      writer.append("find", collection)
      writer.append("filter", filter)
      if let limit = options.limit { writer.append("limit", limit) }
      writer.append("batchSize", 10_000)
      options.append(to: &writer)
    }
    var documents: [BSONDocument] = []
    var cursor = reply.document("cursor")
    var batch = cursor?.array("firstBatch")
    while true {
      documents += batch?.compactMap(\.documentValue) ?? []
      guard let id = cursor?.int("id"), id != 0 else { return documents }
      let next = try run(limitsTime: false) { writer in
        writer.append("getMore", Int64(id))
        writer.append("collection", collection)
      }
      cursor = next.document("cursor")
      batch = cursor?.array("nextBatch")
    }
  }

  /// The first document of a collection that matches.
  public func findOne(
    _ filter: BSONDocument, _ options: FindOptions = FindOptions(), in collection: String
  ) throws(MongoError) -> BSONDocument? {
    var options = options
    options.limit = 1
    return try find(filter, options, in: collection).first
  }

  /// Inserts documents; throws `duplicateKey` when one is there.
  public func insert(_ documents: [BSONDocument], into collection: String) throws(MongoError) {
    for chunk in BatchLimits.chunks(Array(documents.indices), bytes: { documents[$0].byteCount }) {
      let reply = try run(reserving: chunk.reduce(0) { $0 + documents[$1].byteCount + 8 }) { writer in
        writer.append("insert", collection)
        writer.append("documents") { array in
          for index in chunk { array.append(documents[index]) }
        }
      }
      try WriteResult.check(reply)
    }
  }

  /// Runs updates, replacements and deletes in order, in as few commands as possible; throws at the first that fails.
  @discardableResult
  public func write(_ statements: [WriteStatement], in collection: String) throws(MongoError) -> WriteResult {
    for statement in statements {
      if let code = statement.problem { throw MongoError(code: code, codeName: "", labels: []) }
    }
    var result = WriteResult()
    var start = 0
    while start < statements.count {
      let isDelete = statements[start].kind.isDelete
      let end = statements[start...].firstIndex { $0.kind.isDelete != isDelete } ?? statements.count
      for chunk in BatchLimits.chunks(Array(start..<end), bytes: { statements[$0].body.byteCount }) {
        let reply = try run(reserving: chunk.reduce(0) { $0 + statements[$1].body.byteCount + 8 }) { writer in
          writer.append(isDelete ? "delete" : "update", collection)
          writer.append(isDelete ? "deletes" : "updates") { array in
            for index in chunk { array.append(statements[index].body) }
          }
        }
        try WriteResult.check(reply)
        result.add(reply, of: Array(chunk), isDelete: isDelete)
      }
      start = end
    }
    return result
  }

  // MARK: Running

  private func run(
    reserving capacity: Int = 512, limitsTime: Bool = true, _ build: (inout BSONWriter) -> Void
  ) throws(MongoError) -> BSONDocument {
    var command = Command.inTransaction(
      number: number, isFirst: !isBegun, limitsTime: limitsTime, reserving: capacity, build)
    isBegun = true
    return try connection.execute(&command, database: database.name, deadline: deadline) { reply throws(MongoError) in
      BSONDocument(copying: reply)
    }
  }

  fileprivate func begin() {
    number = connection.nextTransaction()
    isBegun = false
  }

  /// Commits, and asks again while the answer is unknown.
  fileprivate func commit() throws(MongoError) {
    guard isBegun else { return }
    var backoff = Backoff()
    while true {
      var command = finish("commitTransaction")
      do throws(MongoError) {
        let reply = try connection.execute(&command, database: "admin", deadline: deadline) {
          reply throws(MongoError) in BSONDocument(copying: reply)
        }
        guard let concern = Reply.writeConcernError(reply) else { return }
        throw MongoError.writeConcernFailed(code: concern)
      } catch {
        guard error.isUnknownCommit, !deadline.hasPassed else { throw error }
        backoff.pause(before: deadline)
      }
    }
  }

  /// Rolls back. When that fails, the server does so by itself.
  fileprivate func abort() {
    guard isBegun else { return }
    let command = finish("abortTransaction")
    _ = connection.run(command, database: "admin", deadline: min(deadline, .after(milliseconds: 1000)))
  }

  /// A commit or an abort may be sent any number of times under its number.
  private func finish(_ name: String) -> Command {
    let number = number
    return Command.write(retry: .idempotent) { writer in
      writer.append(name, 1)
      writer.append("txnNumber", number)
      writer.append("autocommit", false)
    }
  }
}

extension WriteResult {
  /// Throws the first write error of a reply.
  fileprivate static func check(_ reply: BSONDocument) throws(MongoError) {
    for case .document(let error) in reply.array("writeErrors") ?? BSONArray() {
      throw MongoError(
        code: error.int("code") ?? 0, codeName: "",
        labels: reply.array("errorLabels")?.compactMap(\.stringValue) ?? [])
    }
  }
}

extension MongoError {
  /// Whether a commit that ended so may or may not have happened.
  fileprivate var isUnknownCommit: Bool {
    switch self {
    case .unavailable(.network), .unavailable(.noPrimary): true
    case .writeConcernFailed(let code): ServerCode.isTransientWriteConcern(code)
    case .command(let code, _, _): ServerCode.isTransient(code)
    default: false
    }
  }

  /// Whether a transaction that ended so may be run again from its beginning.
  fileprivate var isTransientInTransaction: Bool {
    switch self {
    case .writeConflict, .unavailable(.network), .unavailable(.noPrimary): true
    case .command(let code, _, let labels):
      labels.contains("TransientTransactionError") || ServerCode.isTransient(code)
        || code == ServerCode.noSuchTransaction
    default: false
    }
  }
}

extension MongoDatabase {
  /// Runs `body` in a transaction with snapshot reads and commits it, confirmed by a majority. When another transaction is
  /// in the way or the primary changes, `body` runs again from its beginning until the deadline: it should do nothing but
  /// work on the transaction. An error that `body` throws rolls back.
  public func withTransaction<R>(deadline: Deadline, _ body: (MongoTransaction) throws -> R) throws -> R {
    let transaction = MongoTransaction(try pool.acquire(deadline: deadline), self, deadline: deadline)
    var backoff = Backoff()
    while true {
      transaction.begin()
      do {
        let result = try body(transaction)
        try transaction.commit()
        return result
      } catch {
        transaction.abort()
        guard let error = error as? MongoError, error.isTransientInTransaction, !deadline.hasPassed else { throw error }
        backoff.pause(before: deadline)
      }
    }
  }
}
