import BSON
import MongoDB

/// One change of a source, as far as the projection cares.
public enum SourceChange: Sendable {
  /// An event or a row of one was stored.
  case event(subject: String?, day: Int, userId: String?, anonymousId: String?, receivedAt: BSONDate?)
  /// An order or an interaction has a new latest version, or `content` is a version that was superseded.
  case order(content: BSONDocument)
  /// A customer record has a new latest version.
  case customerRecord(id: String)
  /// Somebody decided about identities or pinned a value, or took that back.
  case decision(id: String)
  /// The identity rules have a new version.
  case identityRules
}

/// The changes of the sources, from a stored resume token on. Owned by one thread.
///
/// It watches sources only, so the projection's own writes never come back to it.
public final class ChangeFeed {
  private let stream: ChangeStream

  init(_ stream: ChangeStream) { self.stream = stream }

  /// Where to resume after everything that `next` has returned so far.
  public var resumeToken: BSONDocument? { stream.resumeToken }

  /// When the server took in the change that `next` returned last, to the second; now, before there is one.
  public private(set) var changeTime = WallClock.now()

  /// The next change, or nil when none came within `maxAwaitMilliseconds`. Changes that concern no customer are passed over.
  public func next(maxAwaitMilliseconds: Int) throws(StoreError) -> SourceChange? {
    while let change = try storing({ try stream.next(maxAwaitMilliseconds: maxAwaitMilliseconds) }) {
      if let relevant = Self.sourceChange(change) {
        changeTime = Self.time(of: change)
        return relevant
      }
    }
    return nil
  }

  /// Changes in one answer of the server. Without a bound it gathers 16 MiB of them before it answers, which under a backlog
  /// takes longer than any caller waits.
  static let batchChangesMax = 1000

  static let watched = [
    CollectionName.events, CollectionName.orders, CollectionName.sourceCustomers, CollectionName.sourceVersions,
    CollectionName.interactions, CollectionName.projectionRequests, CollectionName.identityDecisions,
    CollectionName.identityRules, CollectionName.pinnedValues,
  ]

  /// Sources are inserted or replaced as a whole, so a change carries its document; of it the projection reads these fields.
  static let relevantFields = BSONDocument {
    $0.append(
      "$project",
      document: { fields in
        for name in ["ns", "operationType", "documentKey", "clusterTime"] { fields.append(name, Int32(1)) }
        fields.append(
          "fullDocument",
          document: { document in
            for name in [
              "_id", "subject", "day", "userId", "anonymousId", "receivedAt", "collection", "recordId", "decisionId",
            ] {
              document.append(name, Int32(1))
            }
            document.append(
              "content",
              document: {
                $0.append("subject", Int32(1)); $0.append("day", Int32(1))
              })
          })
      })
  }

  /// An event says to the millisecond when it came; of other changes the server's second is known, taken at its end.
  private static func time(of change: BSONDocument) -> BSONDate {
    if let receivedAt = change.document("fullDocument")?.date("receivedAt") { return receivedAt }
    guard case .timestamp(let time) = change["clusterTime"] else { return WallClock.now() }
    return min(WallClock.now(), BSONDate(millisecondsSince1970: (Int64(time >> 32) + 1) * 1000))
  }

  static func sourceChange(_ change: BSONDocument) -> SourceChange? {
    guard let collection = change.document("ns")?.string("coll") else { return nil }
    // A decision that is taken back is changed in place; its id is all that is needed.
    if [CollectionName.identityDecisions, CollectionName.pinnedValues].contains(collection) {
      return change.document("documentKey")?.string("_id").map { .decision(id: $0) }
    }
    if collection == CollectionName.identityRules { return .identityRules }
    guard let document = change.document("fullDocument") else { return nil }
    switch collection {
    case CollectionName.events:
      return .event(
        subject: document.string("subject"), day: document.int("day") ?? 0, userId: document.string("userId"),
        anonymousId: document.string("anonymousId"), receivedAt: document.date("receivedAt"))
    case CollectionName.orders, CollectionName.interactions:
      return .order(content: document)
    case CollectionName.sourceCustomers:
      return document.string("_id").map { .customerRecord(id: $0) }
    case CollectionName.sourceVersions
    where [CollectionName.orders, CollectionName.interactions].contains(document.string("collection")):
      return document.document("content").map { .order(content: $0) }
    case CollectionName.projectionRequests:
      if let recordId = document.string("recordId") { return .customerRecord(id: recordId) }
      if let decisionId = document.string("decisionId") { return .decision(id: decisionId) }
      return .event(
        subject: document.string("subject"), day: document.int("day") ?? 0, userId: document.string("userId"),
        anonymousId: document.string("anonymousId"), receivedAt: nil)
    default:
      return nil
    }
  }
}

extension Store {
  /// Opens the feed where `token` says, or at the present when there is none.
  public func changes(after token: BSONDocument?) throws(StoreError) -> ChangeFeed {
    try storing {
      ChangeFeed(
        try database.watch(
          collections: ChangeFeed.watched,
          ChangeStreamOptions(
            resumeAfter: token, pipeline: [ChangeFeed.relevantFields], batchSize: ChangeFeed.batchChangesMax)))
    }
  }

  /// Opens a feed of changes of customer records alone, where `token` says, or at the present when there is none.
  public func customerRecordChanges(after token: BSONDocument?) throws(StoreError) -> ChangeFeed {
    try storing {
      ChangeFeed(
        try database.watch(
          collections: [CollectionName.sourceCustomers, CollectionName.projectionRequests],
          ChangeStreamOptions(
            resumeAfter: token, pipeline: [ChangeFeed.relevantFields], batchSize: ChangeFeed.batchChangesMax)))
    }
  }

  /// Whether no watched collection holds anything.
  public func hasNoSources(deadline: Deadline) throws(StoreError) -> Bool {
    for name in ChangeFeed.watched {
      let any = try storing { try database.collection(name).findOne(BSONDocument(), deadline: deadline) }
      if any != nil { return false }
    }
    return true
  }

  /// The stored position of a reader of changes.
  public func changeToken(of reader: String, deadline: Deadline) throws(StoreError) -> BSONDocument? {
    try storing { try tokens.findOne(identity(reader), deadline: deadline) }?.document("token")
  }

  /// Stores a reader's position.
  public func setChangeToken(_ token: BSONDocument, of reader: String, deadline: Deadline) throws(StoreError) {
    let document = BSONDocument {
      $0.append("_id", reader)
      $0.append("token", token)
    }
    _ = try storing {
      try tokens.write([.replace(filter: identity(reader), with: document, upsert: true)], deadline: deadline)
        .confirmed()
    }
  }
}
