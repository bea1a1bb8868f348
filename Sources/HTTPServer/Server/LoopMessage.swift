/// What other threads tell a loop.
enum LoopMessage: Sendable {
  /// A connection that another loop accepted.
  case adopt(descriptor: Int32, peer: PeerAddress)
  /// A worker's result.
  case result(Ticket, WorkerResult)
  /// Stop accepting, let connections end.
  case drain
  /// End at once.
  case stop
}

/// What a worker has done for a connection.
enum WorkerResult: Sendable {
  /// The answer, finished, with the times at which the handler began and ended. A stream comes with its first bytes, a large
  /// answer with the account of its memory.
  case answer(HTTPResponse, firstPiece: [UInt8], held: HeldMemory?, began: Int, ended: Int)
  /// The next bytes of a streamed answer, and whether more will come; nil when it broke off.
  case piece([UInt8], hasMore: Bool)
  case brokenStream
  /// A piece of the body is taken.
  case consumed
}
