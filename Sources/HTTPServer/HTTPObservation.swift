/// One answer, as logs and metrics see it. Durations are nanoseconds.
public struct HTTPObservation: Sendable {
  /// The method's name, "-" when the head was not understood.
  public let method: String
  /// The route's pattern, "-" without a route: never the path, which may hold an identifier.
  public let route: String
  /// The status of the answer.
  public let status: Int
  /// The request's id.
  public let requestID: String
  /// The trace, when the client began one.
  public let trace: TraceContext?
  /// What the `authenticate` hook returned.
  public let principal: (any Sendable)?
  let peer: PeerAddress
  /// Bytes of the body as received, decoded.
  public let bodyBytes: Int
  /// Bytes of the answer's content as sent, framing apart.
  public internal(set) var responseBytes: Int
  /// From the first byte of the request to the end of its head.
  public let headNs: Int
  /// From there to the end of the body.
  public let bodyNs: Int
  /// From there to the handler's start.
  public let queueNs: Int
  /// The handler.
  public let handlerNs: Int
  /// From the handler's end until the answer was handed to the kernel.
  public internal(set) var writeNs: Int

  /// The client's address.
  public var remoteAddress: String { peer.description }
  /// All phases together.
  public var totalNs: Int { headNs + bodyNs + queueNs + handlerNs + writeNs }
}
