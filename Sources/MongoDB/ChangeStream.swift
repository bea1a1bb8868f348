import BSON

/// What a change stream shows and where it begins.
public struct ChangeStreamOptions: Sendable {
  /// Go on after the event of this token.
  public var resumeAfter: BSONDocument?
  /// Begin at this logical time, for a stream without a token; see `MongoDatabase.operationTime`.
  public var startAtOperationTime: UInt64?
  /// Add the document as it is when the event is read (not as it was when it happened).
  public var includesDocument: Bool
  /// Stages after `$changeStream`; they must keep `_id`, the token.
  public var pipeline: [BSONDocument]
  /// Events in one batch at most; the server's choice when nil.
  public var batchSize: Int?

  /// Options; a stream of everything from now on where not given.
  public init(
    resumeAfter: BSONDocument? = nil, startAtOperationTime: UInt64? = nil, includesDocument: Bool = false,
    pipeline: [BSONDocument] = [], batchSize: Int? = nil
  ) {
    self.resumeAfter = resumeAfter
    self.startAtOperationTime = startAtOperationTime
    self.includesDocument = includesDocument
    self.pipeline = pipeline
    self.batchSize = batchSize
  }
}

/// The changes of some collections in the order a majority has them. Owned by one thread. Keeps a client of the pool.
///
/// Survives a change of primary, a restart of the server and a lost cursor by itself: it opens again after the last token.
/// `next` throws `changeStreamHistoryLost` when the oplog no longer reaches back to the token, and `unavailable` when the server
/// cannot be reached in time; after the latter `next` may be called again, nothing is missed.
public final class ChangeStream {
  private let connection: Connection
  private let database: MongoDatabase
  private let collections: [String]
  private let options: ChangeStreamOptions
  private var cursor = 0
  private var batch: [BSONDocument] = []
  private var position = 0
  private var tokenAfterBatch: BSONDocument?
  /// The last event was an invalidation: a stream goes on after it by `startAfter` only.
  private var isAfterInvalidation = false

  /// The place after the last event that `next` returned: store it after the event's work is done. Never nil once the
  /// stream is open; without events it moves on with the oplog.
  public private(set) var resumeToken: BSONDocument?

  fileprivate init(
    _ connection: consuming Connection, _ database: MongoDatabase, collections: [String], options: ChangeStreamOptions
  ) {
    self.connection = connection
    self.database = database
    self.collections = collections
    self.options = options
    resumeToken = options.resumeAfter
  }

  deinit {
    if cursor != 0 {
      connection.killCursor(
        cursor, collection: cursorCollection, database: database.name, deadline: .after(milliseconds: 1000))
    }
  }

  /// The next event, waiting for one so long; nil when there was none.
  public func next(maxAwaitMilliseconds: Int) throws(MongoError) -> BSONDocument? {
    if position == batch.count {
      try fetch(maxAwaitMilliseconds: maxAwaitMilliseconds)
      if position == batch.count { return nil }
    }
    let event = batch[position]
    position += 1
    // The server may send a token later than the last event's at the end of a batch.
    resumeToken = position == batch.count ? tokenAfterBatch ?? event.document("_id") : event.document("_id")
    isAfterInvalidation = event.string("operationType") == "invalidate"
    if isAfterInvalidation {
      resumeToken = event.document("_id")
      cursor = 0
    }
    return event
  }

  /// The events that are there, waiting for the first so long; empty when there was none. The token moves past all of them.
  public func nextBatch(maxAwaitMilliseconds: Int) throws(MongoError) -> [BSONDocument] {
    var events: [BSONDocument] = []
    if let first = try next(maxAwaitMilliseconds: maxAwaitMilliseconds) {
      events.append(first)
      while position < batch.count, let event = try next(maxAwaitMilliseconds: 0) { events.append(event) }
    }
    return events
  }

  // MARK: The cursor

  private var cursorCollection: String { collections.count == 1 ? collections[0] : "$cmd.aggregate" }

  /// Asks for a batch; opens the stream again when its cursor is gone.
  private func fetch(maxAwaitMilliseconds: Int) throws(MongoError) {
    let deadline = Deadline.after(milliseconds: maxAwaitMilliseconds + graceMilliseconds)
    var backoff = Backoff()
    while true {
      do throws(MongoError) {
        if cursor == 0 { try open(deadline: deadline) } else { try getMore(maxAwaitMilliseconds, deadline: deadline) }
        return
      } catch {
        guard error.isResumable, !deadline.hasPassed else {
          if error.isResumable { cursor = 0 }
          throw error
        }
        cursor = 0
        backoff.pause(before: deadline)
      }
    }
  }

  fileprivate func open(deadline: Deadline) throws(MongoError) {
    var command = Command.read { writer in
      if collections.count == 1 { writer.append("aggregate", collections[0]) } else { writer.append("aggregate", 1) }
      writer.append("pipeline", pipeline)
      writer.append("cursor") { cursor in
        if let batchSize = options.batchSize { cursor.append("batchSize", batchSize) }
      }
    }
    do throws(MongoError) {
      let reply = try connection.execute(&command, database: database.name, deadline: deadline) {
        reply throws(MongoError) in BSONDocument(copying: reply)
      }
      try take(reply, "firstBatch")
    } catch  where resumeToken != nil && error.isRefusalOfToken {
      throw .changeStreamHistoryLost
    }
  }

  private func getMore(_ maxAwaitMilliseconds: Int, deadline: Deadline) throws(MongoError) {
    var command = Command.read(retry: .never, limitsTime: false) { writer in
      writer.append("getMore", Int64(cursor))
      writer.append("collection", cursorCollection)
      if let batchSize = options.batchSize { writer.append("batchSize", batchSize) }
      writer.append("maxTimeMS", max(maxAwaitMilliseconds, 1))
    }
    let reply = try connection.execute(&command, database: database.name, deadline: deadline) {
      reply throws(MongoError) in BSONDocument(copying: reply)
    }
    try take(reply, "nextBatch")
  }

  private func take(_ reply: BSONDocument, _ name: String) throws(MongoError) {
    guard let document = reply.document("cursor"), let events = document.array(name), let id = document.int("id") else {
      throw .malformedReply("cursor")
    }
    batch = events.compactMap(\.documentValue)
    position = 0
    cursor = id
    tokenAfterBatch = document.document("postBatchResumeToken")
    if batch.isEmpty, let tokenAfterBatch { resumeToken = tokenAfterBatch }
  }

  private var pipeline: [BSONDocument] {
    var stages = [
      BSONDocument { stage in
        stage.append("$changeStream") { settings in
          if options.includesDocument { settings.append("fullDocument", "updateLookup") }
          if let resumeToken {
            settings.append(isAfterInvalidation ? "startAfter" : "resumeAfter", resumeToken)
          } else if let time = options.startAtOperationTime {
            settings.append("startAtOperationTime", .timestamp(time))
          }
        }
      }
    ]
    if collections.count > 1 {
      stages.append(
        BSONDocument { stage in
          stage.append("$match") { match in
            match.append("ns.coll") { $0.append("$in", collections) }
          }
        })
    }
    return stages + options.pipeline
  }
}

/// What a fetch may take beyond the waiting for events.
private let graceMilliseconds = 30_000

extension MongoError {
  /// Whether a stream that ended so can be opened again after its token.
  fileprivate var isResumable: Bool {
    switch self {
    case .unavailable(let reason): reason != .authentication
    case .deadlineExceeded: true
    case .command(let code, _, let labels):
      labels.contains("ResumableChangeStreamError") || code == ServerCode.cursorNotFound || ServerCode.isTransient(code)
    default: false
    }
  }
}

extension MongoError {
  /// Whether a server that was given a token answers that it cannot read it. There are many codes for that; all that is
  /// neither passing nor a missing right counts, and a stream opened without the token shows what else was wrong.
  fileprivate var isRefusalOfToken: Bool {
    if case .command(let code, _, _) = self { !isResumable && code != ServerCode.unauthorized } else { false }
  }
}

extension MongoDatabase {
  /// Opens a stream of the changes of these collections; of all, when none is named. Changes after this call returns are
  /// seen, and none before that a token or a time does not ask for.
  public func watch(
    collections: [String], _ options: ChangeStreamOptions = ChangeStreamOptions(),
    deadline: Deadline = .after(milliseconds: 8000)
  ) throws(MongoError) -> ChangeStream {
    let connection = try pool.acquire(deadline: deadline)
    let stream = ChangeStream(connection, self, collections: collections, options: options)
    try stream.open(deadline: deadline)
    return stream
  }

  /// Opens a stream, with the options one by one.
  public func watch(
    collections: [String], resumeAfter: BSONDocument?, startAtOperationTime: UInt64? = nil,
    includesDocument: Bool = false, deadline: Deadline = .after(milliseconds: 8000)
  ) throws(MongoError) -> ChangeStream {
    try watch(
      collections: collections,
      ChangeStreamOptions(
        resumeAfter: resumeAfter, startAtOperationTime: startAtOperationTime, includesDocument: includesDocument),
      deadline: deadline)
  }
}
