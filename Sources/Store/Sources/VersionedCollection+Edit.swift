import BSON
import MongoDB

/// What became of an edit that was made for one version only.
public enum VersionedEdit: Sendable, Equatable {
  /// The item was not there (or deleted) and is now, with this version.
  case created(version: Int)
  /// The item has this new version.
  case replaced(version: Int)
  /// The item has this very content already.
  case unchanged(version: Int)
  /// The item is not, or no longer, of the version that the edit was made for.
  case conflict
}

// Edits of one item by somebody who has seen it. Nothing is tried again: who lost a race has to look anew.

extension VersionedCollection {
  /// Makes `item` the latest version if the present one is `expected`; nil expects that there is none.
  ///
  /// Other than in `upsert` the source's own time of change does not matter: whoever edits has seen what is there.
  public func edit(
    _ item: VersionedItem, expecting expected: Int?, deadline: Deadline
  ) throws(StoreError) -> VersionedEdit {
    let candidate = Candidate(index: 0, item: item)
    guard let head = try heads(of: [item.id], whole: true, deadline: deadline)[item.id] else {
      guard expected == nil else { return .conflict }
      let result = try storing { try latest.insert([candidate.document(version: 1)], deadline: deadline).confirmed() }
      return result.insertedCount == 1 ? .created(version: 1) : .conflict
    }
    guard expected == (head.isDeleted ? nil : head.version) else { return .conflict }
    if head.contentHash == candidate.contentHash {
      // What is acknowledged has to be a majority's.
      let durable = try heads(of: [item.id], whole: false, majority: true, deadline: deadline)[item.id]
      return durable?.version == head.version ? .unchanged(version: head.version) : .conflict
    }
    let version = head.version + 1
    guard try replace(head, by: candidate.document(version: version), deadline: deadline) else { return .conflict }
    return head.isDeleted ? .created(version: version) : .replaced(version: version)
  }

  /// Marks an item as deleted if it is of this version, keeping what it was. False when it is not.
  public func delete(id: String, expecting expected: Int, deadline: Deadline) throws(StoreError) -> Bool {
    guard let head = try heads(of: [id], whole: true, deadline: deadline)[id], !head.isDeleted,
      head.version == expected
    else { return false }
    return try replace(head, by: tombstone(after: head), deadline: deadline)
  }

  /// What stands for a deleted item.
  func tombstone(after head: Head) -> BSONDocument {
    BSONDocument {
      $0.append("_id", head.id)
      $0.append("version", head.version + 1)
      $0.append("contentHash", "")
      $0.append("deleted", true)
    }
  }

  /// Archives a version and puts another document in its place, unless somebody was faster.
  func replace(_ head: Head, by document: BSONDocument, deadline: Deadline) throws(StoreError) -> Bool {
    try archive([head], deadline: deadline)
    return try storing {
      try latest.write([replacement(of: head, with: document)], deadline: deadline).confirmed()
    }.matchedCount == 1
  }
}
