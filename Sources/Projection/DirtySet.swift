import BSON
import Identity
import Store

/// What a batch of source changes makes stale. Adding the same change twice changes nothing.
struct DirtySet {
  /// Days of subjects whose rollups must be recomputed.
  private(set) var subjectDays: Set<SubjectDay> = []
  /// Customer records whose edges must be recomputed, by id.
  private(set) var records: Set<ByteString> = []
  /// Anonymous histories that an event ties to a user.
  private(set) var links: Set<Edge> = []
  /// Decisions that were made or taken back, by id.
  private(set) var decisions: Set<String> = []
  /// Whether the identity rules have changed: then everything is stale.
  private(set) var rulesChanged = false
  /// When the service received the oldest event of the batch: for the measure of freshness.
  private(set) var oldestReceipt: BSONDate?

  var isEmpty: Bool {
    subjectDays.isEmpty && records.isEmpty && links.isEmpty && decisions.isEmpty && !rulesChanged
  }

  mutating func add(_ change: SourceChange) {
    switch change {
    case .event(let subject, let day, let userId, let anonymousId, let receivedAt):
      if let subject { subjectDays.insert(SubjectDay(subject: subject, day: day)) }
      if let userId, let anonymousId { link(userId: userId, anonymousId: anonymousId) }
      if let receivedAt { oldestReceipt = oldestReceipt.map { min($0, receivedAt) } ?? receivedAt }
    case .order(let content):
      if let subject = content.string("subject"), let day = content.int("day") {
        subjectDays.insert(SubjectDay(subject: subject, day: day))
      }
    case .customerRecord(let id):
      records.insert(ByteString(id))
    case .decision(let id): decisions.insert(id)
    case .identityRules: rulesChanged = true
    }
  }

  mutating func add(_ subjectDay: SubjectDay) { subjectDays.insert(subjectDay) }

  mutating func add(recordId: String) { records.insert(ByteString(recordId)) }

  mutating func link(userId: String, anonymousId: String) {
    guard let user = Identifier(.user, userId), let anonymous = Identifier(.anonymous, anonymousId) else { return }
    links.insert(Edge(a: user, b: anonymous, rule: "event", owner: "events"))
  }
}
