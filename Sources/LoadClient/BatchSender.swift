import Dispatch

/// What became of a batch.
struct BatchOutcome: Sendable, Equatable {
  var accepted = 0
  var duplicates = 0
  /// In the order of the file.
  var rejected: [RejectedLine] = []
}

/// Sends batches over one connection until each of their items is stored or rejected. Belongs to one thread.
struct BatchSender {
  /// A random word for each run and connection: the beginning of its idempotency keys.
  let name: String
  let options: LoadOptions
  let connection: HTTPConnection
  /// Shared with the other connections: whether to stop, and whether the service has ever answered.
  let dispatcher: Dispatcher
  private var requestCount = 0

  init(name: String, options: LoadOptions, dispatcher: Dispatcher) throws(LoadError) {
    self.name = name
    self.options = options
    self.dispatcher = dispatcher
    connection = try HTTPConnection(url: options.target, authorities: options.authoritiesPath)
  }

  /// Sends all items of a batch. Throws when it makes no sense to go on with other batches.
  mutating func send(_ batch: Batch) throws(LoadError) -> BatchOutcome {
    var outcome = BatchOutcome(rejected: batch.rejected)
    let all = Array(batch.items.indices)
    if !all.isEmpty, let refusal = try deliver(all, of: batch, &outcome) {
      try divide(all, of: batch, refusal, &outcome)
    }
    outcome.rejected.sort { $0.line < $1.line }
    return outcome
  }

  /// Why the service could not read a request at all.
  private struct Refusal {
    var status: Int
    var problem: ProblemAnswer
  }

  /// Finds the items for which the service cannot read a batch, by halves, so that the others are stored.
  private mutating func divide(
    _ indexes: [Int], of batch: Batch, _ refusal: Refusal, _ outcome: inout BatchOutcome
  ) throws(LoadError) {
    guard let first = indexes.first, let last = indexes.last, first != last else {
      for index in indexes {
        outcome.reject(batch.items[index], of: batch, refusal.problem.code, refusal.problem.reason)
      }
      return
    }
    // When neither end can be read by itself the fault is not in the items.
    var ends: [Refusal] = []
    for index in [first, last] {
      guard let end = try deliver([index], of: batch, &outcome) else { continue }
      outcome.reject(batch.items[index], of: batch, end.problem.code, end.problem.reason)
      ends.append(end)
    }
    if ends.count == 2, refusal.status != 413, ends.allSatisfy({ $0.problem.code == refusal.problem.code }) {
      throw .refused(status: refusal.status, reason: refusal.problem.reason)
    }
    try halve(Array(indexes.dropFirst().dropLast()), of: batch, &outcome)
  }

  private mutating func halve(_ indexes: [Int], of batch: Batch, _ outcome: inout BatchOutcome) throws(LoadError) {
    guard !indexes.isEmpty, let refusal = try deliver(indexes, of: batch, &outcome) else { return }
    guard indexes.count > 1 else {
      return outcome.reject(batch.items[indexes[0]], of: batch, refusal.problem.code, refusal.problem.reason)
    }
    try halve(Array(indexes[..<(indexes.count / 2)]), of: batch, &outcome)
    try halve(Array(indexes[(indexes.count / 2)...]), of: batch, &outcome)
  }

  /// Sends some items, and once more those that the service asks for again. Nil when it has answered for each.
  private mutating func deliver(
    _ indexes: [Int], of batch: Batch, _ outcome: inout BatchOutcome
  ) throws(LoadError) -> Refusal? {
    var pending = indexes
    for round in 1... {
      let answer: BatchAnswer
      switch try post(pending, of: batch) {
      case .failure(let refusal): return refusal
      case .success(let read): answer = read
      }
      guard answer.received == pending.count, answer.errors.allSatisfy({ pending.indices.contains($0.index) }) else {
        throw .refused(status: 200, reason: "it counts \(answer.received) items where \(pending.count) were sent")
      }
      outcome.accepted += answer.accepted
      outcome.duplicates += answer.duplicates
      var again: [Int] = []
      for error in answer.errors {
        if error.isRetryable, round < LoadLimits.itemRoundsMax {
          again.append(pending[error.index])
        } else {
          outcome.reject(batch.items[pending[error.index]], of: batch, error.code, error.reason, field: error.field)
        }
      }
      if again.isEmpty { return nil }
      pending = again
      dispatcher.sleep(
        milliseconds: options.retry.delayMs(attempt: round, retryAfterSeconds: 0, elapsedMs: 0, chance: chance()) ?? 0)
    }
    return nil
  }

  private enum Attempt {
    case success(BatchAnswer)
    case failure(Refusal)
  }

  /// One request, repeated until it is answered.
  private mutating func post(_ indexes: [Int], of batch: Batch) throws(LoadError) -> Attempt {
    requestCount += 1
    let plain = batch.body(of: indexes)
    let body = options.gzip ? GzipEncoder.packed(plain) : plain
    var fields: [HTTPConnection.Field] = [
      ("Content-Type", batch.form.contentType), ("Idempotency-Key", "\(name)-\(requestCount)"),
    ]
    if options.gzip { fields.append(("Content-Encoding", "gzip")) }
    if let key = options.key { fields.append(("Authorization", "Bearer \(key)")) }
    let started = DispatchTime.now().uptimeNanoseconds
    for attempt in 1... {
      if dispatcher.isStopped { throw .unreachable(url: options.url, reason: "another connection has given up") }
      var retryAfter = 0
      let reason: String
      switch connection.post(body, fields: fields) {
      case .failed(let words): reason = words
      case .answered(let status, let seconds, let answer):
        dispatcher.noteAnswer()
        if (200..<300).contains(status) {
          guard let read = BatchAnswer(parsing: answer) else {
            throw .refused(status: status, reason: "its answer is not that of customer360; is the address right?")
          }
          return .success(read)
        }
        let problem = ProblemAnswer(status: status, parsing: answer)
        switch status {
        case 400, 413, 422: return .failure(Refusal(status: status, problem: problem))
        case 408, 409, 425, 429, 500, 502, 503, 504: break
        default: throw .refused(status: status, reason: problem.reason)
        }
        retryAfter = seconds
        reason = "\(status) \(problem.reason)"
      }
      let elapsed = Int((DispatchTime.now().uptimeNanoseconds - started) / 1_000_000)
      var policy = options.retry
      // A service that never answered is more likely at another address than busy.
      if !dispatcher.hasAnswered { policy.patienceMs = min(policy.patienceMs, policy.firstPatienceMs) }
      guard
        let delay = policy.delayMs(
          attempt: attempt, retryAfterSeconds: retryAfter, elapsedMs: elapsed, chance: chance())
      else { throw .unreachable(url: options.url, reason: reason) }
      dispatcher.sleep(milliseconds: delay)
    }
    throw .unreachable(url: options.url, reason: "no more tries")
  }

  private func chance() -> Double { Double.random(in: 0..<1) }
}

extension BatchOutcome {
  fileprivate mutating func reject(
    _ item: Batch.Item, of batch: Batch, _ code: String, _ reason: String, field: String? = nil
  ) {
    rejected.append(
      RejectedLine(line: item.line, code: code, field: field, reason: reason, original: Array(batch.original(of: item)))
    )
  }
}
