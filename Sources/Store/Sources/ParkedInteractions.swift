import BSON
import MongoDB

/// A message that waits for its sender to be known: `{_id, subject, since}`.
public struct ParkedInteraction: Sendable, Equatable {
  /// The interaction's id.
  public let id: String
  /// The sender's identifier key.
  public let subject: String
  /// When it was found that nobody names the sender.
  public let since: BSONDate

  /// A message that waits.
  public init(id: String, subject: String, since: BSONDate) {
    self.id = id
    self.subject = subject
    self.since = since
  }

  init?(_ document: BSONDocument) {
    guard let id = document.string("_id"), let subject = document.string("subject"), let since = document.date("since")
    else { return nil }
    self.init(id: id, subject: subject, since: since)
  }
}

/// Which messages wait for their senders. The messages rest among the interactions like all others; what stands here says only that no
/// customer shows them, and since when.
public struct ParkedInteractions: Sendable {
  let collection: MongoCollection

  /// Messages that wait, the longest first by (since, id), of one sender or of all.
  public func list(
    ofSubject subject: String? = nil, after position: (since: BSONDate, id: String)? = nil, limit: Int,
    deadline: Deadline
  ) throws(StoreError) -> [ParkedInteraction] {
    let filter = BSONDocument { filter in
      if let subject { filter.append("subject", subject) }
      if let position {
        filter.append("since", document: { $0.append("$gte", position.since) })
        filter.append(
          "$or",
          array: { either in
            either.append(document: { $0.append("since", document: { $0.append("$gt", position.since) }) })
            either.append(document: { $0.append("_id", document: { $0.append("$gt", position.id) }) })
          })
      }
    }
    let options = FindOptions(
      sort: Self.order, limit: limit, hint: subject == nil ? Self.order : Self.orderOfSubject)
    return try storing { try collection.find(filter, options, deadline: deadline) }.compactMap(ParkedInteraction.init)
  }

  /// Messages of the given senders.
  public func of(_ subjects: [String], deadline: Deadline) throws(StoreError) -> [ParkedInteraction] {
    var found: [ParkedInteraction] = []
    for chunk in subjects.chunked(1000) {
      found += try storing { try collection.find(among("subject", chunk), deadline: deadline) }
        .compactMap(ParkedInteraction.init)
    }
    return found
  }

  /// Messages that have waited since before a moment, the longest first, at most `limit`.
  public func waiting(
    sinceBefore time: BSONDate, limit: Int, deadline: Deadline
  ) throws(StoreError) -> [ParkedInteraction] {
    let filter = BSONDocument { $0.append("since", document: { $0.append("$lt", time) }) }
    let options = FindOptions(sort: Self.order, limit: limit, hint: Self.order)
    return try storing { try collection.find(filter, options, deadline: deadline) }.compactMap(ParkedInteraction.init)
  }

  /// Every message that waits, a document at a time.
  public func forEach(deadline: Deadline, _ body: (ParkedInteraction) throws -> Void) throws(StoreError) {
    try storing {
      try collection.find(BSONDocument(), FindOptions(sort: ascending("_id")), deadline: deadline) { bytes in
        if let parked = ParkedInteraction(BSONDocument(copying: bytes)) { try body(parked) }
        return true
      }
    }
  }

  /// How many messages wait, by the server's bookkeeping.
  public func count(deadline: Deadline) throws(StoreError) -> Int {
    try storing { try collection.estimatedCount(deadline: deadline) }
  }

  static let order = ascending("since", "_id")

  static let orderOfSubject = ascending("subject", "since", "_id")

  static let indexes = [IndexDefinition(keys: order), IndexDefinition(keys: orderOfSubject)]
}

extension ProjectionCollections {
  /// Notes messages that wait. One that waits already goes on waiting since then.
  public func park(_ parked: [ParkedInteraction], deadline: Deadline) throws(StoreError) {
    let collection = database.collection(CollectionName.parkedInteractions)
    for chunk in parked.chunked(Self.namesPerQueryMax) {
      let statements = chunk.map { entry in
        WriteStatement.update(
          filter: identity(entry.id),
          update: BSONDocument {
            $0.append("$set", document: { $0.append("subject", entry.subject) })
            $0.append("$setOnInsert", document: { $0.append("since", entry.since) })
          }, upsert: true)
      }
      try write([(collection, statements)], deadline: deadline)
    }
  }
}

extension Store {
  /// Messages that one transaction removes.
  static let parkedPerRemovalMax = 500

  /// Removes messages that wait for their senders, with all their versions, and asks the projector to compute anew what they were
  /// part of: all in one transaction, under a lease where one is given. What waits no longer, or has another sender by now, stays.
  /// Returns how many were removed.
  public func removeParked(
    _ ids: [String], at now: BSONDate, under lease: Lease? = nil, deadline: Deadline
  ) throws(StoreError) -> Int {
    var removed = 0
    for chunk in ids.chunked(Self.parkedPerRemovalMax) {
      removed += try storing {
        try database.withTransaction(deadline: deadline) { transaction in
          if let lease, try transaction.findOne(lease.filter, in: CollectionName.leases) == nil {
            throw StoreError.leaseLost(name: lease.name)
          }
          return try Self.removeParked(chunk, at: now, transaction)
        }
      }
    }
    return removed
  }

  private static func removeParked(
    _ ids: [String], at now: BSONDate, _ transaction: MongoTransaction
  ) throws(MongoError) -> Int {
    let parked = try transaction.find(among("_id", ids), in: CollectionName.parkedInteractions)
      .compactMap(ParkedInteraction.init)
    var senders: [ByteString: String] = [:]
    for entry in parked { senders[ByteString(entry.id)] = entry.subject }
    let fields = BSONDocument { for name in ["subject", "day"] { $0.append(name, Int32(1)) } }
    var requests: [ByteString: BSONDocument] = [:]
    var gone: [String] = []
    // A note about nothing is taken away with the rest.
    var notes = Set(senders.keys)
    for message in try transaction.find(
      among("_id", parked.map(\.id)), FindOptions(projection: fields), in: CollectionName.interactions)
    {
      guard let id = message.string("_id") else { continue }
      guard let subject = message.string("subject"), let day = message.int("day"),
        senders[ByteString(id)].map(ByteString.init) == ByteString(subject)
      else {
        notes.remove(ByteString(id))
        continue
      }
      gone.append(id)
      requests[ByteString(Rollup.id(subject: subject, day: day))] = BSONDocument {
        // No two removals take the same message.
        $0.append("_id", "parked/\(now.millisecondsSince1970)/\(day)/\(id)")
        $0.append("at", now)
        $0.append("subject", subject)
        $0.append("day", day)
      }
    }
    if !notes.isEmpty {
      try transaction.write(
        [.delete(filter: among("_id", notes.map(\.string)), multi: true)], in: CollectionName.parkedInteractions)
    }
    guard !gone.isEmpty else { return 0 }
    try transaction.write([.delete(filter: among("_id", gone), multi: true)], in: CollectionName.interactions)
    let versions = BSONDocument {
      $0.append("collection", CollectionName.interactions)
      $0.append("sourceId", document: { $0.append("$in", gone) })
    }
    try transaction.write([.delete(filter: versions, multi: true)], in: CollectionName.sourceVersions)
    try transaction.insert(Array(requests.values), into: CollectionName.projectionRequests)
    return gone.count
  }
}
