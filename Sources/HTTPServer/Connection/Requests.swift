import Synchronization

extension EventLoop {
  /// The head is complete: who is asked, who asks, and may the body come?
  func headReceived(_ connection: Connection, _ storage: RequestStorage, _ input: borrowing Span<UInt8>) {
    if connection.requestStart == 0 { connection.requestStart = now }
    connection.headEnd = now
    connection.bodyBytes = 0
    let end = connection.machine.consumed
    // The head stands right before `consumed`; the copy is what the request's ranges point into.
    unsafe input.withUnsafeBufferPointer {
      unsafe storage.bytes.append(contentsOf: $0[(end - storage.head.byteCount)..<end])
    }
    storage.peer = connection.peer
    storage.isTLS = connection.tls != nil
    storage.clientCertificateName = connection.tls?.clientCertificateName
    storage.isServerDraining = core.isDraining.load(ordering: .relaxed)
    storage.requestID = clientRequestID(storage) ?? ids.requestID()
    if let value = storage.field("traceparent") {
      storage.trace = TraceContext(parsing: storage.bytes[value.range], spanID: ids.spanID())
    }
    switch HeadDecision.make(for: storage, core: core) {
    case .answer(let response): refuse(connection, storage, response)
    case .run(let route):
      if let failure = connection.machine.admit(storage.head, bodyBytesMax: route.options.bodyBytesMax) {
        return refuse(connection, storage, core.answer(failure.problem, requestID: storage.requestID))
      }
      if case .consume(let open) = route.action {
        connection.consumer = BodyPump(storage: storage, open: open, inflater: inflater(for: storage, route))
      }
      guard storage.head.hasBody else { return }
      connection.bodyDeadline = now + core.limits.bodyTimeoutMs * 1_000_000
      connection.rateWindowEnd = now + core.limits.bodyRateWindowMs * 1_000_000
      connection.rateBytes = 0
      if storage.head.expectation == .continue100, storage.head.minorVersion >= 1 {
        output.append(contentsOf: ResponseEncoder.continueResponse)
      }
    }
  }

  func inflater(for storage: RequestStorage, _ route: HTTPRoute) -> Inflater? {
    guard storage.isBodyCompressed else { return nil }
    return Inflater(bytesMax: min(route.options.bodyBytesMax, core.limits.bodyBytesMax), limits: core.limits)
  }

  /// The client's id is taken over if it is 1 to 128 characters that mean nothing anywhere.
  private func clientRequestID(_ storage: RequestStorage) -> String? {
    guard let range = storage.field("x-request-id"), (1...128).contains(range.count) else { return nil }
    let isSane = storage.bytes[range.range].allSatisfy {
      isDigit($0) || (asciiLower($0) >= UInt8(ascii: "a") && asciiLower($0) <= UInt8(ascii: "z"))
        || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
    }
    return isSane ? storage.text(range) : nil
  }

  /// The head alone decides.
  func refuse(_ connection: Connection, _ storage: RequestStorage, _ response: HTTPResponse) {
    connection.bodyEnd = now
    connection.machine.refuse(storage.head)
    if storage.head.method == .connect { connection.machine.close() }
    respond(connection, storage, response, began: now, ended: now)
    connection.bodyDeadline = now + core.limits.bodyTimeoutMs * 1_000_000
    connection.rateWindowEnd = now + core.limits.bodyRateWindowMs * 1_000_000
    connection.rateBytes = 0
  }

  func bodyReceived(
    _ connection: Connection, _ storage: RequestStorage, _ input: borrowing Span<UInt8>, _ range: Range<Int>
  ) {
    connection.rateBytes += range.count
    connection.bodyBytes += range.count
    guard core.reserve(range.count) else {
      return abandon(connection, storage, overload(storage))
    }
    connection.reserved += range.count
    // The range is inside the span, which is alive.
    unsafe input.withUnsafeBufferPointer { bytes in
      if let consumer = connection.consumer {
        unsafe consumer.gathered.append(contentsOf: bytes[range])
      } else {
        let declared = storage.head.contentLength
        if storage.body.isEmpty, declared > range.count { storage.body.reserveCapacity(min(declared, 65_536)) }
        unsafe storage.body.append(contentsOf: bytes[range])
      }
    }
    if let consumer = connection.consumer, consumer.gathered.count >= core.limits.streamBufferBytesMax {
      pump(connection, consumer)
    }
  }

  /// Answers before the body is read to its end: the connection closes.
  func abandon(_ connection: Connection, _ storage: RequestStorage, _ response: HTTPResponse) {
    abandonBody(connection)
    connection.machine.close()
    respond(connection, storage, response, began: now, ended: now)
  }

  /// The answer where memory or workers are used up.
  func overload(_ storage: RequestStorage) -> HTTPResponse { Self.overload(storage, core) }

  private static func overload(_ storage: RequestStorage, _ core: ServerCore) -> HTTPResponse {
    core.tally.overloads.add(1, ordering: .relaxed)
    let problem = Problem.unavailable(
      "overloaded", "The server has as much to do as it can.", retryAfterSeconds: core.limits.retryAfterS)
    return core.answer(problem, requestID: storage.requestID)
  }

  func abandonBody(_ connection: Connection) {
    connection.consumer = nil
    connection.bodyEnd = now
    // What ended in the read that it began with has taken no time.
    if connection.requestStart == 0 { connection.requestStart = now }
    if connection.headEnd == 0 { connection.headEnd = now }
  }

  /// The request is whole: its handler runs here if it only touches memory, else on a worker.
  func requestCompleted(_ connection: Connection, _ storage: RequestStorage) {
    connection.bodyEnd = now
    guard let route = storage.route else { return close(connection) }
    if let consumer = connection.consumer {
      consumer.isComplete = true
      return pump(connection, consumer)
    }
    guard case .handle(let handler) = route.action else { return close(connection) }
    if let gathering = route.gathering, !storage.isBodyCompressed,
      gathering.handler.takes(HTTPRequest(storage: storage))
    {
      return gather(connection, storage, gathering)
    }
    guard !storage.isBodyCompressed, route.place == .onLoop || route.quick != nil else {
      return dispatch(connection, storage, route, handler)
    }
    let began = core.hooks.observe == nil ? now : monotonicNs()
    let response: HTTPResponse
    if let quick = route.quick {
      guard let answer = Self.attempt(quick, storage, core) else {
        return dispatch(connection, storage, route, handler)
      }
      response = answer
    } else {
      response = Self.run(handler, storage, core)
    }
    respond(connection, storage, response, began: began, ended: core.hooks.observe == nil ? now : monotonicNs())
  }

  private func dispatch(
    _ connection: Connection, _ storage: RequestStorage, _ route: HTTPRoute, _ handler: @escaping HTTPRoute.Handler
  ) {
    let deadline = now + core.limits.handlerTimeoutMs * 1_000_000
    guard submit(connection.ticket, storage, route, handler, deadline: deadline) else {
      return respond(connection, storage, overload(storage), began: now, ended: now)
    }
    connection.phase = .working
    connection.phaseDeadline = deadline
  }

  /// From any thread: has a worker run the handler and post its answer; false when the queue is full.
  private func submit(
    _ ticket: Ticket, _ storage: RequestStorage, _ route: HTTPRoute, _ handler: @escaping HTTPRoute.Handler,
    deadline: Int, isUrgent: Bool = false
  ) -> Bool {
    let job = RequestJob(
      loop: self, ticket: ticket, storage: storage, route: route, handler: handler, deadline: deadline)
    return core.workers.submit(.answer(job), isUrgent: isUrgent, isWrite: route.place == .onWriters)
  }

  /// On a worker: an answer with what the loop needs to send it, or, where memory is used up, the refusal in its place.
  static func finished(
    _ answer: consuming HTTPResponse, _ storage: RequestStorage, _ core: ServerCore, began: Int
  ) -> WorkerResult {
    var response = answer
    let first = firstPiece(&response, storage, core)
    var held: HeldMemory?
    if case .bytes(let bytes) = response.body, bytes.count > ServerCore.smallAnswerBytes {
      held = HeldMemory(bytes.count, core)
      if held == nil { response = overload(storage, core) }
    }
    return .answer(response, firstPiece: first, held: held, began: began, ended: monotonicNs())
  }

  /// From any thread: a request that was gathered is left to its route's ordinary handler. It has been admitted before.
  func dispatchAlone(_ waiting: Gathering.Waiting) {
    guard let route = waiting.storage.route, case .handle(let handler) = route.action else { return }
    _ = submit(waiting.ticket, waiting.storage, route, handler, deadline: waiting.deadline, isUrgent: true)
  }

  /// Runs a handler and makes its answer ready to be sent. On any thread.
  static func run(_ handler: HTTPRoute.Handler, _ storage: RequestStorage, _ core: ServerCore) -> HTTPResponse {
    do {
      return ResponseFinisher.finish(try handler(HTTPRequest(storage: storage)), for: storage, limits: core.limits)
    } catch {
      return refusal(error, storage, core)
    }
  }

  /// The same for a handler that may leave the request to another: nil then.
  private static func attempt(
    _ handler: HTTPRoute.QuickHandler, _ storage: RequestStorage, _ core: ServerCore
  ) -> HTTPResponse? {
    do {
      guard let response = try handler(HTTPRequest(storage: storage)) else { return nil }
      return ResponseFinisher.finish(response, for: storage, limits: core.limits)
    } catch {
      return refusal(error, storage, core)
    }
  }

  private static func refusal(_ error: any Error, _ storage: RequestStorage, _ core: ServerCore) -> HTTPResponse {
    let problem = core.problem(for: error, requestID: storage.requestID)
    return ResponseFinisher.finish(
      core.answer(problem, requestID: storage.requestID), for: storage, limits: core.limits)
  }

  /// On a worker: decodes the body where that is needed, and runs the handler. What it decodes to counts as memory too.
  fileprivate func answer(
    _ storage: RequestStorage, _ route: HTTPRoute, _ handler: HTTPRoute.Handler
  ) -> HTTPResponse {
    guard let inflater = inflater(for: storage, route) else { return Self.run(handler, storage, core) }
    if let refusal = Self.inflate(storage, with: inflater, core) { return refusal }
    let size = storage.body.count
    guard core.reserve(size) else { return overload(storage) }
    defer { core.release(size) }
    return Self.run(handler, storage, core)
  }

  /// Replaces a compressed body by what it decodes to, or returns the refusal.
  private static func inflate(_ storage: RequestStorage, with inflater: Inflater, _ core: ServerCore) -> HTTPResponse? {
    do throws(InflateFailure) {
      var decoded: [UInt8] = []
      try inflater.decode(storage.body, into: &decoded)
      try inflater.finish()
      storage.body = decoded
      return nil
    } catch {
      return core.answer(error.problem, requestID: storage.requestID)
    }
  }
}

/// A request on its way through a worker.
struct RequestJob: Sendable {
  let loop: EventLoop
  let ticket: Ticket
  let storage: RequestStorage
  let route: HTTPRoute
  let handler: HTTPRoute.Handler
  /// When nobody waits for it any more.
  let deadline: Int

  /// On a worker: the answer as a message for its loop; nil when nobody waits for it.
  func run() -> Answered? {
    let began = monotonicNs()
    guard began < deadline else { return nil }
    let result = EventLoop.finished(loop.answer(storage, route, handler), storage, loop.core, began: began)
    return Answered(loop: loop, message: .result(ticket, result))
  }

  /// Posted once the job is gone: the loop fills its storage again for the next request if nobody holds it any more.
  struct Answered {
    let loop: EventLoop
    let message: LoopMessage
  }
}

extension InflateFailure {
  var problem: Problem {
    switch self {
    case .malformed: .badRequest("malformed_gzip", "The body is not one complete gzip stream.")
    case .tooLarge: Problem(.contentTooLarge, "content_too_large", detail: "The decoded body is larger than the limit.")
    }
  }
}
