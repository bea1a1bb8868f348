import Synchronization

extension EventLoop {
  /// Notes when the state of a connection must have changed. The heap keeps an earlier entry as it is: most deadlines move
  /// later before they come, and moving them then costs nothing.
  func arm(_ connection: Connection) {
    guard connection.phase != .closed else { return }
    connection.deadline = min(
      phaseDeadline(connection), connection.pending.isEmpty ? .max : connection.writeDeadline)
    guard connection.deadline < deadlines.deadline(of: connection.slot) ?? .max else { return }
    deadlines.set(connection.slot, at: connection.deadline)
  }

  private func phaseDeadline(_ connection: Connection) -> Int {
    let limits = core.limits
    switch connection.phase {
    case .handshake: return connection.requestStart + limits.headTimeoutMs * 1_000_000
    case .working, .consuming, .lingering: return connection.phaseDeadline
    case .streaming: return connection.producer?.isFilling == true ? connection.phaseDeadline : .max
    case .closed: return .max
    case .open:
      // While the client does not take its answers, nothing is expected of it but that.
      if !connection.pending.isEmpty { return .max }
      if connection.machine.isReadingBody { return min(connection.bodyDeadline, connection.rateWindowEnd) }
      if connection.machine.isInsideRequest { return connection.requestStart + limits.headTimeoutMs * 1_000_000 }
      let idle = core.isDraining.load(ordering: .relaxed) ? limits.drainIdleTimeoutMs : limits.idleTimeoutMs
      return now + idle * 1_000_000
    }
  }

  /// When the loop has to wake up though nothing comes.
  var nextDeadline: Int { min(deadlines.first?.at ?? .max, acceptResumesAt) }

  /// Ends what has taken too long.
  func expire() {
    if acceptResumesAt <= now { acceptor?.start(on: self) }
    while let (at, slot) = deadlines.first, at <= now {
      deadlines.remove(slot)
      guard let connection = connections[slot] else { continue }
      if connection.deadline > now {
        deadlines.set(slot, at: connection.deadline)
      } else {
        expired(connection)
      }
    }
  }

  private func expired(_ connection: Connection) {
    guard connection.pending.isEmpty || now < connection.writeDeadline else {
      core.tally.timeouts.add(1, ordering: .relaxed)
      return close(connection, withReset: true)
    }
    switch connection.phase {
    case .handshake, .lingering, .closed: close(connection)
    case .streaming:
      // The producer hangs; the head is out already.
      core.tally.timeouts.add(1, ordering: .relaxed)
      close(connection, withReset: true)
    case .working, .consuming: handlerTimedOut(connection)
    case .open: requestTimedOut(connection)
    }
  }

  /// The handler goes on, its result is dropped: the request's number has changed.
  private func handlerTimedOut(_ connection: Connection) {
    guard let storage = connection.storage else { return close(connection) }
    core.tally.timeouts.add(1, ordering: .relaxed)
    if connection.phase == .consuming, connection.machine.isReadingBody { connection.machine.close() }
    connection.phase = .open
    let problem = Problem.unavailable(
      "handler_timeout", "The request took longer than the server waits.", retryAfterSeconds: core.limits.retryAfterS)
    respond(
      connection, storage, core.answer(problem, requestID: storage.requestID), began: connection.bodyEnd, ended: now)
    resume(connection)
  }

  private func requestTimedOut(_ connection: Connection) {
    let machine = connection.machine
    if machine.isReadingBody, now < connection.bodyDeadline {
      let least = core.limits.bodyRateBytesPerSMin * core.limits.bodyRateWindowMs / 1_000
      if connection.rateBytes >= least {
        connection.rateBytes = 0
        connection.rateWindowEnd = now + core.limits.bodyRateWindowMs * 1_000_000
        return arm(connection)
      }
    }
    guard machine.isInsideRequest, let storage = connection.storage else {
      // Idle, or what was refused is not sent to its end.
      return closeIdle(connection)
    }
    core.tally.timeouts.add(1, ordering: .relaxed)
    if storage.requestID.isEmpty { storage.requestID = ids.requestID() }
    let problem = Problem(408, "request_timeout", detail: "The request took too long to arrive.")
    abandon(connection, storage, core.answer(problem, requestID: storage.requestID))
    settle(connection)
  }

  /// An idle connection ends silently; but what arrived in this very moment is answered.
  private func closeIdle(_ connection: Connection) {
    if connection.isReadable, connection.phase == .open, !connection.machine.isReadingBody {
      return readable(connection)
    }
    close(connection)
  }

  /// No more connections; those that wait for a request get a short time for one that is on its way.
  func drain() {
    if let acceptor {
      acceptor.close(on: self)
      self.acceptor = nil
      acceptResumesAt = .max
      core.hasStoppedAccepting.store(true, ordering: .releasing)
      acceptor.tellOthers(.drain, from: self)
    }
    for connection in connections {
      guard let connection, connection.phase == .open || connection.phase == .handshake else { continue }
      arm(connection)
    }
  }
}
