import BSON
import MongoDB

// One attempt to store a batch: what is new, newer, older or the same as what stands, and who lost a race.

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
      contentHash = Digest.hexadecimal(Digest.sha256(Self.lasting(item).bytes).prefix(16))
    }

    /// What a delivery has in common with every other one of the same content.
    private static func lasting(_ item: VersionedItem) -> BSONDocument {
      if item.incidentalFields.isEmpty { return item.content }
      return BSONDocument { writer in
        for element in item.content where !item.incidentalFields.contains(where: { element.keyEquals($0) }) {
          writer.append(element)
        }
      }
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
  func rounds(
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
  func storeOnce(
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

  /// Inserts what is not there yet; returns what is.
  func insertFirst(
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
    let result = try write(statements, deadline: deadline)
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

  /// Under a lease all or none.
  private func write(_ statements: [WriteStatement], deadline: Deadline) throws(StoreError) -> WriteResult {
    guard let lease else {
      return try storing { try latest.write(statements, deadline: deadline).confirmed() }
    }
    return try database.held(under: lease, deadline: deadline) { try $0.write(statements, in: name) }
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
