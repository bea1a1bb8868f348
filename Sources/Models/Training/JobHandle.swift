import Locks
import MachineLearning
import Synchronization

/// The running job as its thread and its heartbeat see it: the one tells how far it is, the other whether it may go on.
final class JobHandle: Sendable {
  /// How far a job is.
  struct Progress: Sendable {
    var stage = "starting"
    /// Done share of the whole job, 0...1.
    var share = 0.0
  }

  /// Why a job must stop.
  enum End: Int, Sendable {
    case none = 0
    /// Somebody asked for it.
    case cancelled
    /// The process is shutting down: the job waits for the next one.
    case stopped
    /// Another process has the job now.
    case lost
  }

  let jobId: String
  let owner: String
  private let progress = Guarded(Progress())
  private let end = Atomic(End.none.rawValue)

  init(jobId: String, owner: String) {
    self.jobId = jobId
    self.owner = owner
  }

  /// How far the job is.
  var current: Progress { progress.withLock { $0 } }

  /// Why the job must stop, `.none` while it need not.
  var reasonToEnd: End { End(rawValue: end.load(ordering: .acquiring)) ?? .lost }

  /// Asks the job to stop; the first reason stays.
  func stop(because reason: End) {
    _ = end.compareExchange(expected: End.none.rawValue, desired: reason.rawValue, ordering: .acquiringAndReleasing)
  }

  /// Notes how far the job is.
  func report(_ stage: String, _ share: Double) {
    progress.withLock { $0 = Progress(stage: stage, share: max($0.share, min(1, share))) }
  }

  func checkCancelled() throws(ModelsError) {
    if reasonToEnd != .none { throw .cancelled }
  }

  /// The learning library's view of one stage, which fills `range` of the whole.
  func context(_ stage: String, _ range: ClosedRange<Double>, threads: Int) -> TrainingContext {
    TrainingContext(
      threads: threads, isCancelled: { [self] in reasonToEnd != .none },
      progress: { [self] in report(stage, range.lowerBound + (range.upperBound - range.lowerBound) * $0) })
  }
}
