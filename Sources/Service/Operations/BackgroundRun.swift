import BSON
import Dispatch
import Glibc
import Logging
import MongoDB
import Projection
import Store

/// Something that goes over all data, in the background, one run at a time over all replicas. A setting says how the last run went.
final class BackgroundRun: Sendable {
  /// What a run does: given its number, a deadline and a way to note how far it is; what it returns stands in the setting.
  typealias Work =
    @Sendable (_ number: Int, _ deadline: Deadline, _ progress: (BSONDocument) throws(StoreError) -> Void)
    throws(StoreError) -> BSONDocument

  /// A run takes no longer, in milliseconds.
  private static let timeoutMs = 3_600_000

  private let setting: String
  private let store: Store
  private let log: Logger
  private let work: Work
  private let queue: DispatchQueue
  private let owner = "\(getpid())/\(UInt64.random(in: .min ... .max))"

  init(setting: String, store: Store, log: Logger, work: @escaping Work) {
    self.setting = setting
    self.store = store
    self.log = log
    self.work = work
    queue = DispatchQueue(label: "customer360." + setting)
  }

  /// Starts a run. False while one is under way somewhere.
  func start(deadline: Deadline) throws(StoreError) -> Bool {
    let last = try store.setting(setting, deadline: deadline)
    if last?.string("state") == "running",
      let since = last?.date("startedAt"),
      WallClock.now().millisecondsSince1970 - since.millisecondsSince1970 < Int64(Self.timeoutMs)
    {
      return false
    }
    let lease = try store.acquireLease(setting + "/start", owner: owner, milliseconds: 5_000, deadline: deadline)
    guard let lease else { return false }
    defer { try? store.releaseLease(lease, deadline: deadline) }
    let number = (last?.int("run") ?? 0) + 1
    let started = WallClock.now()
    try note("running", number, started, deadline: deadline)
    queue.async { [self] in run(number, started) }
    return true
  }

  /// What the last run did, or does: `state` first.
  func status(deadline: Deadline) throws(StoreError) -> BSONDocument {
    let stored = try store.setting(setting, deadline: deadline)
    return BSONDocument { writer in
      writer.append("state", stored?.string("state") ?? "never")
      for element in stored ?? BSONDocument() where !element.keyEquals("_id") && !element.keyEquals("state") {
        writer.append(element)
      }
    }
  }

  private func run(_ number: Int, _ started: BSONDate) {
    let deadline = Deadline.after(milliseconds: Self.timeoutMs)
    do throws(StoreError) {
      let outcome = try work(number, deadline) { (progress) throws(StoreError) in
        try note("running", number, started, progress, deadline: deadline)
      }
      let fields = BSONDocument {
        $0.append("finishedAt", WallClock.now())
        $0.append(contentsOf: outcome)
      }
      try note("done", number, started, fields, deadline: deadline)
    } catch {
      log.warning("a run over all data failed", metadata: ["run": "\(setting)", "error": "\(error)"])
      // When this fails too, the run counts as over after its time.
      try? note("failed", number, started, deadline: .after(milliseconds: 5_000))
    }
  }

  private func note(
    _ state: String, _ number: Int, _ started: BSONDate, _ more: BSONDocument = BSONDocument(), deadline: Deadline
  ) throws(StoreError) {
    try store.setSetting(
      setting,
      BSONDocument { writer in
        writer.append("state", state)
        writer.append("run", number)
        writer.append("startedAt", started)
        writer.append(contentsOf: more)
      }, deadline: deadline)
  }
}
