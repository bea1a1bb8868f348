import Locks

/// The producer of a streamed answer. Its state is touched by one call at a time.
public final class HTTPBodyStream: Sendable {
  private let produce: @Sendable (inout [UInt8]) throws -> Bool

  init<State: Sendable>(state: State, next: @escaping @Sendable (inout State, inout [UInt8]) throws -> Bool) {
    let box = Guarded(state)
    produce = { out in
      var piece: [UInt8] = []
      let more = try box.withLock { try next(&$0, &piece) }
      if out.isEmpty { out = piece } else { out.append(contentsOf: piece) }
      return more
    }
  }

  private init(produce: @escaping @Sendable (inout [UInt8]) throws -> Bool) { self.produce = produce }

  /// The same content as one gzip member; each piece is flushed, so that the client can read what it got.
  func compressed() -> HTTPBodyStream {
    let deflater = Guarded(Deflater())
    return HTTPBodyStream { out in
      var plain: [UInt8] = []
      let more = try self.produce(&plain)
      deflater.withLock { $0.compress(plain, finish: !more, into: &out) }
      return more
    }
  }

  /// Appends pieces until `wanted` bytes are there, or what is there has waited long enough. Returns whether more will come.
  func fill(_ out: inout [UInt8], wanted: Int, untilNs: Int) throws -> Bool {
    repeat {
      if try !produce(&out) { return false }
    } while out.count < wanted && (out.isEmpty || monotonicNs() < untilNs)
    return true
  }
}

/// Takes a request's body piece by piece, for routes that declare it: the body is never held whole. The calls come one at
/// a time, in order, on worker threads.
public protocol HTTPBodyConsumer: AnyObject, Sendable {
  /// The next decoded bytes. Throwing answers at once and closes the connection.
  func receive(_ bytes: [UInt8]) throws
  /// The body is complete: the answer.
  func finish() throws -> HTTPResponse
}
