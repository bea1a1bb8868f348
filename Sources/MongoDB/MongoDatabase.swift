import BSON
import Logging

/// One database of a deployment, and the pool of clients to it. Made once, used from any worker thread; calls block.
///
/// Writes are confirmed by a majority and their journals; everything is read from the primary. Every call takes a deadline
/// that bounds waiting for a client, for a primary, for the network and for the server.
public final class MongoDatabase: Sendable {
  /// The database's name.
  public let name: String
  let pool: ConnectionPool

  /// Prepares a pool; connects to nothing yet, so a server that is down shows in the first call, not here.
  ///
  /// - Parameters:
  ///   - uri: a connection string; its own timeouts for connecting and heartbeats are kept, its read preference, write
  ///     concern and retry options are not.
  ///   - poolSizeMax: calls under way at the same time; as wide as the pool of worker threads.
  ///   - changeStreamsMax: change streams open at the same time; each keeps a client of its own.
  ///   - primaryPatienceMs: how long calls wait when no primary is known: counted from when it was lost, so that calls fail
  ///     at once when it has been gone for longer.
  public init(
    uri: String, database: String, poolSizeMax: Int = 32, changeStreamsMax: Int = 8,
    applicationName: String = "customer360", primaryPatienceMs: Int = 5000, logger: Logger = Logger(label: "mongodb")
  ) throws(MongoError) {
    guard !database.isEmpty, database.utf8.count <= 63,
      !database.utf8.contains(where: { "/\\. \"$*<>:|?\u{0}".utf8.contains($0) })
    else { throw .invalidConfiguration("the database's name is empty, too long or has a forbidden character") }
    name = database
    pool = try ConnectionPool(
      uri: uri, applicationName: applicationName, clientsMax: poolSizeMax + changeStreamsMax,
      primaryPatienceMs: primaryPatienceMs, logger: logger)
  }

  /// Another database of the same deployment, over the same pool.
  public init(sharing other: MongoDatabase, database: String) {
    name = database
    pool = other.pool
  }

  /// A collection of that name; it need not exist.
  public func collection(_ name: String) -> MongoCollection { MongoCollection(name: name, database: self) }

  /// Whether a server that takes writes is known, from the heartbeats; asks nobody. False until the first call.
  public var isWritable: Bool { pool.isWritable }

  /// Clients in use and connections made, for the metrics.
  public var clients: (inUse: Int, made: Int) { pool.counts }

  /// Runs a command that may safely run twice on this database; returns the server's reply.
  public func run(_ command: BSONDocument, deadline: Deadline) throws(MongoError) -> BSONDocument {
    try run(command, on: name, deadline: deadline)
  }

  /// Runs a command that may safely run twice on the `admin` database; returns the server's reply.
  public func runAdmin(_ command: BSONDocument, deadline: Deadline) throws(MongoError) -> BSONDocument {
    try run(command, on: "admin", deadline: deadline)
  }

  private func run(_ document: BSONDocument, on database: String, deadline: Deadline) throws(MongoError) -> BSONDocument
  {
    var command = Command.read { $0.append(contentsOf: document) }
    return try execute(&command, on: database, deadline: deadline) { reply throws(MongoError) in
      BSONDocument(copying: reply)
    }
  }

  /// Whether the primary answers.
  public func ping(deadline: Deadline) throws(MongoError) {
    _ = try runAdmin(BSONDocument { $0.append("ping", 1) }, deadline: deadline)
  }

  /// The cluster's logical time after everything done so far: where a change stream starts that must miss nothing from now.
  public func operationTime(deadline: Deadline) throws(MongoError) -> UInt64 {
    let reply = try runAdmin(BSONDocument { $0.append("ping", 1) }, deadline: deadline)
    guard case .timestamp(let time) = reply["operationTime"] else {
      throw .malformedReply("operationTime")
    }
    return time
  }

  /// The names of the collections.
  public func collectionNames(deadline: Deadline) throws(MongoError) -> [String] {
    let list = BSONDocument {
      $0.append("listCollections", 1)
      $0.append("nameOnly", true)
      $0.append("cursor") { $0.append("batchSize", 10_000) }
    }
    let reply = try run(list, deadline: deadline)
    return reply.document("cursor")?.array("firstBatch")?.compactMap { $0.documentValue?.string("name") } ?? []
  }

  /// Removes the database with all its collections.
  public func drop(deadline: Deadline) throws(MongoError) {
    var command = Command.write(retry: .idempotent) { $0.append("dropDatabase", 1) }
    try execute(&command, on: name, deadline: deadline) { _ throws(MongoError) in }
  }

  /// Runs a command on a client of the pool.
  func execute<R>(
    _ command: inout Command, on database: String, deadline: Deadline,
    _ read: (borrowing Span<UInt8>) throws(MongoError) -> R
  ) throws(MongoError) -> R {
    let connection = try pool.acquire(deadline: deadline)
    return try connection.execute(&command, database: database, deadline: deadline, read)
  }
}
