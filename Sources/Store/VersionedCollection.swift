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

  /// An item to keep.
  public init(id: String, content: BSONDocument, updatedAt: BSONDate?) {
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

  /// Fields that belong to the collection and are never part of a content.
  public static let ownFields = ["_id", "version", "contentHash", "deleted", "searchKeys"]

  /// Stores `items` in their order; the answer has one entry an item.
  public func upsert(_ items: [VersionedItem], deadline: Deadline) throws(StoreError) -> [Acknowledgement] {
    var answer = [Acknowledgement](repeating: .accepted, count: items.count)
    let candidates = items.indices.map { Candidate(index: $0, item: items[$0]) }
    for round in try rounds(of: candidates, marking: &answer, deadline: deadline) {
      var open = round
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

// MARK: - One attempt

extension VersionedCollection {
  struct Candidate {
    let index: Int
    let item: VersionedItem
    let contentHash: String
    /// By what the item is found when people look for it; of products only.
    let searchKeys: [String]

    init(index: Int, item: VersionedItem) {
      self.index = index
      self.item = item
      searchKeys = ProductSearch.keys(of: item.content)
      contentHash = Digest.hexadecimal(Digest.sha256(item.content.bytes).prefix(16))
    }

    func document(version: Int) -> BSONDocument {
      BSONDocument {
        $0.append("_id", item.id)
        $0.append("version", version)
        $0.append("contentHash", contentHash)
        if !searchKeys.isEmpty { $0.append("searchKeys", searchKeys) }
        for element in item.content { $0.append(element) }
      }
    }
  }

  struct Head {
    let document: BSONDocument
    let id: String
    let version: Int
    let contentHash: String
    let updatedAt: BSONDate?
    var isDeleted: Bool { document.bool("deleted") == true }

    init?(_ document: BSONDocument) {
      guard let id = document.string("_id"), let version = document.int("version"),
        let contentHash = document.string("contentHash")
      else { return nil }
      self.document = document
      self.id = id
      self.version = version
      self.contentHash = contentHash
      updatedAt = document.date("updatedAt")
    }
  }

  /// Splits a batch so that an id occurs once in each round, and settles ids whose whole run is stored already.
  private func rounds(
    of candidates: [Candidate], marking answer: inout [Acknowledgement], deadline: Deadline
  ) throws(StoreError) -> [[Candidate]] {
    var runs: [String: [Candidate]] = [:]
    for candidate in candidates { runs[candidate.item.id, default: []].append(candidate) }
    var rounds: [[Candidate]] = []
    for candidate in candidates where runs[candidate.item.id]?.count == 1 {
      if rounds.isEmpty { rounds.append([]) }
      rounds[0].append(candidate)
    }
    for run in runs.values where run.count > 1 {
      let hashes = run.map(\.contentHash)
      if try latestHashes(of: run[0].item.id, count: hashes.count, deadline: deadline) == hashes {
        for candidate in run { answer[candidate.index] = .duplicate }
        continue
      }
      for (depth, candidate) in run.enumerated() {
        while rounds.count <= depth { rounds.append([]) }
        rounds[depth].append(candidate)
      }
    }
    return rounds
  }

  /// Tries to store each candidate (ids distinct); returns those that lost a race and must be tried again.
  private func storeOnce(
    _ candidates: [Candidate], marking answer: inout [Acknowledgement], deadline: Deadline
  ) throws(StoreError) -> [Candidate] {
    let heads = try heads(of: candidates.map(\.item.id), whole: true, deadline: deadline)
    var fresh: [Candidate] = []
    var newer: [(candidate: Candidate, head: Head)] = []
    var older: [(candidate: Candidate, head: Head)] = []
    var same: [Candidate] = []
    for candidate in candidates {
      guard let head = heads[candidate.item.id] else {
        fresh.append(candidate)
        continue
      }
      if head.contentHash == candidate.contentHash {
        same.append(candidate)
      } else if let mine = candidate.item.updatedAt, let theirs = head.updatedAt, mine < theirs {
        older.append((candidate, head))
      } else {
        newer.append((candidate, head))
      }
    }
    var again = try confirm(same, marking: &answer, deadline: deadline)
    again += try insertFirst(fresh, marking: &answer, deadline: deadline)
    again += try replace(newer, marking: &answer, deadline: deadline)
    try keepLate(older, marking: &answer, deadline: deadline)
    return again
  }

  /// A content that is there already is acknowledged only when a majority has it.
  private func confirm(
    _ candidates: [Candidate], marking answer: inout [Acknowledgement], deadline: Deadline
  ) throws(StoreError) -> [Candidate] {
    guard !candidates.isEmpty else { return [] }
    let durable = try heads(of: candidates.map(\.item.id), whole: false, majority: true, deadline: deadline)
    return candidates.filter { candidate in
      guard durable[candidate.item.id]?.contentHash == candidate.contentHash else { return true }
      answer[candidate.index] = .duplicate
      return false
    }
  }

  private func insertFirst(
    _ candidates: [Candidate], marking answer: inout [Acknowledgement], deadline: Deadline
  ) throws(StoreError) -> [Candidate] {
    guard !candidates.isEmpty else { return [] }
    let result = try storing {
      try latest.insert(candidates.map { $0.document(version: 1) }, deadline: deadline)
    }
    var again: [Candidate] = []
    for (candidate, acknowledgement) in zip(candidates, acknowledgements(of: result, count: candidates.count)) {
      if acknowledgement == .duplicate {
        again.append(candidate)
      } else {
        answer[candidate.index] = acknowledgement
      }
    }
    return again
  }

  private func replace(
    _ changes: [(candidate: Candidate, head: Head)], marking answer: inout [Acknowledgement], deadline: Deadline
  ) throws(StoreError) -> [Candidate] {
    guard !changes.isEmpty else { return [] }
    try archive(changes.map(\.head), deadline: deadline)
    let statements = changes.map {
      replacement(of: $0.head, with: $0.candidate.document(version: $0.head.version + 1))
    }
    let result = try storing { try latest.write(statements, deadline: deadline).confirmed() }
    if result.matchedCount == changes.count {
      for change in changes { answer[change.candidate.index] = .accepted }
      return []
    }
    // Somebody else wrote one of them first: those that now stand as we wrote them are ours.
    let now = try heads(of: changes.map(\.head.id), whole: false, deadline: deadline)
    return changes.compactMap { change in
      guard let head = now[change.head.id], head.contentHash == change.candidate.contentHash,
        head.version == change.head.version + 1
      else { return change.candidate }
      answer[change.candidate.index] = .accepted
      return nil
    }
  }

  /// A version older than the latest is kept beside it, under its content.
  private func keepLate(
    _ changes: [(candidate: Candidate, head: Head)], marking answer: inout [Acknowledgement], deadline: Deadline
  ) throws(StoreError) {
    guard !changes.isEmpty else { return }
    var again: [BSONDocument] = []
    var indexes: [Int] = []
    let archived = try archivedHashes(of: changes.map(\.head.id), deadline: deadline)
    for change in changes {
      if archived.contains(change.head.id + "\u{0}" + change.candidate.contentHash) {
        answer[change.candidate.index] = .duplicate
        continue
      }
      indexes.append(change.candidate.index)
      again.append(
        archiveDocument(
          id: change.head.id, version: "late-" + change.candidate.contentHash,
          document: change.candidate.document(version: 0)))
    }
    guard !again.isEmpty else { return }
    let result = try storing { try versions.insert(again, deadline: deadline) }
    for (index, acknowledgement) in zip(indexes, acknowledgements(of: result, count: again.count)) {
      answer[index] = acknowledgement
    }
  }
}

// MARK: - Reading and archiving versions

extension VersionedCollection {
  func heads(
    of ids: [String], whole: Bool, majority: Bool = false, deadline: Deadline
  ) throws(StoreError) -> [String: Head] {
    guard !ids.isEmpty else { return [:] }
    let filter = BSONDocument { $0.append("_id", document: { $0.append("$in", ids) }) }
    let fields = BSONDocument {
      for field in ["version", "contentHash", "updatedAt", "deleted"] { $0.append(field, Int32(1)) }
    }
    let options = FindOptions(projection: whole ? nil : fields, majority: majority)
    let found = try storing { try latest.find(filter, options, deadline: deadline) }
    var heads: [String: Head] = [:]
    for document in found {
      guard let head = Head(document) else { throw .malformedDocument(collection: name, reason: "no version") }
      heads[head.id] = head
    }
    return heads
  }

  func archive(_ heads: [Head], deadline: Deadline) throws(StoreError) {
    let documents = heads.map { archiveDocument(id: $0.id, version: String($0.version), document: $0.document) }
    // A duplicate is the same version, archived by an attempt that went no further.
    _ = try storing { try versions.insert(documents, deadline: deadline).confirmed() }
  }

  func archiveDocument(id: String, version: String, document: BSONDocument) -> BSONDocument {
    BSONDocument {
      $0.append("_id", "\(name)/\(version)/\(id)")
      $0.append("collection", name)
      $0.append("sourceId", id)
      $0.append("contentHash", document.string("contentHash") ?? "")
      $0.append("content", document)
    }
  }

  func replacement(of head: Head, with document: BSONDocument) -> WriteStatement {
    .replace(
      filter: BSONDocument {
        $0.append("_id", head.id)
        $0.append("version", head.version)
      }, with: document, upsert: false)
  }

  private func archivedHashes(of ids: [String], deadline: Deadline) throws(StoreError) -> Set<String> {
    let filter = BSONDocument {
      $0.append("collection", name)
      $0.append("sourceId", document: { $0.append("$in", ids) })
    }
    let fields = BSONDocument {
      $0.append("sourceId", Int32(1))
      $0.append("contentHash", Int32(1))
    }
    let found = try storing {
      try versions.find(filter, FindOptions(projection: fields, majority: true), deadline: deadline)
    }
    return Set(found.map { ($0.string("sourceId") ?? "") + "\u{0}" + ($0.string("contentHash") ?? "") })
  }

  /// The content hashes of the last `count` versions of one item, oldest first, when a majority has them.
  private func latestHashes(of id: String, count: Int, deadline: Deadline) throws(StoreError) -> [String] {
    guard let head = try heads(of: [id], whole: false, majority: true, deadline: deadline)[id] else { return [] }
    let first = head.version - count + 1
    guard first >= 1 else { return [] }
    let ids = (first..<head.version).map { "\(name)/\($0)/\(id)" }
    let filter = BSONDocument { $0.append("_id", document: { $0.append("$in", ids) }) }
    let fields = BSONDocument {
      $0.append("contentHash", Int32(1))
      $0.append("content.version", Int32(1))
    }
    let found = try storing {
      try versions.find(filter, FindOptions(projection: fields, majority: true), deadline: deadline)
    }
    let ordered = found.sorted {
      ($0.document("content")?.int("version") ?? 0) < ($1.document("content")?.int("version") ?? 0)
    }
    return ordered.compactMap { $0.string("contentHash") } + [head.contentHash]
  }

  static let versionIndexes = [
    IndexDefinition(ascending: "collection", "sourceId")
  ]
}
