import BSON
import Dispatch
import Glibc
import Logging
import MongoDB
import Projection
import Store

/// Runs scans, one at a time over all replicas, on a queue of its own.
final class DuplicateScanner: Sendable {
  private static let leaseName = "duplicate_scan"
  private static let setting = "duplicate_scan"
  /// A run takes no longer, in milliseconds.
  private static let timeoutMs = 3_600_000

  private let store: Store
  private let log: Logger
  private let queue = DispatchQueue(label: "customer360.duplicates")
  private let owner = "\(getpid())/\(UInt64.random(in: .min ... .max))"

  init(store: Store, log: Logger) {
    self.store = store
    self.log = log
  }

  /// Starts a run. False while one is under way somewhere.
  func start(deadline: Deadline) throws(StoreError) -> Bool {
    let last = try store.setting(Self.setting, deadline: deadline)
    if last?.string("state") == "running",
      let since = last?.date("startedAt"),
      WallClock.now().millisecondsSince1970 - since.millisecondsSince1970 < Int64(Self.timeoutMs)
    {
      return false
    }
    let lease = try store.acquireLease(
      Self.leaseName + "/start", owner: owner, milliseconds: 5_000, deadline: deadline)
    guard let lease else { return false }
    defer { try? store.releaseLease(lease, deadline: deadline) }
    let number = (last?.int("run") ?? 0) + 1
    let started = WallClock.now()
    try note("running", number, started, deadline: deadline)
    queue.async { [self] in run(number, started) }
    return true
  }

  /// What the last run did, or does.
  func status(deadline: Deadline) throws(StoreError) -> BSONDocument {
    let stored = try store.setting(Self.setting, deadline: deadline)
    let unscored = try store.setting(MatchFollower.setting, deadline: deadline)
    return BSONDocument { writer in
      writer.append("state", stored?.string("state") ?? "never")
      for element in stored ?? BSONDocument() where !element.keyEquals("_id") && !element.keyEquals("state") {
        writer.append(element)
      }
      // What came faster than it could be scored waits for a scan.
      writer.append("unscoredRecords", unscored?.int("unscoredRecords") ?? 0)
    }
  }

  private func run(_ number: Int, _ started: BSONDate) {
    let deadline = Deadline.after(milliseconds: Self.timeoutMs)
    do throws(StoreError) {
      let outcome = try DuplicateScan(store: store).run(number: number, at: WallClock.now(), deadline: deadline)
      try note("done", number, started, deadline: deadline) {
        $0.append("finishedAt", WallClock.now())
        $0.append("records", outcome.records)
        $0.append("complete", outcome.isComplete)
        $0.append("pairs", outcome.pairs)
      }
    } catch {
      log.warning("scan for duplicates failed", metadata: ["error": "\(error)"])
      // When this fails too, the run counts as over after its time.
      try? note("failed", number, started, deadline: .after(milliseconds: 5_000))
    }
  }

  private func note(
    _ state: String, _ number: Int, _ started: BSONDate, deadline: Deadline,
    _ more: (inout BSONWriter) -> Void = { _ in }
  ) throws(StoreError) {
    try store.setSetting(
      Self.setting,
      BSONDocument { writer in
        writer.append("state", state)
        writer.append("run", number)
        writer.append("startedAt", started)
        more(&writer)
      }, deadline: deadline)
  }
}
