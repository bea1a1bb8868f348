import BSON
import Identity
import MongoDB
import RecordLinkage
import Store

/// Scores the records of all customers against each other and puts the pairs that may be one person before people.
///
/// Nothing is joined by it. The weights are estimated from the records themselves (`RecordLinkage`), which are held in memory
/// while it runs: about 700 bytes each. They become a version in the registry, by which records are matched that come later.
public struct DuplicateScan: Sendable {
  /// Records that one run takes, at the most.
  public static let recordsMax = 2_000_000
  /// Records from which on what was estimated is kept as a model.
  public static let trainingRecordsMin = 20
  /// Pairs that one run keeps, the most likely ones.
  public static let pairsMax = 100_000

  private let store: Store

  /// Scans a database.
  public init(store: Store) { self.store = store }

  /// What a run did.
  public struct Outcome: Sendable {
    /// Records that were scored.
    public let records: Int
    /// Whether all were.
    public let isComplete: Bool
    /// Pairs that wait for a decision.
    public let pairs: Int
  }

  /// Runs under a number that is higher than every earlier run's.
  public func run(number: Int, at now: BSONDate, deadline: Deadline) throws(StoreError) -> Outcome {
    var corpus = RecordCorpus(keepsOriginals: false)
    var isComplete = true
    try store.customerRecords.forEach(deadline: deadline) { record in
      if corpus.count < Self.recordsMax {
        if let person = PersonRecord(stored: record) { corpus.append(person) }
      } else {
        isComplete = false
      }
    }
    let records = corpus.count
    let matcher = Matcher(fitting: corpus)
    let clusters = matcher.clusters()
    // Two records alone teach nothing.
    if records >= Self.trainingRecordsMin {
      try LinkageVersion.register(matcher, clusters, in: store, at: now, deadline: deadline)
    }
    try store.setSetting(
      MatchFollower.setting, BSONDocument { $0.append("unscoredRecords", 0) }, deadline: deadline)
    let likely = matcher.likelyPairs().sorted { ($1.score.weight, $0.a, $0.b) < ($0.score.weight, $1.a, $1.b) }
    var kept: [DuplicateCandidate] = []
    for chunk in likely.chunked(1000) where kept.count < Self.pairsMax {
      let candidates = chunk.compactMap { DuplicateCandidate(matcher.ids[$0.a], matcher.ids[$0.b], $0.score) }
      kept += try undecided(candidates, deadline: deadline)
    }
    try store.duplicates.set(Array(kept.prefix(Self.pairsMax)), run: number, deadline: deadline)
    try store.duplicates.removeOpen(before: number, deadline: deadline)
    return Outcome(records: records, isComplete: isComplete, pairs: min(kept.count, Self.pairsMax))
  }

  /// Pairs of different customers that nobody has denied.
  private func undecided(
    _ candidates: [DuplicateCandidate], deadline: Deadline
  ) throws(StoreError) -> [DuplicateCandidate] {
    let keys = Array(Set(candidates.flatMap { [$0.a.key, $0.b.key] }))
    var owner: [ByteString: String] = [:]
    for assignment in try store.projections.assignments(of: keys, deadline: deadline) {
      owner[ByteString(assignment.key)] = assignment.customerId
    }
    return candidates.filter { candidate in
      guard let one = owner[ByteString(candidate.a.key)], let other = owner[ByteString(candidate.b.key)] else {
        return false
      }
      return one != other
    }
  }
}
