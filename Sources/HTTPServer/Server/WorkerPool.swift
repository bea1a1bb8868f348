import Dispatch
import Glibc
import Locks

/// A fixed number of threads for handlers that may block, and a bounded queue before them. When the queue is full the
/// caller is told at once.
final class WorkerPool: Sendable {
  typealias Job = @Sendable () -> Void

  private struct State {
    var queue: [Job?] = []
    /// The first job that is not taken yet; the array is closed up when half of it is.
    var next = 0
    var isStopped = false
  }

  private let state = Guarded(State())
  private let available = DispatchSemaphore(value: 0)
  private let queueMax: Int
  private let threads: Int

  init(threads: Int, queueMax: Int) {
    self.threads = threads
    self.queueMax = queueMax
  }

  func start() throws(HTTPServerError) {
    for number in 0..<threads {
      try startThread(name: "http-worker-\(number)") { [self] in run() }
    }
  }

  /// How many jobs wait.
  var depth: Int { state.withLock { $0.queue.count - $0.next } }

  /// Queues a job; false when the queue is full. What is `urgent` has been admitted before: it is never refused.
  func submit(isUrgent: Bool = false, _ job: @escaping Job) -> Bool {
    let isTaken = state.withLock { state in
      guard !state.isStopped, isUrgent || state.queue.count - state.next < queueMax else { return false }
      state.queue.append(job)
      return true
    }
    if isTaken { available.signal() }
    return isTaken
  }

  /// Ends the threads once they have finished what they are doing. Jobs that wait are dropped.
  func stop() {
    state.withLock { $0 = State(isStopped: true) }
    for _ in 0..<threads { available.signal() }
  }

  private func run() {
    while true {
      available.wait()
      let (job, isStopped) = state.withLock { state -> (Job?, Bool) in
        guard !state.isStopped else { return (nil, true) }
        guard state.next < state.queue.count else { return (nil, false) }
        // Taken out, so that what the job holds goes with it.
        let job = state.queue[state.next].take()
        state.next += 1
        if state.next * 2 > state.queue.count {
          state.queue.removeFirst(state.next)
          state.next = 0
        }
        return (job, false)
      }
      if isStopped { return }
      job?()
    }
  }
}

/// Starts a detached thread of its own for `body`.
func startThread(name: String, _ body: @escaping @Sendable () -> Void) throws(HTTPServerError) {
  let context = ThreadContext(name: name, body: body)
  var thread = pthread_t()
  // The retain made here is taken over by threadMain.
  let result = unsafe pthread_create(&thread, nil, threadMain, Unmanaged.passRetained(context).toOpaque())
  guard result == 0 else {
    // No thread has taken it over.
    unsafe Unmanaged.passUnretained(context).release()
    throw .system(call: "pthread_create", errno: result)
  }
  pthread_detach(thread)
}

private final class ThreadContext: Sendable {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}

/// A top-level function: a closure that C calls back must not inherit an isolation.
private func threadMain(_ raw: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let raw = unsafe raw else { return nil }
  // Balances the retain of startThread.
  let context = unsafe Unmanaged<ThreadContext>.fromOpaque(raw).takeRetainedValue()
  prepareThread(name: context.name)
  context.body()
  return nil
}
