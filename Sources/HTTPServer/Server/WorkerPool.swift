import Dispatch
import Glibc
import Locks

/// A fixed number of threads for handlers that may block, and a bounded queue before them. When the queue is full the
/// caller is told at once. Jobs that write have a share of the threads: what is beyond it is held apart, so that neither the
/// threads nor the queue of the others are taken when writes are slow.
final class WorkerPool: Sendable {
  enum Job: Sendable {
    case answer(RequestJob)
    case run(@Sendable () -> Void)
  }

  private struct State {
    /// What a worker may begin at once.
    var ready = JobQueue()
    /// Writes beyond their share.
    var held = JobQueue()
    /// Writes that are in `ready` or run.
    var writes = 0
    var isStopped = false
  }

  private let state = Guarded(State())
  private let available = DispatchSemaphore(value: 0)
  private let queueMax: Int
  private let threads: Int
  private let writersMax: Int

  init(threads: Int, writersMax: Int, queueMax: Int) {
    self.threads = threads
    self.writersMax = max(1, min(writersMax, threads - 1))
    self.queueMax = queueMax
  }

  func start() throws(HTTPServerError) {
    for number in 0..<threads {
      try startThread(name: "http-worker-\(number)") { [self] in run() }
    }
  }

  /// How many jobs wait.
  var depth: Int { state.withLock { $0.ready.count + $0.held.count } }

  /// Queues a job; false when its queue is full. What is `urgent` has been admitted before: it is never refused.
  func submit(_ job: Job, isUrgent: Bool = false, isWrite: Bool = false) -> Bool {
    let (isTaken, isReady) = state.withLock { state -> (Bool, Bool) in
      guard !state.isStopped else { return (false, false) }
      let isHeld = isWrite && state.writes == writersMax
      guard isUrgent || (isHeld ? state.held.count : state.ready.count) < queueMax else { return (false, false) }
      if isHeld {
        state.held.append(job, isWrite: true)
      } else {
        if isWrite { state.writes += 1 }
        state.ready.append(job, isWrite: isWrite)
      }
      return (true, !isHeld)
    }
    if isReady { available.signal() }
    return isTaken
  }

  /// The same for a piece of code.
  func submit(isUrgent: Bool = false, isWrite: Bool = false, _ body: @escaping @Sendable () -> Void) -> Bool {
    submit(.run(body), isUrgent: isUrgent, isWrite: isWrite)
  }

  /// Ends the threads once they have finished what they are doing. Jobs that wait are dropped.
  func stop() {
    state.withLock { $0 = State(isStopped: true) }
    for _ in 0..<threads { available.signal() }
  }

  private func run() {
    while true {
      available.wait()
      var next: JobQueue.Entry?
      let isStopped = state.withLock { state in
        if !state.isStopped { next = state.ready.popFirst() }
        return state.isStopped
      }
      if isStopped { return }
      guard let isWrite = next?.isWrite else { continue }
      let answered = next?.run()
      // What a job holds goes before its result is handed on.
      next = nil
      if let answered { answered.loop.post(answered.message) }
      if isWrite { writeEnded() }
    }
  }

  /// Its place goes to the write that has been held longest, behind what is ready.
  private func writeEnded() {
    let isReady = state.withLock { state in
      guard let next = state.held.popFirst() else {
        state.writes -= 1
        return false
      }
      state.ready.append(next.job, isWrite: true)
      return true
    }
    if isReady { available.signal() }
  }
}

/// Jobs in the order in which they came.
private struct JobQueue {
  struct Entry {
    let job: WorkerPool.Job
    let isWrite: Bool

    func run() -> RequestJob.Answered? {
      switch job {
      case .answer(let request): return request.run()
      case .run(let body):
        body()
        return nil
      }
    }
  }

  private var jobs: [Entry?] = []
  /// The first job that is not taken yet; the array is closed up when half of it is taken.
  private var next = 0

  var count: Int { jobs.count - next }

  mutating func append(_ job: WorkerPool.Job, isWrite: Bool) { jobs.append(Entry(job: job, isWrite: isWrite)) }

  /// Taken out, so that what the job holds goes with it.
  mutating func popFirst() -> Entry? {
    guard next < jobs.count else { return nil }
    let first = jobs[next].take()
    next += 1
    if next * 2 > jobs.count {
      jobs.removeFirst(next)
      next = 0
    }
    return first
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
