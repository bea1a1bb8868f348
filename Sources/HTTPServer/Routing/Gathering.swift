import Locks

/// Answers requests of one route together: what waits while one call is under way becomes the next call. A database that is
/// asked once for eight documents does a fraction of the work of eight questions, and so do the threads between.
///
/// An idle server answers a lone request at once; under load the calls grow by themselves, up to `requestsPerCallMax`.
public struct GatheredHandler: Sendable {
  /// The most requests of one call.
  public static let requestsPerCallMax = 64

  /// Whether a request may be answered together with others; the others get the route's ordinary handler. Runs on the loop:
  /// memory only.
  public let takes: @Sendable (HTTPRequest) -> Bool
  /// Answers requests, an answer for each in their order; nil leaves one to the ordinary handler. Runs on a worker.
  public let answer: @Sendable ([HTTPRequest]) -> [Result<HTTPResponse, any Error>?]

  /// A handler for requests that wait together.
  public init(
    takes: @escaping @Sendable (HTTPRequest) -> Bool,
    answer: @escaping @Sendable ([HTTPRequest]) -> [Result<HTTPResponse, any Error>?]
  ) {
    self.takes = takes
    self.answer = answer
  }
}

/// The requests of a route that wait to be answered together.
final class Gathering: Sendable {
  /// A request and who waits for its answer.
  struct Waiting: Sendable {
    let loop: EventLoop
    let ticket: Ticket
    let storage: RequestStorage
    /// When nobody waits for it any more.
    let deadline: Int
  }

  private struct State {
    var waiting: [Waiting] = []
    var callsUnderWay = 0
    /// When the latest of them began.
    var latest = 0
  }

  /// One call at a time as long as it is quick: a second would only make both smaller. While one takes longer than this
  /// (nanoseconds), what waits goes on beside it.
  static let patienceNs = 2_000_000
  /// The most calls of one route at a time.
  private static let callsMax = 8

  let handler: GatheredHandler
  private let state = Guarded(State())

  init(_ handler: GatheredHandler) {
    self.handler = handler
  }

  /// Lets a request wait; false when too many do.
  func add(_ waiting: Waiting, most: Int) -> Bool {
    state.withLock { state in
      guard state.waiting.count < most else { return false }
      state.waiting.append(waiting)
      return true
    }
  }

  /// Sees to it that what waits is answered. True when it is held back for the call under way: to be tried again within
  /// `patienceNs`.
  func begin(on workers: WorkerPool, now: Int) -> Bool {
    let (begins, isHeldBack) = state.withLock { state -> (Bool, Bool) in
      guard !state.waiting.isEmpty, state.callsUnderWay < Self.callsMax else { return (false, false) }
      guard state.callsUnderWay == 0 || now > state.latest + Self.patienceNs else { return (false, true) }
      state.callsUnderWay += 1
      state.latest = now
      return (true, false)
    }
    guard begins else { return isHeldBack }
    // `add` has bounded what waits.
    _ = workers.submit(isUrgent: true) { [self] in
      while let requests = next() { EventLoop.answerTogether(requests, handler) }
    }
    return false
  }

  private func next() -> [Waiting]? {
    state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.callsUnderWay -= 1
        return nil
      }
      state.latest = monotonicNs()
      let count = min(state.waiting.count, GatheredHandler.requestsPerCallMax)
      defer { state.waiting.removeFirst(count) }
      return Array(state.waiting.prefix(count))
    }
  }
}

extension EventLoop {
  /// Lets a request wait for the call that answers it; the turn's end starts the call.
  func gather(_ connection: Connection, _ storage: RequestStorage, _ gathering: Gathering) {
    let deadline = now + core.limits.handlerTimeoutMs * 1_000_000
    let waiting = Gathering.Waiting(loop: self, ticket: connection.ticket, storage: storage, deadline: deadline)
    guard gathering.add(waiting, most: core.limits.workerQueueMax) else {
      return respond(connection, storage, overload(storage), began: now, ended: now)
    }
    if !gathered.contains(where: { $0 === gathering }) { gathered.append(gathering) }
    connection.phase = .working
    connection.phaseDeadline = deadline
  }

  /// On a worker: one call for all that still waits, and one message to each loop.
  static func answerTogether(_ waiting: [Gathering.Waiting], _ handler: GatheredHandler) {
    let began = monotonicNs()
    let waiting = waiting.filter { began < $0.deadline }
    let answers = handler.answer(waiting.map { HTTPRequest(storage: $0.storage) })
    precondition(answers.count == waiting.count, "a gathered handler answers each request")
    var answered: [(loop: EventLoop, messages: [LoopMessage])] = []
    for (request, answer) in zip(waiting, answers) {
      guard let answer else {
        request.loop.dispatchAlone(request)
        continue
      }
      let core = request.loop.core
      let response = Self.run({ _ in try answer.get() }, request.storage, core)
      let message = LoopMessage.result(
        request.ticket, Self.finished(response, request.storage, core, began: began))
      if let position = answered.firstIndex(where: { $0.loop === request.loop }) {
        answered[position].messages.append(message)
      } else {
        answered.append((request.loop, [message]))
      }
    }
    for (loop, messages) in answered { loop.post(messages) }
  }
}
