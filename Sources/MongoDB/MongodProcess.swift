import CMongoC
import Glibc
import Locks

/// A mongod as a child process, with the thread that started it, waits for it and starts it again when it dies. The child
/// is killed when that thread, and so this process, ends in whatever way.
package final class MongodProcess: Sendable {
  package enum Event: Sendable {
    case started(pid: Int32)
    /// It could not be started, or ended: `status` as of waitpid. It is started again after the pause.
    case ended(status: Int32, restartsAfterMilliseconds: Int?)
  }

  private struct State {
    var pid: Int32 = 0
    var isStopping = false
    var restarts = false
    var status: Int32 = 0
  }

  private let arguments: [String]
  private let directory: String
  private let logPath: String
  private let observe: @Sendable (Event) -> Void
  private let state = Guarded(State())
  private let stopRequested = MonotonicEvent()
  private let ended = MonotonicEvent()

  /// Starts `arguments[0]`, a path, in `directory`; its output is appended to `logPath`. Until `keepAlive` is called, its
  /// end is final.
  package init(
    arguments: [String], directory: String, logPath: String, observe: @escaping @Sendable (Event) -> Void = { _ in }
  ) throws(MongoError) {
    self.arguments = arguments
    self.directory = directory
    self.logPath = logPath
    self.observe = observe
    var thread = pthread_t()
    // The thread owns one reference, which it takes over at its beginning.
    let box = unsafe Unmanaged.passRetained(self).toOpaque()
    let error = unsafe pthread_create(&thread, nil, superviseEntry, box)
    guard error == 0 else {
      unsafe Unmanaged<MongodProcess>.fromOpaque(box).release()
      throw .privateServer(.ended(status: error, log: logPath))
    }
    // Nobody joins: `ended` tells when it is over.
    pthread_detach(thread)
  }

  /// From now on the process is started again when it dies.
  package func keepAlive() { state.withLock { $0.restarts = true } }

  /// The pid while the process runs, else 0.
  package var pid: Int32 { state.withLock { $0.pid } }

  /// How the process ended last: a status as of waitpid, or an errno when it could not be started.
  package var lastStatus: Int32 { state.withLock { $0.status } }

  /// Whether the process has ended for good.
  package func hasEnded(by deadline: Deadline) -> Bool { ended.wait(until: deadline) }

  /// Sends a signal to the process, if it runs.
  package func signal(_ number: Int32) {
    // Under the lock the pid is not reaped, so it is the child's.
    state.withLock { state in
      if state.pid > 0 { kill(state.pid, number) }
    }
  }

  /// Ends the process: first SIGTERM (when there is time for it), at the deadline SIGKILL. Returns when it is gone.
  package func stop(gracefullyUntil deadline: Deadline?) {
    state.withLock { $0.isStopping = true }
    stopRequested.set()
    if let deadline {
      signal(SIGTERM)
      if ended.wait(until: deadline) { return }
    }
    signal(SIGKILL)
    ended.wait(until: .after(milliseconds: 60_000))
  }

  fileprivate func supervise() {
    var pause = 100
    while true {
      let begin = Deadline.after(milliseconds: 0)
      let status = runOnce()
      let restarts = state.withLock { state in
        state.status = status
        return state.restarts && !state.isStopping
      }
      observe(.ended(status: status, restartsAfterMilliseconds: restarts ? pause : nil))
      guard restarts else { break }
      if stopRequested.wait(until: .after(milliseconds: pause)) { break }
      // One that lived a minute is no crash loop.
      let livedLong = Deadline(microseconds: begin.microseconds + 60_000_000).hasPassed
      pause = livedLong ? 100 : min(pause * 2, 5000)
    }
    ended.set()
  }

  /// Starts the process and waits for its end; its status, or an errno when it could not be started.
  private func runOnce() -> Int32 {
    // The strings live until the child has executed or failed.
    let output = unsafe open(logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard output >= 0 else { return errno }
    var copies = unsafe arguments.map { unsafe UnsafePointer<CChar>(strdup($0)) }
    defer { unsafe copies.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
    unsafe copies.append(nil)
    let child: Int32 = state.withLock { state in
      guard !state.isStopping else { return 0 }
      // The array is closed by nil and lives for the call.
      let pid = unsafe c360_spawn(copies, directory, output)
      state.pid = max(pid, 0)
      return pid
    }
    close(output)
    guard child > 0 else { return -child }
    observe(.started(pid: child))
    _ = c360_wait_exit(child)
    return state.withLock { state in
      state.pid = 0
      return c360_reap(child)
    }
  }
}

/// The thread's function: blocks all signals, so that they reach the threads that want them, and supervises.
private func superviseEntry(_ box: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  var all = sigset_t()
  // The set lives for the calls; `box` is the reference that the initializer retained.
  unsafe sigfillset(&all)
  unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
  if let box = unsafe box {
    let process = unsafe Unmanaged<MongodProcess>.fromOpaque(box).takeRetainedValue()
    process.supervise()
  }
  return nil
}
