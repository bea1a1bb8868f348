// Answers that are produced while they are sent, and bodies that are taken while they are received. A worker runs for one
// piece at a time; between two pieces no thread waits.
extension EventLoop {
  // MARK: Answers

  /// How long a worker gathers small pieces before they are sent.
  private static let patienceNs = 100_000_000

  /// Lets a worker produce the beginning before the head is sent: what fails there still gets a status of its own, and what
  /// ends there is an ordinary answer.
  static func firstPiece(_ response: inout HTTPResponse, _ storage: RequestStorage, _ core: ServerCore) -> [UInt8] {
    guard case .stream(let stream) = response.body, storage.head.method != .head else { return [] }
    var piece: [UInt8] = []
    do {
      if try stream.fill(&piece, wanted: core.limits.streamBufferBytesMax, untilNs: monotonicNs() + patienceNs) {
        return piece
      }
      response.body = .bytes(piece)
    } catch {
      response = core.answer(core.problem(for: error, requestID: storage.requestID), requestID: storage.requestID)
    }
    return []
  }

  func startStream(
    _ connection: Connection, _ stream: HTTPBodyStream, _ framing: AnswerPump.Framing, _ firstPiece: [UInt8]
  ) {
    connection.phase = .streaming
    connection.producer = AnswerPump(stream: stream, framing: framing)
    pieceMade(connection, firstPiece, hasMore: true)
  }

  /// Sends a piece; when the client has taken it all, asks for the next.
  func pieceMade(_ connection: Connection, _ bytes: [UInt8], hasMore: Bool) {
    guard connection.phase == .streaming, let producer = connection.producer else { return }
    producer.isFilling = false
    producer.isDone = !hasMore
    producer.sentBytes += bytes.count
    switch producer.framing {
    case .chunked:
      ResponseEncoder.appendChunk(bytes, to: &output)
      if !hasMore { output.append(contentsOf: ResponseEncoder.lastChunk) }
    case .untilClose: output.append(contentsOf: bytes)
    }
    flush(connection)
    guard connection.phase != .closed else { return }
    if connection.pending.isEmpty { streamDrained(connection) } else { arm(connection) }
  }

  /// The client has taken what there was.
  func streamDrained(_ connection: Connection) {
    guard let producer = connection.producer, !producer.isFilling else { return }
    if producer.isDone {
      noteStreamEnded(connection)
      answered(connection)
      return resume(connection)
    }
    producer.isFilling = true
    connection.phaseDeadline = now + core.limits.handlerTimeoutMs * 1_000_000
    let ticket = connection.ticket
    let stream = producer.stream
    let wanted = core.limits.streamBufferBytesMax
    // Admitted with its first piece; a stream under way is not refused any more.
    _ = core.workers.submit(isUrgent: true) { [self] in
      var piece: [UInt8] = []
      do {
        let hasMore = try stream.fill(&piece, wanted: wanted, untilNs: monotonicNs() + Self.patienceNs)
        post(.result(ticket, .piece(piece, hasMore: hasMore)))
      } catch {
        core.logger.error("stream broke off", metadata: ["error": "\(error)"])
        post(.result(ticket, .brokenStream))
      }
    }
    arm(connection)
  }

  // MARK: Bodies

  /// Hands what was gathered to the consumer; nothing is read until it has taken it.
  func pump(_ connection: Connection, _ consumer: BodyPump) {
    guard let storage = connection.storage else { return }
    let isLast = consumer.isComplete
    var piece: [UInt8] = []
    swap(&piece, &consumer.gathered)
    let ticket = connection.ticket
    let handed = piece
    let isTaken = core.workers.submit(isWrite: storage.route?.place == .onWriters) { [self] in
      let began = monotonicNs()
      var response: HTTPResponse
      do {
        guard let answer = try consumer.take(handed, isLast: isLast) else {
          return post(.result(ticket, .consumed))
        }
        response = ResponseFinisher.finish(answer, for: storage, limits: core.limits)
      } catch {
        let problem = (error as? InflateFailure)?.problem ?? core.problem(for: error, requestID: storage.requestID)
        response = core.answer(problem, requestID: storage.requestID)
      }
      post(.result(ticket, Self.finished(response, storage, core, began: began)))
    }
    guard isTaken else {
      if !isLast { connection.machine.close() }
      return respond(connection, storage, overload(storage), began: now, ended: now)
    }
    connection.phase = .consuming
    connection.pausedAt = now
    connection.phaseDeadline = now + core.limits.handlerTimeoutMs * 1_000_000
  }

  /// The consumer wants more. The time it took is not the client's.
  func pieceTaken(_ connection: Connection) {
    guard connection.phase == .consuming else { return }
    connection.phase = .open
    core.release(connection.reserved)
    connection.reserved = 0
    connection.bodyDeadline += now - connection.pausedAt
    connection.rateWindowEnd += now - connection.pausedAt
    resume(connection)
  }
}
