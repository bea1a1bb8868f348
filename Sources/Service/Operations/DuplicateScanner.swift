import BSON
import Logging
import MongoDB
import Projection
import Store

/// Runs scans for duplicates in the background.
struct DuplicateScanner: Sendable {
  private let store: Store
  private let run: BackgroundRun

  init(store: Store, log: Logger) {
    self.store = store
    run = BackgroundRun(setting: "duplicate_scan", store: store, log: log) { (number, deadline, _) throws(StoreError) in
      let outcome = try DuplicateScan(store: store).run(number: number, at: WallClock.now(), deadline: deadline)
      return BSONDocument {
        $0.append("records", outcome.records)
        $0.append("complete", outcome.isComplete)
        $0.append("pairs", outcome.pairs)
      }
    }
  }

  /// Starts a run. False while one is under way somewhere.
  func start(deadline: Deadline) throws(StoreError) -> Bool { try run.start(deadline: deadline) }

  /// What the last run did, or does, and the records that wait for the next one: they came faster than they could be scored.
  func status(deadline: Deadline) throws(StoreError) -> BSONDocument {
    let status = try run.status(deadline: deadline)
    let unscored = try store.setting(MatchFollower.setting, deadline: deadline)?.int("unscoredRecords") ?? 0
    return BSONDocument { writer in
      writer.append(contentsOf: status)
      writer.append("unscoredRecords", unscored)
    }
  }
}
