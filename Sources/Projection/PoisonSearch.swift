import BSON
import Identity
import Logging
import MongoDB
import Store

// A source that no pass can get over must not hold up the others: it is found by halving, and put aside.

extension ProjectionPass {
  /// Runs a pass; where it fails for good, runs it on smaller and smaller parts, and gives what fails alone as dead letters.
  ///
  /// Throws what may pass by itself: the caller tries the whole again.
  func runAround(
    _ dirty: DirtySet, log: Logger
  ) throws(StoreError) -> (changed: [String], poison: [DeadLetter]) {
    do throws(StoreError) {
      return (try run(dirty), [])
    } catch {
      guard let code = error.poisonCode else { throw error }
      guard let (first, second) = dirty.halves else {
        log.error("a source cannot be projected; it is kept as a dead letter", metadata: ["error": "\(error)"])
        return ([], dirty.letters(code: code))
      }
      let (changed, poison) = try runAround(first, log: log)
      let (moreChanged, morePoison) = try runAround(second, log: log)
      return (changed + moreChanged, poison + morePoison)
    }
  }
}

extension StoreError {
  /// A stable code for a failure that would come again with the same source; nil for one that may pass.
  var poisonCode: String? {
    switch self {
    case .malformedDocument: "malformed_document"
    case .contention, .leaseLost, .invalidCursor: nil
    case .database(let error):
      switch error {
      case .tooLarge: "document_too_large"
      case .duplicateKey: "duplicate_key"
      case .command(let code, _, _):
        error.isRetryable ? nil : Self.sizeCodes.contains(code) ? "document_too_large" : "refused_by_database"
      case .unavailable, .deadlineExceeded, .writeConflict, .writeConcernFailed, .changeStreamHistoryLost,
        .malformedReply, .invalidConfiguration, .privateServer:
        nil
      }
    }
  }

  /// BSONObjectTooLarge and its kin.
  private static let sizeCodes: Set<Int> = [10334, 17419, 17420, 2]
}

extension DirtySet {
  /// The set in two parts; nil when it is one thing.
  fileprivate var halves: (DirtySet, DirtySet)? {
    let (days, ids, edges, decided) = (Array(subjectDays), Array(records), Array(links), Array(decisions))
    let count = days.count + ids.count + edges.count + decided.count
    guard count > 1 else { return nil }
    var parts = [DirtySet(), DirtySet()]
    var position = 0
    func part() -> Int {
      defer { position += 1 }
      return position < count / 2 ? 0 : 1
    }
    for day in days { parts[part()].add(day) }
    for id in ids { parts[part()].add(recordId: id.string) }
    for edge in edges { parts[part()].link(userId: edge.a.value, anonymousId: edge.b.value) }
    for id in decided { parts[part()].add(.decision(id: id)) }
    return (parts[0], parts[1])
  }

  /// What is in the set, as letters.
  fileprivate func letters(code: String) -> [DeadLetter] {
    subjectDays.map { .projection(subjectDay: $0, code: code) }
      + records.map { .projection(recordId: $0.string, code: code) }
      + links.map { .projection(userId: $0.a.value, anonymousId: $0.b.value, code: code) }
      + decisions.map { .projection(decisionId: $0, code: code) }
  }
}
