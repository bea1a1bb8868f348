import CSockets

extension EventLoop {
  /// A new connection: idle, or in its TLS handshake.
  func begin(_ connection: Connection) {
    guard let contexts = core.tls else { return arm(connection) }
    guard let session = contexts.session(connection.descriptor) else { return close(connection) }
    connection.tls = session
    connection.phase = .handshake
    connection.requestStart = now
    arm(connection)
  }

  /// What epoll says of a connection. Readiness is edge-triggered: it is noted, and used when the connection wants to read.
  func ready(_ connection: Connection, flags: UInt32) {
    if flags & UInt32(C360_BROKEN) != 0 { return close(connection) }
    if flags & UInt32(C360_READABLE) != 0 { connection.isReadable = true }
    if flags & UInt32(C360_PEER_CLOSED) != 0 { connection.peerEnded = true }
    if connection.phase == .handshake { return handshake(connection) }
    if !connection.pending.isEmpty, flags & UInt32(C360_WRITABLE) != 0 { writable(connection) }
    if connection.phase != .closed { readable(connection) }
  }

  private func handshake(_ connection: Connection) {
    guard let tls = connection.tls else { return close(connection) }
    switch tls.handshake() {
    case .done:
      if connection.isRefused { return refuse(connection) }
      connection.phase = .open
      // What came behind the handshake may lie in OpenSSL's buffer already, and the socket has nothing left to report.
      connection.isReadable = true
      connection.requestStart = 0
      readable(connection)
    case .wantsMore: break
    case .failed: close(connection)
    }
  }

  /// Reads while the connection may go on and the socket has bytes, up to a share of the turn.
  func readable(_ connection: Connection) {
    var budget = 4
    while connection.isReadable, connection.phase != .closed {
      guard connection.phase == .open && connection.pending.isEmpty || connection.phase == .lingering else { break }
      guard budget > 0 else {
        unfinished.append(connection)
        break
      }
      budget -= 1
      let count = receive(connection)
      if count == wouldBlock {
        connection.isReadable = false
      } else if count > 0 {
        // A short read has emptied the socket; what comes later raises a new edge. The end of the stream may have been
        // reported already, so then it is read for.
        if connection.tls == nil, count < scratchBytes, !connection.peerEnded { connection.isReadable = false }
        if connection.phase == .lingering { dropped(connection, count) } else { received(connection, count) }
      } else {
        connection.isReadable = false
        if count == 0 { inputEnded(connection) } else { close(connection) }
      }
    }
    if connection.phase != .closed { arm(connection) }
  }

  private func receive(_ connection: Connection) -> Int {
    // `scratch` is the loop's own memory, and no span of it is alive between two reads.
    if let tls = connection.tls, connection.phase != .lingering { return unsafe tls.read(into: scratch) }
    // As above.
    return unsafe c360_receive(connection.descriptor, scratch.baseAddress, scratch.count)
  }

  /// Parses right out of the scratch memory, or, when the connection holds an incomplete head, out of its own buffer.
  private func received(_ connection: Connection, _ count: Int) {
    // The span ends before the next read: `advance` copies what it keeps.
    let bytes = unsafe Span<UInt8>(
      _unsafeElements: UnsafeBufferPointer(rebasing: scratch.bindMemory(to: UInt8.self)[..<count]))
    if connection.input.isEmpty {
      advance(connection, bytes)
      keepRest(connection, bytes)
    } else {
      var input: [UInt8] = []
      swap(&input, &connection.input)
      // The same bytes, as the buffer that an array appends from.
      unsafe input.append(contentsOf: scratch[..<count])
      advanceKept(connection, input)
    }
    settle(connection)
  }

  /// Goes on after an answer, or after a piece of a body, with the bytes that were kept meanwhile. Even without any the
  /// machine may have something to say: that the body is complete.
  func resume(_ connection: Connection) {
    var input: [UInt8] = []
    swap(&input, &connection.input)
    advanceKept(connection, input)
    settle(connection)
    if connection.phase != .closed { readable(connection) }
  }

  private func advanceKept(_ connection: Connection, _ input: consuming [UInt8]) {
    advance(connection, input.span)
    let consumed = connection.machine.consumed
    guard connection.phase != .closed else { return }
    if consumed == 0 {
      connection.input = input
    } else {
      if consumed < input.count { connection.input = Array(input[consumed...]) }
      connection.machine.dropConsumed()
    }
  }

  private func keepRest(_ connection: Connection, _ bytes: borrowing Span<UInt8>) {
    let consumed = connection.machine.consumed
    if consumed < bytes.count, connection.phase != .closed {
      // The range is inside the span, which is alive.
      unsafe bytes.withUnsafeBufferPointer { unsafe connection.input = Array($0[consumed...]) }
    }
    connection.machine.dropConsumed()
  }

  /// Follows the machine as far as the input goes, or until an answer has to wait for a worker or for the client.
  private func advance(_ connection: Connection, _ input: borrowing Span<UInt8>) {
    var goesOn = true
    while goesOn, connection.phase == .open, connection.pending.isEmpty, !connection.isClosing {
      goesOn = step(connection, input)
      if output.count > 65_536 { flush(connection) }
    }
    guard connection.phase == .open else { return }
    if !connection.machine.isInsideRequest {
      giveBack(connection)
    } else if connection.requestStart == 0 {
      connection.requestStart = now
    }
  }

  /// One action of the machine; false when it needs more bytes.
  private func step(_ connection: Connection, _ input: borrowing Span<UInt8>) -> Bool {
    let storage = freshStorage(connection)
    switch connection.machine.next(input, head: &storage.head) {
    case .needMore: return false
    case .head: headReceived(connection, storage, input)
    case .body(let range): bodyReceived(connection, storage, input, range)
    case .requestComplete: requestCompleted(connection, storage)
    case .fail(let failure): parsingFailed(connection, storage, failure)
    }
    return true
  }

  /// The client has ended its stream. What it asked before is answered by now.
  private func inputEnded(_ connection: Connection) {
    guard connection.phase == .open, !connection.isClosing, let failure = connection.machine.inputEnded() else {
      return close(connection)
    }
    let storage = freshStorage(connection)
    parsingFailed(connection, storage, failure)
    settle(connection)
  }

  private func parsingFailed(_ connection: Connection, _ storage: RequestStorage, _ failure: ParseFailure) {
    core.tally.parseFailures.add(1, ordering: .relaxed)
    abandonBody(connection)
    if storage.requestID.isEmpty { storage.requestID = ids.requestID() }
    respond(connection, storage, core.answer(failure.problem, requestID: storage.requestID), began: now, ended: now)
  }
}
