import BSON
import Glibc
import Identity
import MongoDB
import RecordLinkage
import Store

/// Matches some records against the index: what a new or changed record may be the same person as.
///
/// Keys find candidates, the model scores them. Pairs go into the review queue; from a score on that the rules name, and only when they say
/// so, a pair becomes a merge by itself, which is a decision like any other.
struct ScoredMatch {
  let store: Store
  let rules: ScoredMatching
  let version: LinkageVersion
  let run: Int
  let now: BSONDate
  let deadline: Deadline

  /// Records that may share a key; what more records share is passed over.
  static let blockRecordsMax = 60
  /// Candidates of one record at the most, those that share the rarest keys.
  static let candidatesMax = 120
  /// Records of one customer that are compared before a merge.
  static let groupRecordsMax = 50
  /// Who makes merges that the rules allow.
  static let actor = "rules:scored_matching"

  /// What came of one record.
  struct Outcome {
    /// Candidates that were scored.
    var compared = 0
    /// Pairs in the queue.
    var queued = 0
    /// Merges.
    var merged = 0
  }

  /// Sets the keys of stored records and forgets those of records that are gone. Returns the persons that there are.
  static func index(_ ids: [String], in store: Store, deadline: Deadline) throws(StoreError) -> [PersonRecord] {
    var persons: [PersonRecord] = []
    for chunk in ids.chunked(1000) {
      persons += try store.customerRecords.find(ids: chunk, deadline: deadline).compactMap { PersonRecord(stored: $0) }
    }
    let known = Set(persons.map { ByteString($0.id) })
    try store.matchIndex.set(
      entries(of: persons), removing: ids.filter { !known.contains(ByteString($0)) }, deadline: deadline)
    return persons
  }

  /// Under which keys persons are found.
  static func entries(of persons: [PersonRecord]) -> [MatchIndex.Entry] {
    zip(persons, IndexKeys.keys(of: persons)).map { MatchIndex.Entry(recordId: $0.id, keys: $1) }
  }

  /// Matches one record, whose keys are set.
  func match(_ person: PersonRecord) throws(StoreError) -> Outcome {
    var outcome = Outcome()
    guard let record = Identifier(key: "record:" + person.id) else { return outcome }
    let keys = IndexKeys.keys(of: [person])[0]
    // The record itself is among those that share its keys.
    let found = try store.matchIndex.records(
      sharing: keys, recordsMax: Self.blockRecordsMax, limit: Self.candidatesMax + 1, deadline: deadline)
    let ids = Array(found.filter { $0 != person.id }.prefix(Self.candidatesMax))
    let others = try store.customerRecords.find(ids: ids, deadline: deadline).compactMap { PersonRecord(stored: $0) }
    outcome.compared = others.count
    let bits = Self.bits(rules.reviewScoreMin)
    let likely = version.scorer.likely(person, among: others, above: bits)
    let pairs = likely.compactMap { entry -> (candidate: DuplicateCandidate, other: PersonRecord)? in
      let other = others[entry.position]
      return DuplicateCandidate(person.id, other.id, entry.score).map { ($0, other) }
    }
    let owners = try owners(of: [record] + pairs.flatMap { [$0.candidate.a, $0.candidate.b] })
    let mine = owners[ByteString(record.key)]
    let apart = pairs.filter { pair in
      guard let other = owners[ByteString("record:" + pair.other.id)] else { return true }
      return other != mine
    }
    try store.duplicates.set(apart.map(\.candidate), of: record, run: run, deadline: deadline)
    outcome.queued = apart.count
    guard rules.mergesAutomatically, let mine else { return outcome }
    for pair in apart.sorted(by: { $0.candidate.weight > $1.candidate.weight })
    where pair.candidate.score >= rules.automaticScoreMin {
      guard let theirs = owners[ByteString("record:" + pair.other.id)] else { continue }
      if try merge(pair.candidate, mine, theirs) { outcome.merged += 1 }
    }
    return outcome
  }

  /// Merges a pair, unless a person has said otherwise or the rest of the two customers contradicts.
  private func merge(_ candidate: DuplicateCandidate, _ mine: String, _ theirs: String) throws(StoreError) -> Bool {
    let suffix = String(candidate.id.dropFirst(2))
    // What a person has decided of the pair holds, whatever it was.
    if try store.decisions.find("r_" + suffix, deadline: deadline) != nil { return false }
    let (one, other) = (try members(of: mine), try members(of: theirs))
    if try isDenied(one.all, other.all) { return false }
    guard one.records.count <= Self.groupRecordsMax, other.records.count <= Self.groupRecordsMax else { return false }
    let (these, those) = (try persons(one.records), try persons(other.records))
    guard version.scorer.weight(between: these, and: those) >= Self.bits(rules.automaticScoreMin) else { return false }
    let decision = IdentityDecision(
      id: "a_" + suffix, kind: .merge, pairs: [.init(candidate.a, candidate.b)], customerIds: [mine, theirs].sorted(),
      made: .init(
        actor: Self.actor, reason: "score \(candidate.score) by \(version.id), at least \(rules.automaticScoreMin)",
        at: now))
    // Made once: one that was taken back is not made again.
    guard try store.decisions.addOnce(decision, deadline: deadline) else { return false }
    _ = try store.duplicates.decide(candidate.id, .accepted, deadline: deadline)
    return true
  }

  private func isDenied(_ one: [Identifier], _ other: [Identifier]) throws(StoreError) -> Bool {
    let theirs = Set(other)
    return try store.projections.edges(touching: one, deadline: deadline).contains {
      $0.rule == Edge.denyRule && (theirs.contains($0.a) || theirs.contains($0.b))
    }
  }

  /// What belongs to a customer, and the records among it.
  private func members(of customerId: String) throws(StoreError) -> (all: [Identifier], records: [String]) {
    guard let customer = try store.projections.customers([customerId], deadline: deadline).first else {
      return ([], [])
    }
    let keys = customer.array("identifierKeys")?.compactMap(\.stringValue) ?? []
    let records = customer.array("records")?.compactMap(\.stringValue) ?? []
    return (keys.compactMap(Identifier.init(key:)) + records.compactMap { Identifier(key: "record:" + $0) }, records)
  }

  private func persons(_ ids: [String]) throws(StoreError) -> [PersonRecord] {
    try store.customerRecords.find(ids: ids, deadline: deadline).compactMap { PersonRecord(stored: $0) }
  }

  private func owners(of records: [Identifier]) throws(StoreError) -> [ByteString: String] {
    var owners: [ByteString: String] = [:]
    for assignment in try store.projections.assignments(of: Array(Set(records.map(\.key))), deadline: deadline) {
      owners[ByteString(assignment.key)] = assignment.customerId
    }
    return owners
  }

  /// The weight of a probability.
  static func bits(_ probability: Double) -> Double {
    probability >= 1 ? .infinity : probability <= 0 ? -.infinity : log2(probability / (1 - probability))
  }
}

extension DuplicateCandidate {
  /// A pair as it is stored, with the evidence of each field.
  init?(_ one: String, _ other: String, _ score: LinkageScore) {
    guard let a = Identifier(key: "record:" + one), let b = Identifier(key: "record:" + other) else { return nil }
    let evidence = score.evidence.map { entry in
      BSONDocument {
        $0.append("field", "\(entry.field)")
        $0.append("outcome", entry.level == 0 ? "same" : entry.weight > 0 ? "similar" : "different")
        $0.append("weight", entry.weight)
      }
    }
    self.init(a, b, score: score.probability, weight: score.weight, evidence: evidence)
  }
}
