import Dispatch
import Synchronization

/// A thread of a service's own that works until it is asked to stop: the house's only kind.
///
/// The body asks `isStopping` between two pieces of work and waits by `pause`, so that stopping takes no longer than one piece.
public final class WorkerThread: Sendable {
  private let label: String
  private let mustStop = Atomic(false)
  private let isStarted = Atomic(false)
  private let stopping = DispatchSemaphore(value: 0)
  private let finished = DispatchSemaphore(value: 0)

  /// Names a thread that is still to be started.
  public init(_ label: String) { self.label = label }

  /// Runs `body` on a queue of its own. To be called once.
  public func start(_ body: @escaping @Sendable () -> Void) {
    isStarted.store(true, ordering: .releasing)
    DispatchQueue(label: label).async { [self] in
      body()
      finished.signal()
    }
  }

  /// Whether the body should come to an end.
  public var isStopping: Bool { mustStop.load(ordering: .acquiring) }

  /// Waits, on the worker's thread, but not beyond being asked to stop.
  public func pause(milliseconds: Int) {
    // Others may wait for the same: the signal is passed on.
    if stopping.wait(timeout: .now() + .milliseconds(milliseconds)) == .success { stopping.signal() }
  }

  /// Asks the body to come to an end.
  public func askToStop() {
    mustStop.store(true, ordering: .releasing)
    stopping.signal()
  }

  /// Asks the body to come to an end, and waits until it has. A thread that was never started has ended.
  public func stop() {
    askToStop()
    guard isStarted.load(ordering: .acquiring) else { return }
    finished.wait()
    // Whoever asks again finds it ended.
    finished.signal()
  }
}
