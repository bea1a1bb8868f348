import Dispatch
import Glibc
import Locks

/// A fixed number of threads for handlers that may block, and a bounded queue before them. When the queue is full the
/// caller is told at once. Jobs that write have a share of the threads: what is beyond it is held apart, so that neither the
/// threads nor the queue of the others are taken when writes are slow.
///
/// Of the threads without work the one that worked last works next: its stack, its share of the allocator and the processor's
/// caches are warm, and threads that a load does not need hold no memory of it.
final class WorkerPool: Sendable {
  enum Job: Sendable {
    case answer(RequestJob)
    case run(@Sendable () -> Void)
  }

  fileprivate struct State {
    /// What a worker may begin at once.
    var ready = JobQueue()
    /// Writes beyond their share.
    var held = JobQueue()
    /// Writes that are in `ready` or run.
    var writes = 0
    /// The threads that wait for work, the one that worked last behind.
    var idle: [Int] = []
    var isStopped = false
  }

  private let state = Guarded(State())
  /// One a thread: signalled once each time that its number is taken from `idle`.
  private let alarms: [DispatchSemaphore]
  private let queueMax: Int
  private let writersMax: Int

  init(threads: Int, writersMax: Int, queueMax: Int) {
    alarms = (0..<threads).map { _ in DispatchSemaphore(value: 0) }
    self.writersMax = max(1, min(writersMax, threads - 1))
    self.queueMax = queueMax
  }

  func start() throws(HTTPServerError) {
    for number in alarms.indices {
      try startThread(name: "http-worker-\(number)") { [self] in run(number) }
    }
  }

  /// How many threads wait for work.
  var idleCount: Int { state.withLock { $0.idle.count } }

  /// How many jobs wait.
  var depth: Int { state.withLock { $0.ready.count + $0.held.count } }

  /// Queues a job; false when its queue is full. What is `urgent` has been admitted before: it is never refused.
  func submit(_ job: Job, isUrgent: Bool = false, isWrite: Bool = false) -> Bool {
    let (isTaken, woken) = state.withLock { state -> (Bool, Int?) in
      guard !state.isStopped else { return (false, nil) }
      let isHeld = isWrite && state.writes == writersMax
      guard isUrgent || (isHeld ? state.held.count : state.ready.count) < queueMax else { return (false, nil) }
      if isHeld {
        state.held.append(job, isWrite: true)
        return (true, nil)
      }
      if isWrite { state.writes += 1 }
      state.ready.append(job, isWrite: isWrite)
      return (true, state.idle.popLast())
    }
    if let woken { alarms[woken].signal() }
    return isTaken
  }

  /// The same for a piece of code.
  func submit(isUrgent: Bool = false, isWrite: Bool = false, _ body: @escaping @Sendable () -> Void) -> Bool {
    submit(.run(body), isUrgent: isUrgent, isWrite: isWrite)
  }

  /// Ends the threads once they have finished what they are doing. Jobs that wait are dropped.
  func stop() {
    state.withLock { $0 = State(isStopped: true) }
    for alarm in alarms { alarm.signal() }
  }

  /// A thread that ends a job looks for the next before it waits: what is ready never waits for a thread that is woken while
  /// another one is free.
  private func run(_ number: Int) {
    var hasWritten = false
    while true {
      var next: JobQueue.Entry?
      let isStopped = state.withLock { state in
        if hasWritten { state.writeEnded() }
        guard !state.isStopped else { return true }
        next = state.ready.popFirst()
        if next == nil { state.idle.append(number) }
        return false
      }
      if isStopped { return }
      guard let isWrite = next?.isWrite else {
        hasWritten = false
        alarms[number].wait()
        continue
      }
      let answered = next?.run()
      // What a job holds goes before its result is handed on.
      next = nil
      if let answered { answered.loop.post(answered.message) }
      hasWritten = isWrite
    }
  }
}

extension WorkerPool.State {
  /// Its place goes to the write that has been held longest, behind what is ready. Called by a thread that takes the first of
  /// what is ready next, so that nobody needs to be woken.
  fileprivate mutating func writeEnded() {
    if let next = held.popFirst() {
      ready.append(next.job, isWrite: true)
    } else {
      writes -= 1
    }
  }
}

/// Jobs in the order in which they came.
fileprivate struct JobQueue {
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
