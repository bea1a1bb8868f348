import BSON

/// Where a cursor's batch lies in a reply.
struct CursorBatch {
  /// 0 when the server has no more.
  let cursor: Int
  /// The array of documents.
  private let array: Range<Int>

  /// The offset of the batch's first document.
  var first: Int { array.lowerBound + 4 }

  init(_ reply: borrowing Span<UInt8>, _ name: StaticString) throws(MongoError) {
    guard let cursor = BSONScan.field(named: "cursor", of: 0..<reply.count, in: reply), cursor.type == .document,
      let id = BSONScan.field(named: "id", of: cursor.value, in: reply),
      let batch = BSONScan.field(named: name, of: cursor.value, in: reply), batch.type == .array
    else { throw .malformedReply("cursor") }
    self.cursor = BSONScan.int(id, in: reply) ?? 0
    array = batch.value
  }

  /// The document at `position`, nil at the end. The next one begins where it ends.
  func document(at position: Int, in reply: borrowing Span<UInt8>) -> Range<Int>? {
    guard let field = BSONScan.field(at: position, of: array, in: reply), field.type == .document else { return nil }
    return field.value
  }
}

extension MongoDatabase {
  /// Streams the documents of a cursor that `command` opens. The first batch is asked for again after a fault; later ones
  /// are not, as documents have been given out.
  func stream(
    _ command: consuming Command, collection: String, batchSize: Int?, deadline: Deadline,
    _ body: (Span<UInt8>) throws -> Bool
  ) throws {
    let connection = try pool.acquire(deadline: deadline)
    var failure: (any Error)?
    var wantsMore = true
    /// Gives out a batch; returns the cursor to go on with.
    func deliver(_ reply: borrowing Span<UInt8>, _ name: StaticString) throws(MongoError) -> Int {
      let batch = try CursorBatch(reply, name)
      var position = batch.first
      do {
        while wantsMore, let document = batch.document(at: position, in: reply) {
          wantsMore = try body(reply.extracting(document))
          position = document.upperBound
        }
      } catch {
        failure = error
        wantsMore = false
      }
      return batch.cursor
    }
    var cursor = try connection.execute(&command, database: name, deadline: deadline) { reply throws(MongoError) in
      try deliver(reply, "firstBatch")
    }
    while cursor != 0, wantsMore {
      var next = Command.getMore(cursor, collection: collection, batchSize: batchSize)
      cursor = try connection.execute(&next, database: name, deadline: deadline) { reply throws(MongoError) in
        try deliver(reply, "nextBatch")
      }
    }
    if cursor != 0 { connection.killCursor(cursor, collection: collection, database: name, deadline: deadline) }
    if let failure { throw failure }
  }
}

extension Command {
  /// The next batch of a cursor. The time limit of the first command goes on for all of them. Never sent twice: that would
  /// leave out a batch.
  static func getMore(_ cursor: Int, collection: String, batchSize: Int?) -> Command {
    .read(retry: .never, limitsTime: false) { writer in
      writer.append("getMore", Int64(cursor))
      writer.append("collection", collection)
      if let batchSize { writer.append("batchSize", batchSize) }
    }
  }
}

extension Connection {
  /// Lets the server forget a cursor that is not read to its end. When that fails the server forgets it by itself.
  borrowing func killCursor(_ cursor: Int, collection: String, database: String, deadline: Deadline) {
    let command = Command.read { writer in
      writer.append("killCursors", collection)
      writer.append("cursors") { $0.append(Int64(cursor)) }
    }
    _ = run(command, database: database, deadline: min(deadline, .after(milliseconds: 1000)))
  }
}
