import BSON
import MongoDB

/// Two records that may be one person, with what speaks for it.
public struct DuplicateCandidate: Sendable {
  /// What has become of it.
  public enum State: String, Sendable, CaseIterable {
    case open, accepted, denied
  }

  /// Made of both records, so that a pair has one id for ever.
  public let id: String
  /// The records,
  public let a: Identifier
  /// the lower one first.
  public let b: Identifier
  /// The probability that they are one person, if the model is right.
  public let score: Double
  /// The same as a weight in bits.
  public let weight: Double
  /// What each field says: `{field, outcome, weight}`.
  public let evidence: [BSONDocument]
  /// What has become of it.
  public let state: State

  /// A pair that waits for a decision.
  public init(_ a: Identifier, _ b: Identifier, score: Double, weight: Double, evidence: [BSONDocument]) {
    (self.a, self.b) = a < b ? (a, b) : (b, a)
    id = Digest.identifier(prefix: "p_", self.a.key, self.b.key)
    self.score = score
    self.weight = weight
    self.evidence = evidence
    state = .open
  }

  init?(_ document: BSONDocument) {
    guard let id = document.string("_id"), let a = document.string("a").flatMap(Identifier.init(key:)),
      let b = document.string("b").flatMap(Identifier.init(key:)), let score = document.double("score"),
      let weight = document.double("weight"), let state = document.string("state").flatMap(State.init(rawValue:))
    else { return nil }
    self.id = id
    self.a = a
    self.b = b
    self.score = score
    self.weight = weight
    self.state = state
    evidence = document.array("evidence")?.compactMap(\.documentValue) ?? []
  }

  func document(run: Int) -> BSONDocument {
    BSONDocument {
      $0.append("_id", id)
      $0.append("a", a.key)
      $0.append("b", b.key)
      $0.append("score", score)
      $0.append("weight", weight)
      $0.append("evidence", evidence)
      $0.append("state", state.rawValue)
      $0.append("run", run)
    }
  }
}

/// Pairs of records that wait for a person's decision. A run sets those it finds and then removes what earlier runs found alone;
/// what was decided stays.
public struct DuplicateCandidates: Sendable {
  let collection: MongoCollection

  static let order = BSONDocument {
    $0.append("weight", Int32(-1))
    $0.append("_id", Int32(1))
  }

  static let indexes = [
    IndexDefinition(
      keys: BSONDocument {
        $0.append("state", Int32(1))
        $0.append("weight", Int32(-1))
        $0.append("_id", Int32(1))
      }), IndexDefinition(ascending: "a"), IndexDefinition(ascending: "b"),
  ]

  /// Sets what a run found. Pairs that were decided keep their state.
  public func set(_ candidates: [DuplicateCandidate], run: Int, deadline: Deadline) throws(StoreError) {
    for chunk in candidates.chunked(1000) {
      let decided = Set(
        try find(ids: chunk.map(\.id), deadline: deadline).filter { $0.state != .open }.map(\.id))
      let statements = chunk.filter { !decided.contains($0.id) }.map { candidate in
        WriteStatement.replace(filter: identity(candidate.id), with: candidate.document(run: run), upsert: true)
      }
      guard !statements.isEmpty else { continue }
      _ = try storing { try collection.write(statements, deadline: deadline).confirmed() }
    }
  }

  /// Sets what is found of one record alone: other open pairs of it are gone. The pairs count as found by the latest run.
  public func set(
    _ candidates: [DuplicateCandidate], of record: Identifier, run: Int, deadline: Deadline
  ) throws(StoreError) {
    let ends = BSONDocument { filter in
      filter.append("$or", ["a", "b"].map { end in BSONDocument { $0.append(end, record.key) } })
    }
    let known = try storing { try collection.find(ends, deadline: deadline) }.compactMap(DuplicateCandidate.init)
    let decided = Set(known.filter { $0.state != .open }.map(\.id))
    let kept = Set(candidates.map(\.id))
    var statements = candidates.filter { !decided.contains($0.id) }.map { candidate in
      WriteStatement.replace(filter: identity(candidate.id), with: candidate.document(run: run), upsert: true)
    }
    for gone in known where gone.state == .open && !kept.contains(gone.id) {
      let open = BSONDocument {
        $0.append("_id", gone.id)
        $0.append("state", DuplicateCandidate.State.open.rawValue)
      }
      statements.append(.delete(filter: open, multi: false))
    }
    // Most records are nobody's duplicate: a write that changes nothing would wait for the journal all the same.
    guard !statements.isEmpty else { return }
    _ = try storing { try collection.write(statements, deadline: deadline).confirmed() }
  }

  /// Removes open pairs that runs before this one found.
  public func removeOpen(before run: Int, deadline: Deadline) throws(StoreError) {
    let filter = BSONDocument {
      $0.append("state", DuplicateCandidate.State.open.rawValue)
      $0.append("run", document: { $0.append("$lt", run) })
    }
    _ = try storing { try collection.write([.delete(filter: filter, multi: true)], deadline: deadline).confirmed() }
  }

  /// Pairs by id.
  public func find(ids: [String], deadline: Deadline) throws(StoreError) -> [DuplicateCandidate] {
    try storing { try collection.find(among("_id", ids), deadline: deadline) }.compactMap(DuplicateCandidate.init)
  }

  /// Pairs of a state, the most likely first, at most `limit` after a position, of at least a weight.
  public func list(
    _ state: DuplicateCandidate.State, after: (weight: Double, id: String)?, weightMin: Double?, limit: Int,
    deadline: Deadline
  ) throws(StoreError) -> [DuplicateCandidate] {
    let filter = BSONDocument { writer in
      writer.append("state", state.rawValue)
      if let weightMin { writer.append("weight", document: { $0.append("$gte", weightMin) }) }
      if let after {
        writer.append(
          "$or",
          [
            BSONDocument { $0.append("weight", document: { $0.append("$lt", after.weight) }) },
            BSONDocument {
              $0.append("weight", after.weight)
              $0.append("_id", document: { $0.append("$gt", after.id) })
            },
          ])
      }
    }
    return try storing {
      try collection.find(filter, FindOptions(sort: Self.order, limit: limit), deadline: deadline)
    }.compactMap(DuplicateCandidate.init)
  }

  /// Notes what has become of an open pair. False when it is not open any more.
  public func decide(_ id: String, _ state: DuplicateCandidate.State, deadline: Deadline) throws(StoreError) -> Bool {
    let open = BSONDocument {
      $0.append("_id", id)
      $0.append("state", DuplicateCandidate.State.open.rawValue)
    }
    let change = BSONDocument { $0.append("$set", document: { $0.append("state", state.rawValue) }) }
    return try storing {
      try collection.findAndModify(filter: open, update: .update(change), returnNew: true, deadline: deadline)
    } != nil
  }
}
