import BSON
import Dispatch
import Logging
import MongoDB
import Store

/// Trains models, keeps their versions, and answers from the ones that serve.
///
/// Every call blocks on the database unless it says otherwise, and belongs on a worker thread. Training never runs on the caller's
/// thread. Answers are documents in the API's field names.
public final class ModelService: Sendable {
  let store: Store
  /// Every bound.
  public let limits: ModelLimits
  let log: Logger
  let clock: @Sendable () -> BSONDate
  let state: ServingState
  let runner: JobRunner
  let trainer: Trainer
  let endpointRounds = EndpointRounds()
  let shadows: ShadowCalls
  private let watcher: ServingWatcher

  /// - Parameters:
  ///   - clock: The time for jobs and versions. No model's bytes depend on it.
  public init(
    store: Store, limits: ModelLimits = ModelLimits(), log: Logger, clock: @escaping @Sendable () -> BSONDate
  ) {
    let owner = "models/\(UInt64.random(in: .min ... .max))"
    let state = ServingState(store: store, limits: limits, log: log)
    let trainer = Trainer(store: store, limits: limits, state: state, owner: owner, log: log, clock: clock)
    self.store = store
    self.limits = limits
    self.log = log
    self.clock = clock
    self.state = state
    self.trainer = trainer
    let scheduler = Scheduler(store: store, limits: limits, state: state, log: log, clock: clock)
    let runner = JobRunner(
      store: store, limits: limits, owner: owner, clock: clock, log: log,
      work: { (job, handle) throws(ModelsError) in try trainer.run(job, handle: handle) },
      idleWork: { mayGoOn in
        scheduler.enqueueDue()
        trainer.tidy(while: mayGoOn)
      })
    self.runner = runner
    shadows = ShadowCalls(store: store, limits: limits, log: log, clock: clock)
    watcher = ServingWatcher(store: store, state: state, limits: limits, log: log) {
      trainer.checkOutputs()
      runner.wake()
    }
  }

  /// Loads what serves and starts the threads: one that follows models and products, one that runs jobs. Returns when the first
  /// reading was made or has failed; after a failure it goes on trying, and ``isLoaded`` says when it is there.
  public func start() {
    watcher.start()
    runner.start()
  }

  /// Ends the threads. A running job stops at its next step and waits for whoever runs jobs next.
  public func stop() {
    runner.stop()
    watcher.stop()
    do throws(StoreError) {
      try shadows.flush()
    } catch {
      log.warning("the agreement of shadow versions is not stored", metadata: ["error": "\(error)"])
    }
  }

  /// Whether models and catalogue have been read since the start: a part of readiness. Does not block.
  public var isLoaded: Bool { state.isLoaded }

  /// A deadline for one request.
  var deadline: Deadline { .after(milliseconds: limits.requestTimeoutMs) }
}
