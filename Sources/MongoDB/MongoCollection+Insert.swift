import BSON

extension MongoCollection {
  /// Inserts documents, unordered, in as few commands as the server's limits allow. Each should carry its `_id`: then an
  /// insert can be repeated at will.
  ///
  /// A duplicate `_id` counts as stored only when a majority has it: either the same reply carries no write concern error,
  /// or a majority read finds it. (A primary cut off from its set answers «duplicate key» for documents that are rolled
  /// back later, beside a write concern error.) Unconfirmed documents are sent again until the deadline.
  ///
  /// Throws when some documents were left unconfirmed: what became of the others is then told by the next try, which finds
  /// them as duplicates.
  public func insert(_ documents: [BSONDocument], deadline: Deadline) throws(MongoError) -> InsertResult {
    var insert = Insert(documents)
    let connection = try database.pool.acquire(deadline: deadline)
    for chunk in BatchLimits.chunks(insert.sendable, bytes: { documents[$0].byteCount }) {
      try insert.send(Array(chunk), to: self, over: connection, deadline: deadline)
    }
    insert.result.duplicateIndexes.sort()
    insert.result.failures.sort { $0.index < $1.index }
    return insert.result
  }
}

/// The state of one call of `insert`.
private struct Insert {
  let documents: [BSONDocument]
  var result = InsertResult()
  /// Documents that can be sent at all.
  var sendable: [Int] = []
  /// Documents that a reply told stored without a majority's confirmation: found again, they are ours, not duplicates.
  private var stored: Set<Int> = []

  init(_ documents: [BSONDocument]) {
    self.documents = documents
    for (index, document) in documents.enumerated() {
      if document.byteCount > BatchLimits.documentBytesMax {
        result.failures.append(WriteFailure(index: index, code: ServerCode.tooLarge))
      } else {
        sendable.append(index)
      }
    }
  }

  /// Sends a chunk until each of its documents is settled or time is up.
  mutating func send(
    _ chunk: [Int], to collection: MongoCollection, over connection: borrowing Connection, deadline: Deadline
  ) throws(MongoError) {
    var pending = chunk
    var backoff = Backoff()
    while true {
      let reply = try insert(pending, to: collection, over: connection, deadline: deadline)
      let (stored, duplicates, transient) = verdicts(on: pending, reply)
      let concern = Reply.writeConcernError(reply)
      if let concern {
        self.stored.formUnion(stored)
        let confirmed = try confirmedByMajority(duplicates, collection, connection, deadline: deadline)
        settle(duplicates: duplicates.filter(confirmed.contains))
        pending = stored + duplicates.filter { !confirmed.contains($0) } + transient
        if pending.isEmpty { return }
        guard ServerCode.isTransientWriteConcern(concern), !deadline.hasPassed else {
          throw .writeConcernFailed(code: concern)
        }
      } else {
        result.insertedCount += stored.count
        settle(duplicates: duplicates)
        pending = transient
        if pending.isEmpty { return }
        guard !deadline.hasPassed else { throw .deadlineExceeded }
      }
      backoff.pause(before: deadline)
    }
  }

  private func insert(
    _ indexes: [Int], to collection: MongoCollection, over connection: borrowing Connection, deadline: Deadline
  ) throws(MongoError) -> BSONDocument {
    let bytes = indexes.reduce(0) { $0 + documents[$1].byteCount + 8 }
    var command = Command.write(retry: .numbered, reserving: bytes) { writer in
      writer.append("insert", collection.name)
      writer.append("ordered", false)
      writer.append("documents") { array in
        for index in indexes { array.append(documents[index]) }
      }
    }
    return try connection.execute(&command, database: collection.database.name, deadline: deadline) {
      reply throws(MongoError) in BSONDocument(copying: reply)
    }
  }

  /// Reads what a reply says of each document; documents refused for good are settled.
  private mutating func verdicts(on pending: [Int], _ reply: BSONDocument) -> (
    stored: [Int], duplicates: [Int], transient: [Int]
  ) {
    var duplicates: [Int] = []
    var transient: [Int] = []
    var refused: Set<Int> = []
    for case .document(let error) in reply.array("writeErrors") ?? BSONArray() {
      guard let position = error.int("index"), pending.indices.contains(position) else { continue }
      let index = pending[position]
      refused.insert(index)
      let code = error.int("code") ?? 0
      if code == ServerCode.duplicateKey, error.isOnPrimaryKey {
        duplicates.append(index)
      } else if ServerCode.isTransient(code) {
        transient.append(index)
      } else {
        result.failures.append(WriteFailure(index: index, code: code))
      }
    }
    return (refused.isEmpty ? pending : pending.filter { !refused.contains($0) }, duplicates, transient)
  }

  /// Documents that a majority has already, ours or somebody's.
  private mutating func settle(duplicates indexes: [Int]) {
    for index in indexes {
      if stored.contains(index) { result.insertedCount += 1 } else { result.duplicateIndexes.append(index) }
    }
  }

  /// Which of these documents' ids a majority has.
  private func confirmedByMajority(
    _ indexes: [Int], _ collection: MongoCollection, _ connection: borrowing Connection, deadline: Deadline
  ) throws(MongoError) -> Set<Int> {
    guard !indexes.isEmpty else { return [] }
    var found: Set<BSONValue> = []
    // Small portions: the ids of one reply fit one batch.
    for start in stride(from: 0, to: indexes.count, by: 10_000) {
      let ids = indexes[start..<min(start + 10_000, indexes.count)].compactMap { documents[$0]["_id"] }
      var command = Command.read { writer in
        writer.append("find", collection.name)
        writer.append("filter") { filter in
          filter.append("_id") { operators in
            operators.append("$in") { array in
              for id in ids { array.append(id) }
            }
          }
        }
        writer.append("projection") { $0.append("_id", 1) }
        writer.append("readConcern") { $0.append("level", "majority") }
        writer.append("batchSize", 10_000)
        writer.append("singleBatch", true)
      }
      let reply = try connection.execute(&command, database: collection.database.name, deadline: deadline) {
        reply throws(MongoError) in BSONDocument(copying: reply)
      }
      for case .document(let document) in reply.document("cursor")?.array("firstBatch") ?? BSONArray() {
        if let id = document["_id"] { found.insert(id) }
      }
    }
    return Set(indexes.filter { documents[$0]["_id"].map(found.contains) ?? false })
  }
}

extension BSONDocument {
  /// Whether a duplicate key error is about `_id`: only then is the very document there.
  fileprivate var isOnPrimaryKey: Bool {
    guard let pattern = document("keyPattern") else { return false }
    return pattern.count == 1 && pattern.contains("_id")
  }
}
