import Dispatch
import Locks

/// Hands batches from the thread that reads a file to those that send, and outcomes back, in the order of the file.
///
/// At most `window` batches are under way or wait for the outcome of an earlier one, so memory is bounded; two batches with a
/// key in common are never under way at once, so the later record wins.
final class Dispatcher: Sendable {
  private struct State {
    var queue: [Batch] = []
    /// Keys of the batches under way.
    var keys: [Int: Set<Int>] = [:]
    var outcomes: [Int: BatchOutcome] = [:]
    var submittedCount = 0
    var settledCount = 0
    var failure: LoadError?
    var isClosed = false
    var hasAnswered = false
  }

  private let window: Int
  private let state = Guarded(State())
  /// One signal for each queued batch, and one for each sender at the end.
  private let work = DispatchSemaphore(value: 0)
  /// A signal whenever a batch is done or sending has failed.
  private let progress = DispatchSemaphore(value: 0)

  init(window: Int) { self.window = window }

  // MARK: The reading thread

  /// Queues a batch if there is room and none of its keys is under way; gives it its number in the order of the file.
  func submit(_ batch: Batch) -> Bool {
    let isAdmitted = state.withLock { state in
      guard state.submittedCount - state.settledCount < window,
        batch.keys.isEmpty || state.keys.values.allSatisfy({ $0.isDisjoint(with: batch.keys) })
      else { return false }
      var numbered = batch
      numbered.number = state.submittedCount
      if !batch.keys.isEmpty { state.keys[numbered.number] = batch.keys }
      state.submittedCount += 1
      state.queue.append(numbered)
      return true
    }
    if isAdmitted { work.signal() }
    return isAdmitted
  }

  /// Takes the outcomes whose predecessors are all settled.
  func settle() -> [BatchOutcome] {
    state.withLock { state in
      var settled: [BatchOutcome] = []
      while let outcome = state.outcomes.removeValue(forKey: state.settledCount) {
        settled.append(outcome)
        state.settledCount += 1
      }
      return settled
    }
  }

  /// Whether every batch is settled.
  var isIdle: Bool { state.withLock { $0.submittedCount == $0.settledCount } }

  /// Why sending has stopped.
  var failure: LoadError? { state.withLock { $0.failure } }

  /// Waits until a batch is done, but not for long.
  func waitForProgress(milliseconds: Int) { _ = progress.wait(timeout: .now() + .milliseconds(milliseconds)) }

  /// Lets the senders end when the queue is empty.
  func close(senders: Int) {
    state.withLock { $0.isClosed = true }
    for _ in 0..<senders { work.signal() }
  }

  // MARK: The sending threads

  /// The next batch; nil at the end, or after a failure.
  func take() -> Batch? {
    work.wait()
    return state.withLock { state in
      guard state.failure == nil, !state.queue.isEmpty else { return nil }
      return state.queue.removeFirst()
    }
  }

  /// Gives back what became of a batch.
  func complete(_ number: Int, _ outcome: BatchOutcome) {
    state.withLock { state in
      state.keys[number] = nil
      state.outcomes[number] = outcome
    }
    progress.signal()
  }

  /// Stops everything; the first reason stays.
  func fail(_ error: LoadError) {
    state.withLock { state in
      if state.failure == nil { state.failure = error }
    }
    progress.signal()
  }

  /// Whether a sender should give up.
  var isStopped: Bool { state.withLock { $0.failure != nil } }

  /// Whether the service has answered anything yet.
  var hasAnswered: Bool { state.withLock { $0.hasAnswered } }

  func noteAnswer() { state.withLock { $0.hasAnswered = true } }

  /// Sleeps, and wakes early after a failure.
  func sleep(milliseconds: Int) {
    var left = milliseconds
    let never = DispatchSemaphore(value: 0)
    while left > 0, !isStopped {
      _ = never.wait(timeout: .now() + .milliseconds(min(left, 50)))
      left -= 50
    }
  }
}
