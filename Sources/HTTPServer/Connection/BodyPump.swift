/// Carries a body to its consumer, piece by piece. Used by one worker job at a time.
///
/// `@unchecked Sendable`: the connection hands out one job at a time and waits for its result before the next.
final class BodyPump: @unchecked Sendable {
  let storage: RequestStorage
  private let open: HTTPRoute.Opener
  private var consumer: (any HTTPBodyConsumer)?
  private let inflater: Inflater?
  /// Gathered on the loop until it is worth a job.
  var gathered: [UInt8] = []
  var isComplete = false

  init(storage: RequestStorage, open: @escaping HTTPRoute.Opener, inflater: Inflater?) {
    self.storage = storage
    self.open = open
    self.inflater = inflater
  }

  /// Hands a piece on; at the end returns the answer. Runs on a worker.
  func take(_ piece: [UInt8], isLast: Bool) throws -> HTTPResponse? {
    let consumer = try self.consumer ?? open(HTTPRequest(storage: storage))
    self.consumer = consumer
    if let inflater {
      var decoded: [UInt8] = []
      try inflater.decode(piece, into: &decoded)
      if !decoded.isEmpty { try consumer.receive(decoded) }
      if isLast { try inflater.finish() }
    } else if !piece.isEmpty {
      try consumer.receive(piece)
    }
    return isLast ? try consumer.finish() : nil
  }
}

/// An answer that is produced while it is sent.
final class AnswerPump {
  enum Framing { case chunked, untilClose }

  let stream: HTTPBodyStream
  let framing: Framing
  /// Whether a worker is making the next piece.
  var isFilling = false
  var isDone = false
  var sentBytes = 0

  init(stream: HTTPBodyStream, framing: Framing) {
    self.stream = stream
    self.framing = framing
  }
}

/// An observation whose last figure is not known before the answer is written.
struct PendingObservation {
  var observation: HTTPObservation
  let handlerEnd: Int
}
