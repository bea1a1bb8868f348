import BSON

extension MongoCollection {
  /// Runs updates, replacements and deletes; throws unless every one ran. As `writeEach`, which tells of each.
  @discardableResult
  public func write(
    _ statements: [WriteStatement], ordered: Bool = false, deadline: Deadline
  ) throws(MongoError) -> WriteResult {
    let result = try writeEach(statements, ordered: ordered, deadline: deadline)
    if let failure = result.failures.first { throw MongoError(code: failure.code, codeName: "", labels: []) }
    return result
  }

  /// Runs updates, replacements and deletes in as few commands as possible. Unordered, statements of a kind go together
  /// and each runs whatever becomes of the others; ordered, they run in order up to the first that fails.
  ///
  /// Unconfirmed commands are sent again until the deadline, under their number, so that each statement runs once; updates
  /// of all that match cannot be numbered and are not sent again.
  ///
  /// Throws when some statements were left unconfirmed: any of them may have run.
  public func writeEach(
    _ statements: [WriteStatement], ordered: Bool = false, deadline: Deadline
  ) throws(MongoError) -> WriteResult {
    var result = WriteResult()
    var sendable = Array(statements.indices)
    if let first = sendable.first(where: { statements[$0].problem != nil }) {
      // Ordered, nothing from the first bad statement on runs.
      if ordered { sendable.removeSubrange(first...) } else { sendable.removeAll { statements[$0].problem != nil } }
      for (index, statement) in statements.enumerated() where !ordered || index == first {
        if let code = statement.problem { result.failures.append(WriteFailure(index: index, code: code)) }
      }
    }
    let connection = try database.pool.acquire(deadline: deadline)
    for group in grouped(statements, sendable, ordered: ordered) {
      if ordered, result.failures.contains(where: { $0.index < group[0] }) { break }
      try run(group, of: statements, ordered: ordered, over: connection, deadline: deadline, into: &result)
    }
    result.failures.sort { $0.index < $1.index }
    return result
  }

  /// Statements that one command can carry.
  private func grouped(_ statements: [WriteStatement], _ indexes: [Int], ordered: Bool) -> [[Int]] {
    var groups: [[Int]] = []
    if ordered {
      for index in indexes {
        if let last = groups.last?.last, statements[last].kind == statements[index].kind {
          groups[groups.count - 1].append(index)
        } else {
          groups.append([index])
        }
      }
    } else {
      for kind in [WriteStatement.Kind.updateOne, .updateMany, .deleteOne, .deleteMany] {
        groups.append(indexes.filter { statements[$0].kind == kind })
      }
    }
    return groups.flatMap { group in
      BatchLimits.chunks(group) { statements[$0].body.byteCount }.map { Array($0) }
    }
  }

  /// Runs one command until its write concern is met.
  private func run(
    _ group: [Int], of statements: [WriteStatement], ordered: Bool, over connection: borrowing Connection,
    deadline: Deadline, into result: inout WriteResult
  ) throws(MongoError) {
    let kind = statements[group[0]].kind
    let bytes = group.reduce(0) { $0 + statements[$1].body.byteCount + 8 }
    var command = Command.write(retry: kind.retry, reserving: bytes) { writer in
      writer.append(kind.isDelete ? "delete" : "update", name)
      writer.append("ordered", ordered)
      writer.append(kind.isDelete ? "deletes" : "updates") { array in
        for index in group { array.append(statements[index].body) }
      }
    }
    let (reply, concern) = try connection.executeConfirmed(&command, database: database.name, deadline: deadline)
    result.add(reply, of: group, isDelete: kind.isDelete)
    if let concern { throw .writeConcernFailed(code: concern) }
  }

  /// Changes or removes one document and returns it: as it was, or as it is when `returnNew`. Nil when none matched (and
  /// nothing was made, or the old one is asked for).
  public func findAndModify(
    filter: BSONDocument, update: Modification, upsert: Bool = false, returnNew: Bool = false,
    sort: BSONDocument? = nil, projection: BSONDocument? = nil, deadline: Deadline
  ) throws(MongoError) -> BSONDocument? {
    var command = Command.write(retry: .numbered) { writer in
      writer.append("findAndModify", name)
      writer.append("query", filter)
      if let sort { writer.append("sort", sort) }
      if let projection { writer.append("fields", projection) }
      switch update {
      case .remove: writer.append("remove", true)
      case .update(let operators): writer.append("update", operators)
      case .pipeline(let stages): writer.append("update", stages)
      }
      if upsert { writer.append("upsert", true) }
      if returnNew { writer.append("new", true) }
    }
    if case .update(let operators) = update, !operators.beginsWithOperator {
      throw .command(code: 9, codeName: "FailedToParse", labels: [])
    }
    let connection = try database.pool.acquire(deadline: deadline)
    let (reply, concern) = try connection.executeConfirmed(&command, database: database.name, deadline: deadline)
    if let concern { throw .writeConcernFailed(code: concern) }
    return reply.document("value")
  }

  /// Changes one document by update operators and returns it; as above.
  public func findAndModify(
    filter: BSONDocument, update: BSONDocument, upsert: Bool = false, returnNew: Bool = false,
    sort: BSONDocument? = nil, projection: BSONDocument? = nil, deadline: Deadline
  ) throws(MongoError) -> BSONDocument? {
    try findAndModify(
      filter: filter, update: .update(update), upsert: upsert, returnNew: returnNew, sort: sort, projection: projection,
      deadline: deadline)
  }

  /// What `findAndModify` does to the document.
  public enum Modification: Sendable {
    /// Update operators.
    case update(BSONDocument)
    /// An aggregation pipeline.
    case pipeline([BSONDocument])
    /// Removal.
    case remove
  }
}

extension WriteResult {
  /// Adds what a reply says of a group of statements.
  mutating func add(_ reply: BSONDocument, of group: [Int], isDelete: Bool) {
    let count = reply.int("n") ?? 0
    var made = 0
    for case .document(let entry) in reply.array("upserted") ?? BSONArray() {
      guard let position = entry.int("index"), group.indices.contains(position), let id = entry["_id"] else { continue }
      upserted.append(Upserted(index: group[position], id: id))
      made += 1
    }
    if isDelete {
      deletedCount += count
    } else {
      matchedCount += count - made
      modifiedCount += reply.int("nModified") ?? 0
    }
    for case .document(let error) in reply.array("writeErrors") ?? BSONArray() {
      guard let position = error.int("index"), group.indices.contains(position) else { continue }
      failures.append(WriteFailure(index: group[position], code: error.int("code") ?? 0))
    }
  }
}

extension Connection {
  /// Runs a write until a majority confirms it or the deadline passes: the reply, and the write concern error that is left.
  /// The command is sent again as it is, under its number.
  borrowing func executeConfirmed(
    _ command: inout Command, database: String, deadline: Deadline
  ) throws(MongoError) -> (reply: BSONDocument, concern: Int?) {
    var backoff = Backoff()
    var last: (reply: BSONDocument, concern: Int?)?
    while true {
      let reply: BSONDocument
      do {
        reply = try execute(&command, database: database, deadline: deadline) { reply throws(MongoError) in
          BSONDocument(copying: reply)
        }
      } catch {
        // The first answer stands: done, not confirmed.
        if let last { return last }
        throw error
      }
      guard let concern = Reply.writeConcernError(reply) else { return (reply, nil) }
      last = (reply, concern)
      guard command.retry != .never, ServerCode.isTransientWriteConcern(concern), !deadline.hasPassed else {
        return (reply, concern)
      }
      backoff.pause(before: deadline)
    }
  }
}
