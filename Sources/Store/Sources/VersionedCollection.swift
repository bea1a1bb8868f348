import BSON
import MongoDB

/// One source document to keep: its identity, its content and when its source says it was written.
public struct VersionedItem: Sendable {
  /// The key under which the source knows it, unique within the collection.
  public let id: String
  /// The canonical fields. `_id`, `version`, `contentHash` and `deleted` are the collection's own and must not occur.
  public let content: BSONDocument
  /// The source's own time of change, which orders versions when both have one.
  public let updatedAt: BSONDate?
  /// Fields that came with this delivery and not from the source: a content that differs in these alone is the same.
  public let incidentalFields: [String]

  /// An item to keep.
  public init(id: String, content: BSONDocument, updatedAt: BSONDate?, incidentalFields: [String] = []) {
    self.incidentalFields = incidentalFields
    self.id = id
    self.content = content
    self.updatedAt = updatedAt
  }
}

/// Sources that are upserted: customer records, products, orders, ratings, interactions.
///
/// The latest version of each stands in its own collection as `{_id, version, contentHash, searchKeys?, updatedAt?, …content}`;
/// a superseded one moves to `source_versions`. A content equal to the latest is a duplicate; one whose `updatedAt` is older
/// than the latest is kept as a version and changes nothing else. Writing is idempotent at every step: a version is archived
/// under an id of its own before the latest is replaced, and only if that is still the version that was archived.
public struct VersionedCollection: Sendable {
  /// The collection's name.
  public let name: String
  let latest: MongoCollection
  let versions: MongoCollection
  let database: MongoDatabase
  /// What the replacements of `upsert` are held against; nil where many may write.
  let lease: Lease?

  /// Fields that belong to the collection and are never part of a content.
  public static let ownFields = ["_id", "version", "contentHash", "deleted", "searchKeys"]

  /// Stores `items` in their order; the answer has one entry an item. Where nearly all are expected to be new they are inserted before
  /// former versions are looked for.
  public func upsert(
    _ items: [VersionedItem], expectingNew: Bool = false, deadline: Deadline
  ) throws(StoreError) -> [Acknowledgement] {
    var answer = [Acknowledgement](repeating: .accepted, count: items.count)
    let candidates = items.indices.map { Candidate(index: $0, item: items[$0]) }
    for round in try rounds(of: candidates, marking: &answer, deadline: deadline) {
      var open = expectingNew ? try insertFirst(round, marking: &answer, deadline: deadline) : round
      var attempts = 0
      while !open.isEmpty {
        if attempts > 0, deadline.hasPassed { throw .contention(collection: name) }
        attempts += 1
        open = try storeOnce(open, marking: &answer, deadline: deadline)
      }
    }
    return answer
  }

  /// Marks an item as deleted, keeping what it was. False when there is no such item, or it is deleted already.
  public func delete(id: String, deadline: Deadline) throws(StoreError) -> Bool {
    while true {
      guard let head = try heads(of: [id], whole: true, deadline: deadline)[id], !head.isDeleted else { return false }
      if try replace(head, by: tombstone(after: head), deadline: deadline) { return true }
      if deadline.hasPassed { throw .contention(collection: name) }
    }
  }

  /// The latest version of one item, unless it is deleted.
  public func find(id: String, deadline: Deadline) throws(StoreError) -> BSONDocument? {
    let found = try storing { try latest.findOne(BSONDocument { $0.append("_id", id) }, deadline: deadline) }
    guard let found, found.bool("deleted") != true else { return nil }
    return found
  }

  /// The latest versions of several items, deleted ones left out, in no promised order.
  public func find(ids: [String], deadline: Deadline) throws(StoreError) -> [BSONDocument] {
    guard !ids.isEmpty else { return [] }
    let filter = BSONDocument {
      $0.append("_id", document: { $0.append("$in", ids) })
      $0.append("deleted", document: { $0.append("$ne", true) })
    }
    return try storing { try latest.find(filter, deadline: deadline) }
  }

  /// Every latest version that is not deleted, in the order of ids, a document at a time.
  public func forEach(deadline: Deadline, _ body: (BSONDocument) throws -> Void) throws(StoreError) {
    let filter = BSONDocument { $0.append("deleted", document: { $0.append("$ne", true) }) }
    let order = BSONDocument { $0.append("_id", Int32(1)) }
    try storing {
      try latest.find(filter, FindOptions(sort: order), deadline: deadline) {
        try body(BSONDocument(copying: $0))
        return true
      }
    }
  }
}
