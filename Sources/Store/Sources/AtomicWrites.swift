import BSON
import MongoDB

// Writes of which all are stored or none: `?mode=atomic`. Each runs in one transaction that a majority confirms, and gives
// the same acknowledgements as the write that stores what it can.

extension Store {
  /// Inserts canonical events in one transaction; the answer has one entry a document, in order.
  public func insertAtomically(
    events documents: [BSONDocument], deadline: Deadline
  ) throws(StoreError) -> [Acknowledgement] {
    guard !documents.isEmpty else { return [] }
    return try inTransaction(on: CollectionName.events, deadline: deadline) { transaction in
      var stored = Set(
        try transaction.find(
          among(documents.compactMap { $0.string("_id") }), FindOptions(projection: Self.idOnly),
          in: CollectionName.events
        ).compactMap { $0.string("_id").map { ByteString($0) } })
      var answer: [Acknowledgement] = []
      var fresh: [BSONDocument] = []
      for document in documents {
        let isFresh = stored.insert(ByteString(document.string("_id") ?? "")).inserted
        answer.append(isFresh ? .accepted : .duplicate)
        if isFresh { fresh.append(document) }
      }
      if !fresh.isEmpty { try transaction.insert(fresh, into: CollectionName.events) }
      return answer
    }
  }

  /// Upserts versioned items in one transaction; the answer has one entry an item, in order.
  public func upsertAtomically(
    _ items: [VersionedItem], in collection: VersionedCollection, deadline: Deadline
  ) throws(StoreError) -> [Acknowledgement] {
    guard !items.isEmpty else { return [] }
    return try inTransaction(on: collection.name, deadline: deadline) { transaction in
      var versions = AtomicVersions(collection)
      try versions.read(transaction, among(items.map(\.id)), archivedUnder: CollectionName.sourceVersions)
      let answer = versions.add(items)
      try versions.write(transaction, archiveTo: CollectionName.sourceVersions)
      return answer
    }
  }

  private func inTransaction<R>(
    on collection: String, deadline: Deadline, _ body: (MongoTransaction) throws -> R
  ) throws(StoreError) -> R {
    while true {
      do throws(StoreError) {
        return try storing { try database.withTransaction(deadline: deadline, body) }
      } catch {
        // Somebody stored one of the documents after this transaction looked: the next look sees it.
        guard case .database(.duplicateKey) = error else { throw error }
        if deadline.hasPassed { throw .contention(collection: collection) }
      }
    }
  }

  private func among(_ ids: [String]) -> BSONDocument {
    BSONDocument { $0.append("_id", document: { $0.append("$in", ids) }) }
  }

  private static let idOnly = BSONDocument { $0.append("_id", Int32(1)) }
}

/// Versions as one transaction sees and changes them.
private struct AtomicVersions {
  typealias Head = VersionedCollection.Head
  typealias Candidate = VersionedCollection.Candidate

  private let collection: VersionedCollection
  private var heads: [ByteString: Head] = [:]
  /// Contents of archived versions by `id`, by number of their version; those that came late have none.
  private var archived: [ByteString: [(version: Int?, contentHash: String)]] = [:]
  private var archivedIds: Set<ByteString> = []
  private var archives: [BSONDocument] = []
  private var fresh: Set<ByteString> = []
  private var changed: [ByteString] = []

  init(_ collection: VersionedCollection) { self.collection = collection }

  /// Reads the latest versions of the items that `filter` names, and what is archived of them.
  mutating func read(
    _ transaction: MongoTransaction, _ filter: BSONDocument, archivedUnder archive: String
  ) throws {
    for document in try transaction.find(filter, in: collection.name) {
      guard let head = Head(document) else {
        throw StoreError.malformedDocument(collection: collection.name, reason: "no version")
      }
      heads[ByteString(head.id)] = head
    }
    guard !heads.isEmpty else { return }
    let filter = BSONDocument {
      $0.append("collection", collection.name)
      $0.append("sourceId", document: { $0.append("$in", heads.values.map(\.id)) })
    }
    let fields = BSONDocument {
      for field in ["sourceId", "contentHash", "content.version"] { $0.append(field, Int32(1)) }
    }
    for document in try transaction.find(filter, FindOptions(projection: fields), in: archive) {
      guard let id = document.string("sourceId"), let hash = document.string("contentHash") else { continue }
      // A version that came late is archived as version 0.
      let version = document.document("content")?.int("version").flatMap { $0 == 0 ? nil : $0 }
      archived[ByteString(id), default: []].append((version, hash))
      archivedIds.insert(ByteString(document.string("_id") ?? ""))
    }
  }

  /// Takes items in order.
  mutating func add(_ items: [VersionedItem]) -> [Acknowledgement] {
    let candidates = items.indices.map { Candidate(index: $0, item: items[$0]) }
    var runs: [ByteString: [String]] = [:]
    for candidate in candidates { runs[ByteString(candidate.item.id), default: []].append(candidate.contentHash) }
    let repeated = Set(runs.filter { isStored($0.value, of: $0.key) }.keys)
    return candidates.map { repeated.contains(ByteString($0.item.id)) ? .duplicate : add($0) }
  }

  /// Whether the last versions of an item are exactly these contents, as after the same batch before.
  private func isStored(_ hashes: [String], of id: ByteString) -> Bool {
    guard let head = heads[id], hashes.last == head.contentHash, head.version >= hashes.count else { return false }
    let known = Dictionary(
      archived[id, default: []].compactMap { entry in entry.version.map { ($0, entry.contentHash) } }
    ) { first, _ in first }
    return hashes.dropLast().enumerated().allSatisfy { position, hash in
      known[head.version - hashes.count + 1 + position] == hash
    }
  }

  private mutating func add(_ candidate: Candidate) -> Acknowledgement {
    let id = ByteString(candidate.item.id)
    guard let head = heads[id] else {
      fresh.insert(id)
      return put(candidate, version: 1)
    }
    if head.contentHash == candidate.contentHash { return .duplicate }
    if let mine = candidate.item.updatedAt, let theirs = head.updatedAt, mine < theirs {
      if archived[id, default: []].contains(where: { $0.contentHash == candidate.contentHash }) { return .duplicate }
      archive(id, version: "late-" + candidate.contentHash, candidate.document(version: 0))
      archived[id, default: []].append((nil, candidate.contentHash))
      return .accepted
    }
    archive(id, version: String(head.version), head.document)
    archived[id, default: []].append((head.version, head.contentHash))
    return put(candidate, version: head.version + 1)
  }

  private mutating func put(_ candidate: Candidate, version: Int) -> Acknowledgement {
    let id = ByteString(candidate.item.id)
    guard let head = Head(candidate.document(version: version)) else { return .rejected(code: "not_stored") }
    heads[id] = head
    changed.append(id)
    return .accepted
  }

  private mutating func archive(_ id: ByteString, version: String, _ document: BSONDocument) {
    let entry = collection.archiveDocument(id: id.string, version: version, document: document)
    // The same version may have been archived by an attempt that went no further.
    guard archivedIds.insert(ByteString(entry.string("_id") ?? "")).inserted else { return }
    archives.append(entry)
  }

  /// Writes what was added.
  func write(_ transaction: MongoTransaction, archiveTo archive: String) throws {
    if !archives.isEmpty { try transaction.insert(archives, into: archive) }
    let ids = Set(changed)
    let new = ids.intersection(fresh).compactMap { heads[$0]?.document }
    if !new.isEmpty { try transaction.insert(new, into: collection.name) }
    let replaced = ids.subtracting(fresh).compactMap { heads[$0] }.map { head in
      WriteStatement.replace(
        filter: BSONDocument { $0.append("_id", head.id) }, with: head.document, upsert: false)
    }
    if !replaced.isEmpty { try transaction.write(replaced, in: collection.name) }
  }
}
