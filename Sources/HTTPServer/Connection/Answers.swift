import Synchronization

extension EventLoop {
  /// Appends an answer to the turn's output and goes on to the next request, or to the end. One whose memory is not on the
  /// books yet is replaced by the refusal where there is no room for it.
  func respond(
    _ connection: Connection, _ storage: RequestStorage, _ answer: consuming HTTPResponse, firstPiece: [UInt8] = [],
    isHeld: Bool = false, began: Int, ended: Int
  ) {
    var response = answer
    let isHead = storage.head.method == .head
    if !isHeld, case .bytes(let bytes) = response.body, !isHead, !core.mayHold(bytes.count) {
      response = overload(storage)
    }
    if let cors = core.configuration.cors { cors.apply(to: &response, for: storage) }
    if core.isDraining.load(ordering: .relaxed) { connection.machine.endAfterAnswer() }
    let isOld = storage.head.minorVersion == 0
    var framing = ResponseEncoder.Framing.none
    var body: [UInt8] = []
    var stream: HTTPBodyStream?
    if !response.status.isBodiless {
      switch response.body {
      case .none: framing = .length(0)
      case .bytes(let bytes):
        framing = .length(bytes.count)
        if !isHead { body = bytes }
      case .stream(let producer):
        framing = isOld ? .untilClose : .chunked
        if isOld { connection.machine.endAfterAnswer() }
        if !isHead { stream = producer }
      }
    }
    let hasContent: Bool
    if case .none = response.body { hasContent = false } else { hasContent = !response.status.isBodiless }
    let isPersistent = connection.machine.isPersistent
    ResponseEncoder.appendHead(
      of: response,
      .init(framing: framing, hasContent: hasContent, isPersistent: isPersistent, saysKeepAlive: isOld),
      requestID: storage.requestID, traceparent: storage.trace?.traceparent, date: date, to: &output)
    core.tally.requests.add(1, ordering: .relaxed)
    note(connection, storage, response.status, body.count, began: began, ended: ended, isStream: stream != nil)
    if let stream {
      return startStream(connection, stream, isOld ? .untilClose : .chunked, firstPiece)
    }
    if body.count <= 32_768 {
      output.append(contentsOf: body)
    } else {
      flush(connection, with: body)
    }
    answered(connection)
  }

  /// The answer is complete: the request's memory is given back, the machine goes on.
  func answered(_ connection: Connection) {
    guard connection.phase != .closed else { return }
    connection.serial &+= 1
    connection.phase = .open
    core.release(connection.reserved)
    connection.reserved = 0
    connection.requestStart = 0
    connection.headEnd = 0
    connection.consumer = nil
    connection.producer = nil
    connection.machine.answered()
    connection.isAnswered = true
    if connection.machine.isClosed { connection.isClosing = true }
  }

  /// Remembers what the observer will be told once the answer is out.
  private func note(
    _ connection: Connection, _ storage: RequestStorage, _ status: HTTPStatus, _ bytes: Int, began: Int, ended: Int,
    isStream: Bool
  ) {
    guard core.hooks.observe != nil else { return }
    let observation = HTTPObservation(
      method: storage.head.method?.rawValue ?? "-", route: storage.route?.pattern ?? "-", status: status.rawValue,
      requestID: storage.requestID, trace: storage.trace, principal: storage.principal, peer: connection.peer,
      bodyBytes: connection.bodyBytes, responseBytes: bytes,
      headNs: max(0, connection.headEnd - connection.requestStart),
      bodyNs: max(0, connection.bodyEnd - connection.headEnd), queueNs: max(0, began - connection.bodyEnd),
      handlerNs: ended - began, writeNs: 0)
    let pending = PendingObservation(observation: observation, handlerEnd: ended)
    if isStream { connection.observed = pending } else { observations.append(pending) }
  }

  /// The answers have been handed to the kernel: the observer is told at the end of the turn.
  func noteWritten() {
    guard !observations.isEmpty else { return }
    let end = monotonicNs()
    for pending in observations { written.append(pending.observation.written(at: end, since: pending.handlerEnd)) }
    observations.removeAll(keepingCapacity: true)
  }

  /// As `noteWritten`, for a stream, which is at its end: that of its content, or of its connection.
  func noteStreamEnded(_ connection: Connection) {
    guard let pending = connection.observed.take() else { return }
    written.append(
      pending.observation.written(
        at: monotonicNs(), since: pending.handlerEnd, responseBytes: connection.producer?.sentBytes))
  }

  /// A worker is done with something that is still wanted.
  func receive(_ result: WorkerResult, for connection: Connection) {
    switch result {
    case .answer(let response, let firstPiece, let held, let began, let ended):
      guard connection.phase == .working || connection.phase == .consuming else { return }
      connection.phase = .open
      // A consumer may answer before the end of the body: what follows of it cannot be told from a new request.
      if connection.machine.isReadingBody { connection.machine.close() }
      if let storage = connection.storage {
        respond(
          connection, storage, response, firstPiece: firstPiece, isHeld: held != nil, began: began, ended: ended)
      }
      resume(connection)
    case .piece(let bytes, let hasMore): pieceMade(connection, bytes, hasMore: hasMore)
    case .brokenStream: close(connection, withReset: true)
    case .consumed: pieceTaken(connection)
    }
  }
}

extension HTTPObservation {
  /// With the time of writing, known last.
  func written(at end: Int, since handlerEnd: Int, responseBytes: Int? = nil) -> HTTPObservation {
    var complete = self
    complete.writeNs = max(0, end - handlerEnd)
    if let responseBytes { complete.responseBytes = responseBytes }
    return complete
  }
}
