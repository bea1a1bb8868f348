import BSON
import Ingestion
import Logging
import MongoDB
import Store

/// The documents of a shop's own collection: all that are there, then every change, from its change stream.
///
/// The stream's place is noted before the copy begins, so that what changes meanwhile comes again behind it; a document that comes
/// twice is a duplicate. A place that the shop's oplog no longer reaches back to is told, and the collection copied anew. Documents
/// that the shop deletes stay here: sources are kept.
public struct MongoPull: Pull {
  /// The type of such sources.
  public let type = "mongodb"
  /// What the items are.
  public let kind: IngestKind
  private let uri: String
  private let databaseName: String
  private let collection: String
  private let mapping: FieldMapping?
  private let decoder = BatchDecoder()
  /// Documents of a piece.
  var pieceDocuments = 1_000

  private static let timeoutMs = 30_000
  /// How long a stream waits for a change before it looks whether to stop.
  private static let awaitMs = 500
  /// How often the place is stored while nothing changes, so that it never falls out of the oplog.
  private static let idleStoreSeconds = 30

  /// A pull of a collection of a replica set.
  public init(uri: String, database: String, collection: String, kind: IngestKind, mapping: FieldMapping? = nil) {
    self.uri = uri
    databaseName = database
    self.collection = collection
    self.kind = kind
    self.mapping = mapping
  }

  private var place: String { "\(databaseName).\(collection)" }

  private enum Interruption: Error {
    case historyLost
    case stopped(PullError)
  }

  /// Reads what lies past the ledger's position; see `Pull`.
  public func run(_ ledger: inout PullLedger, progress: (Int) -> Void) throws(PullError) {
    var received = 0
    while true {
      do throws(Interruption) {
        return try pull(&ledger, &received, progress)
      } catch {
        guard case .historyLost = error else {
          if case .stopped(let reason) = error { throw reason }
          return
        }
        try ledger.beginAnew(
          remark:
            "the position was older than the oplog of \(place): copied anew from \(ledger.now.rfc3339 ?? "now") on")
      }
    }
  }

  private func pull(
    _ ledger: inout PullLedger, _ received: inout Int, _ progress: (Int) -> Void
  ) throws(Interruption) {
    let shop = try asking { () throws(MongoError) in
      try MongoDatabase(
        uri: uri, database: databaseName, poolSizeMax: 2, changeStreamsMax: 1, logger: Logger(label: "source"))
    }
    var position = try Position(ledger.source.position, of: place)
    let stream = try asking { () throws(MongoError) in
      try shop.watch(
        collections: [collection],
        ChangeStreamOptions(resumeAfter: position.token, includesDocument: true, batchSize: pieceDocuments),
        deadline: .after(milliseconds: Self.timeoutMs))
    }
    if position.token == nil { position.token = stream.resumeToken }
    while !position.isCopied {
      guard ledger.mayContinue else { return }
      let last = position.last
      let found = try asking { () throws(MongoError) in try documents(of: shop, after: last) }
      // The piece begins with the document at which the last one ended.
      let new = found.filter { $0["_id"].map { !Self.isEqual($0, last) } ?? false }
      guard let end = new.last?["_id"] else {
        position.isCopied = true
        break
      }
      position.last = end
      try store(new, position, &ledger, lag: nil)
      received += new.count
      progress(received)
    }
    try settling { () throws(PullError) in
      try ledger.succeed(at: position.document, lag: .init(0, "documents"))
    }
    try follow(stream, position, &ledger, &received, progress)
  }

  private func follow(
    _ stream: ChangeStream, _ position: Position, _ ledger: inout PullLedger, _ received: inout Int,
    _ progress: (Int) -> Void
  ) throws(Interruption) {
    var position = position
    var stored = ContinuousClock.now
    var isBehind = false
    while ledger.mayContinue {
      let events = try asking { () throws(MongoError) in try stream.nextBatch(maxAwaitMilliseconds: Self.awaitMs) }
      position.token = stream.resumeToken ?? position.token
      if events.isEmpty {
        if isBehind || ContinuousClock.now - stored > .seconds(Self.idleStoreSeconds) || !ledger.follows {
          try settling { () throws(PullError) in
            try ledger.succeed(at: position.document, lag: .init(0, "milliseconds"))
          }
          (stored, isBehind) = (.now, false)
        }
        if !ledger.follows { return }
        continue
      }
      let changed = events.compactMap { $0.document("fullDocument") }
      var lag = 0
      if case .timestamp(let time) = events.last?["clusterTime"] {
        lag = max(0, Int(ledger.now.millisecondsSince1970 - Int64(time >> 32) * 1_000))
      }
      try store(changed, position, &ledger, lag: .init(lag, "milliseconds"))
      received += changed.count
      progress(received)
      (stored, isBehind) = (.now, true)
    }
  }

  /// The documents in the order of their ids, from one on: by the bounds of the index, as ids may be of several types.
  private func documents(of shop: MongoDatabase, after last: BSONValue?) throws(MongoError) -> [BSONDocument] {
    let byId = BSONDocument { $0.append("_id", Int32(1)) }
    let command = BSONDocument { find in
      find.append("find", collection)
      find.append("sort", byId)
      find.append("hint", byId)
      if let last { find.append("min", document: { $0.append("_id", last) }) }
      let count = pieceDocuments + (last == nil ? 0 : 1)
      find.append("limit", Int32(clamping: count))
      find.append("batchSize", Int32(clamping: count))
      find.append("singleBatch", true)
      find.append("readConcern", document: { $0.append("level", "majority") })
    }
    let reply = try shop.run(command, deadline: .after(milliseconds: Self.timeoutMs))
    guard let batch = reply.document("cursor")?.array("firstBatch") else { throw .malformedReply("cursor") }
    return batch.compactMap(\.documentValue)
  }

  private func store(
    _ documents: [BSONDocument], _ position: Position, _ ledger: inout PullLedger, lag: PullSource.Lag?
  ) throws(Interruption) {
    try settling { () throws(PullError) in
      let items = documents.map { document in
        if let mapping { return mapping.json(document) }
        var json: [UInt8] = []
        JSONEncoding.append(document, to: &json)
        return json
      }
      try ledger.take(
        kind, try decoded(items, decoder, receivedAt: ledger.now), items: { items[$0] }, position: position.document,
        lag: lag)
    }
  }

  private func asking<R>(_ body: () throws(MongoError) -> R) throws(Interruption) -> R {
    do throws(MongoError) {
      return try body()
    } catch .changeStreamHistoryLost {
      throw .historyLost
    } catch {
      throw .stopped(.source("MongoDB of the source: \(error)"))
    }
  }

  private func settling(_ body: () throws(PullError) -> Void) throws(Interruption) {
    do throws(PullError) { try body() } catch { throw .stopped(error) }
  }

  private static func isEqual(_ value: BSONValue, _ other: BSONValue?) -> Bool {
    guard let other else { return false }
    func bytes(_ value: BSONValue) -> BSONDocument { BSONDocument { $0.append("v", value) } }
    return bytes(value) == bytes(other)
  }
}

extension MongoPull {
  /// `{collection, copied, last?, token}`: the change stream's place, and how far the copy has come.
  private struct Position {
    let place: String
    var isCopied = false
    var last: BSONValue?
    var token: BSONDocument?

    init(_ document: BSONDocument, of place: String) throws(Interruption) {
      self.place = place
      guard let known = document.string("collection") else { return }
      guard known == place else {
        throw .stopped(.usage("the source reads \(place) now, and read \(known) before: choose another name"))
      }
      isCopied = document.bool("copied") ?? false
      last = document["last"]
      token = document.document("token")
    }

    var document: BSONDocument {
      BSONDocument { writer in
        writer.append("collection", place)
        writer.append("copied", isCopied)
        if !isCopied, let last { writer.append("last", last) }
        if let token { writer.append("token", token) }
      }
    }
  }
}
