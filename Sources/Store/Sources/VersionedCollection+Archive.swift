import BSON
import MongoDB

// The latest versions as they stand, and those that were superseded.

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

  func archivedHashes(of ids: [String], deadline: Deadline) throws(StoreError) -> Set<String> {
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
  func latestHashes(of id: String, count: Int, deadline: Deadline) throws(StoreError) -> [String] {
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
