import CSockets

extension EventLoop {
  /// Ends a turn of a connection: sends what its requests gave, then closes or waits.
  func settle(_ connection: Connection) {
    flush(connection)
    guard connection.phase != .closed else { return }
    if connection.isClosing, connection.pending.isEmpty, connection.phase == .open { linger(connection) }
    arm(connection)
  }

  /// Hands the turn's output to the kernel with one call, with a large body behind it where there is one. What does not fit
  /// stays with the connection, and the connection reads no further until it is out.
  func flush(_ connection: Connection, with body: [UInt8] = []) {
    guard !output.isEmpty || !body.isEmpty else { return }
    defer {
      if output.capacity > 1_048_576 { output = [] } else { output.removeAll(keepingCapacity: true) }
      noteWritten()
    }
    guard connection.phase != .closed else { return }
    guard connection.pending.isEmpty else { return keep(connection, body, sent: 0) }
    let sent: Int
    if let tls = connection.tls {
      // One record stream: the two go one after the other, and only if the first went whole.
      sent = tls.writeAll(output, body)
    } else if body.isEmpty {
      sent = sendBytes(connection.descriptor, output, from: 0)
    } else {
      sent = sendPair(connection.descriptor, output, body)
    }
    if sent < 0, sent != wouldBlock { return close(connection) }
    keep(connection, body, sent: max(sent, 0))
  }

  private func keep(_ connection: Connection, _ body: [UInt8], sent: Int) {
    guard sent < output.count + body.count else { return }
    let before = connection.pending.heldBytes
    if sent < output.count { connection.pending.append(sent == 0 ? output : Array(output[sent...])) }
    if !body.isEmpty { connection.pending.append(body, from: max(0, sent - output.count)) }
    core.hold(connection.pending.heldBytes - before)
    connection.writeDeadline = now + core.limits.writeTimeoutMs * 1_000_000
  }

  /// There is room in the socket again.
  func writable(_ connection: Connection) {
    while let (bytes, offset) = connection.pending.first {
      let sent =
        connection.tls?.write(bytes, from: offset) ?? sendBytes(connection.descriptor, bytes, from: offset)
      if sent == wouldBlock { return arm(connection) }
      guard sent > 0 else { return close(connection) }
      core.release(connection.pending.sent(sent))
      connection.writeDeadline = now + core.limits.writeTimeoutMs * 1_000_000
    }
    if connection.phase == .streaming { return streamDrained(connection) }
    resume(connection)
  }

  /// Everything is said: ends our side, and reads and drops what the client still sends, so that a reset does not destroy
  /// the answer before it is read (RFC 9112 section 9.6).
  func linger(_ connection: Connection) {
    connection.tls?.endOutput()
    connection.phase = .lingering
    connection.input = []
    giveBack(connection)
    guard c360_end_output(connection.descriptor) == 0 else { return close(connection) }
    connection.phaseDeadline = now + core.limits.lingerTimeoutMs * 1_000_000
    // What TLS had buffered is not looked at any more.
    connection.isReadable = true
  }

  func dropped(_ connection: Connection, _ count: Int) {
    connection.lingered += count
    if connection.lingered > core.limits.lingerBytesMax { close(connection) }
  }
}
