import BSON
import CSockets
import Dispatch
import Locks
import Logging
import MongoDB
import Store
import Synchronization

/// Works stored jobs off, one at a time, on a thread of its own.
///
/// Jobs wait in the database, so they survive a restart and any replica may run them. A lease per model sees to it that one
/// model's jobs run one after the other, across replicas too. A job whose process ended without finishing it is found by its lease
/// running out: it is started again, and fails with `interrupted` when that happens too often.
final class JobRunner: Sendable {
  /// What a job does: returns the fields that its document gets at the end.
  typealias Work = @Sendable (_ job: BSONDocument, _ handle: JobHandle) throws(ModelsError) -> BSONDocument
  /// What is done between jobs, for as long as it may go on.
  typealias IdleWork = @Sendable (_ mayGoOn: () -> Bool) -> Void

  private let store: Store
  private let limits: ModelLimits
  private let owner: String
  private let clock: @Sendable () -> BSONDate
  private let log: Logger
  private let work: Work
  private let idleWork: IdleWork
  private let running = Guarded<JobHandle?>(nil)
  private let mustStop = Atomic(false)
  /// Whether a job has come while nothing was to be done.
  private let isNeeded = Atomic(false)
  private let news = DispatchSemaphore(value: 0)
  private let finished = DispatchSemaphore(value: 0)
  private let heartbeats = DispatchQueue(label: "customer360.models.heartbeat")

  init(
    store: Store, limits: ModelLimits, owner: String, clock: @escaping @Sendable () -> BSONDate, log: Logger,
    work: @escaping Work, idleWork: @escaping IdleWork
  ) {
    self.store = store
    self.limits = limits
    self.owner = owner
    self.clock = clock
    self.log = log
    self.work = work
    self.idleWork = idleWork
  }

  /// The lease under which a model's jobs run.
  static func leaseName(ofModel model: String) -> String { "training/" + model }

  func start() {
    DispatchQueue(label: "customer360.models.jobs").async { [self] in
      run()
      finished.signal()
    }
  }

  /// Interrupts the running job, which then waits for whoever runs jobs next, and returns when the thread has ended.
  func stop() {
    mustStop.store(true, ordering: .releasing)
    running.withLock { $0 }?.stop(because: .stopped)
    news.signal()
    finished.wait()
  }

  /// Looks for jobs now rather than at the next tick.
  func wake() {
    isNeeded.store(true, ordering: .releasing)
    news.signal()
  }

  /// Makes a running job of this process notice a cancellation at once.
  func cancel(_ jobId: String) {
    running.withLock { handle in if handle?.jobId == jobId { handle?.stop(because: .cancelled) } }
  }

  private var timeout: Deadline { .after(milliseconds: limits.requestTimeoutMs) }

  private var isStopping: Bool { mustStop.load(ordering: .acquiring) }

  private func run() {
    while !isStopping {
      do {
        isNeeded.store(false, ordering: .releasing)
        if let (job, lease) = try nextJob() {
          execute(job)
          // A training's memory goes back to the system, not into the allocator's reserve.
          c360_trim_memory()
          try store.releaseLease(lease, deadline: timeout)
          continue
        }
        idleWork { !isStopping && !isNeeded.load(ordering: .acquiring) }
      } catch {
        log.warning("jobs cannot be looked for", metadata: ["error": "\(error)"])
      }
      _ = news.wait(timeout: .now() + .milliseconds(limits.pollMs))
    }
  }

  /// Takes the oldest job whose model is free. A job that runs under a lease that ran out has lost its process.
  private func nextJob() throws(StoreError) -> (job: BSONDocument, lease: Lease)? {
    for job in try store.registry.openJobs(deadline: timeout) {
      guard let id = job.string("_id"), let model = job.string("model") else { continue }
      guard
        let lease = try store.acquireLease(
          Self.leaseName(ofModel: model), owner: owner, milliseconds: limits.leaseMs, deadline: timeout)
      else { continue }
      if job.string("state") == JobState.running.rawValue { try takeOver(job) }
      if let started = try store.registry.startJob(id, owner: owner, at: clock(), deadline: timeout) {
        return (started, lease)
      }
      try store.releaseLease(lease, deadline: timeout)
    }
    return nil
  }

  private func takeOver(_ job: BSONDocument) throws(StoreError) {
    guard let id = job.string("_id"), let former = job.string("owner") else { return }
    let attempts = job.int("attempts") ?? 1
    let isLast = attempts >= limits.attemptsMax
    log.warning(
      isLast ? "job lost its process too often" : "job lost its process, starting it again",
      metadata: ["job": "\(id)", "attempts": "\(attempts)"])
    let fields =
      isLast
      ? Self.end(
        .failed, at: clock(),
        error: (code: "interrupted", message: "the process that ran it ended \(attempts) times before the job did"))
      : BSONDocument {
        $0.append("state", JobState.queued.rawValue)
        $0.append("note", "started again: the process that ran it ended before the job did")
      }
    _ = try store.registry.takeJob(id, from: former, setting: fields, deadline: timeout)
  }

  private func execute(_ job: BSONDocument) {
    guard let id = job.string("_id") else { return }
    let handle = JobHandle(jobId: id, owner: owner)
    running.withLock { $0 = handle }
    if isStopping { handle.stop(because: .stopped) }
    let timer = DispatchSource.makeTimerSource(queue: heartbeats)
    timer.schedule(deadline: .now() + .milliseconds(limits.pollMs / 2), repeating: .milliseconds(limits.pollMs / 2))
    timer.setEventHandler { [self] in beat(handle, model: job.string("model") ?? "") }
    timer.activate()
    let result: BSONDocument
    do throws(ModelsError) {
      let fields = try work(job, handle)
      result = BSONDocument { writer in
        writer.append(contentsOf: Self.end(.succeeded, at: clock(), error: nil))
        writer.append("stage", "done")
        writer.append("progress", 1.0)
        writer.append(contentsOf: fields)
      }
    } catch {
      result = outcome(of: error, handle: handle, attempts: job.int("attempts") ?? 1)
    }
    timer.cancel()
    // A beat that is under way would take the lease again after it was given back.
    heartbeats.sync {}
    running.withLock { $0 = nil }
    guard handle.reasonToEnd != .lost else { return }
    finish(id, with: result)
  }

  private func finish(_ id: String, with result: BSONDocument) {
    do {
      if try store.registry.updateJob(id, owner: owner, setting: result, deadline: timeout) == nil {
        log.error("a finished job belongs to another process", metadata: ["job": "\(id)"])
      }
    } catch {
      // It stays "running" under a lease that runs out, and is then run again: to the same result.
      log.error("the end of a job cannot be stored", metadata: ["job": "\(id)", "error": "\(error)"])
    }
  }

  private func outcome(of error: ModelsError, handle: JobHandle, attempts: Int) -> BSONDocument {
    if case .cancelled = error, handle.reasonToEnd == .stopped {
      return BSONDocument {
        $0.append("state", JobState.queued.rawValue)
        $0.append("note", "waits to be started again: the process that ran it was shut down")
        $0.append("attempts", attempts - 1)
      }
    }
    if case .cancelled = error { return Self.end(.cancelled, at: clock(), error: nil) }
    log.warning("job failed", metadata: ["job": "\(handle.jobId)", "error": "\(error)"])
    return Self.end(.failed, at: clock(), error: (error.code, error.message))
  }

  private static func end(_ state: JobState, at now: BSONDate, error: (code: String, message: String)?) -> BSONDocument
  {
    BSONDocument { writer in
      writer.append("state", state.rawValue)
      writer.append("finishedAt", now)
      if let error {
        writer.append(
          "error",
          document: {
            $0.append("code", error.code)
            $0.append("message", error.message)
          })
      }
    }
  }

  /// Keeps the lease, stores the progress, and hears of cancellations. Runs on the heartbeat's queue.
  private func beat(_ handle: JobHandle, model: String) {
    let progress = handle.current
    do {
      let lease = try store.acquireLease(
        Self.leaseName(ofModel: model), owner: owner, milliseconds: limits.leaseMs, deadline: timeout)
      let fields = BSONDocument {
        $0.append("stage", progress.stage)
        $0.append("progress", progress.share)
      }
      let job = try store.registry.updateJob(handle.jobId, owner: owner, setting: fields, deadline: timeout)
      if lease == nil || job == nil { handle.stop(because: .lost) }
      if job?.bool("cancelRequested") == true { handle.stop(because: .cancelled) }
    } catch {
      // The lease outlives a few failed beats.
      log.warning("heartbeat failed", metadata: ["job": "\(handle.jobId)", "error": "\(error)"])
    }
  }
}
