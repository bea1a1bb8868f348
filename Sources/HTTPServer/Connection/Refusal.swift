import CSockets
import Synchronization

// Connections over a limit: each is told so, and none gets a place among those that are served.
extension EventLoop {
  /// How many refused connections may be in their TLS handshake at a time.
  private static let refusalsMax = 32

  /// Refuses an accepted connection. Over TLS it can be told only after a handshake: a few at a time are let that far,
  /// beside the limit, and any more are closed without a word.
  func refuse(_ descriptor: Int32, _ peer: PeerAddress) {
    guard core.tls != nil else { return refuseAtOnce(descriptor) }
    core.tally.refusedConnections.add(1, ordering: .relaxed)
    guard refusals < Self.refusalsMax else { return c360_close(descriptor) }
    refusals += 1
    adopt(descriptor, peer, isRefused: true)
  }

  /// The answer without a place in any table. What the client has sent already is read, so that the close does not reset the
  /// connection before the client has read the answer.
  func refuseAtOnce(_ descriptor: Int32) {
    if core.tls == nil {
      core.tally.refusedConnections.add(1, ordering: .relaxed)
      _ = sendBytes(descriptor, refusal(), from: 0)
      c360_end_output(descriptor)
      var dropped = [UInt8](repeating: 0, count: 4_096)
      // The array outlives the call.
      unsafe dropped.withUnsafeMutableBytes { _ = unsafe c360_receive(descriptor, $0.baseAddress, $0.count) }
    }
    c360_close(descriptor)
  }

  /// The handshake is done: the answer, and the end.
  func refuse(_ connection: Connection) {
    connection.phase = .open
    connection.machine.close()
    connection.isClosing = true
    output.append(contentsOf: refusal())
    settle(connection)
  }

  private func refusal() -> [UInt8] {
    let requestID = ids.requestID()
    let problem = Problem(
      .serviceUnavailable, "too_many_connections", detail: "The server has as many connections as it takes.")
    let response = core.answer(problem, requestID: requestID)
    guard case .bytes(let body) = response.body else { return [] }
    var bytes: [UInt8] = []
    ResponseEncoder.appendHead(
      of: response,
      .init(framing: .length(body.count), hasContent: true, isPersistent: false, saysKeepAlive: false),
      requestID: requestID, traceparent: nil, date: date, to: &bytes)
    return bytes + body
  }
}
