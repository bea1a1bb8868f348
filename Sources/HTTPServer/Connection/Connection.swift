/// One client. Owned by one loop and touched by its thread alone. An idle connection keeps no buffer: what it read lies in
/// the loop's scratch memory, and only what is incomplete is copied here.
///
/// `@exclusivity(unchecked)`: as for `EventLoop`, what is handed `inout` to a call goes to code that knows no connection.
final class Connection {
  enum Phase {
    /// TLS is being agreed on.
    case handshake
    /// Requests are read and answered.
    case open
    /// A worker has the request.
    case working
    /// A worker takes a piece of the body.
    case consuming
    /// An answer is being produced while it is sent.
    case streaming
    /// Everything is said; what the client still sends is dropped for a while.
    case lingering
    case closed
  }

  let descriptor: Int32
  let peer: PeerAddress
  let slot: Int
  let generation: UInt32
  // As above.
  @safe @exclusivity(unchecked) var machine: ConnectionMachine
  var phase = Phase.open
  var tls: TLSSession?

  // As above.
  /// The request being read or answered; nil while idle.
  @safe @exclusivity(unchecked) var storage: RequestStorage?
  /// The request in `storage` is answered: the next one gets a fresh storage.
  var isAnswered = false
  // As above.
  /// Bytes read and not consumed.
  @safe @exclusivity(unchecked) var input: [UInt8] = []
  // As above.
  @safe @exclusivity(unchecked) var pending = PendingOutput()
  /// Raised when a worker's result is no longer wanted: results carry the number they belong to.
  var serial: UInt32 = 0

  /// It is over a limit: after the handshake it is told so.
  var isRefused = false
  /// Bytes may be waiting in the socket.
  var isReadable = false
  /// The client has ended its stream, whether or not its end has been read.
  var peerEnded = false
  /// The connection ends once `pending` is out.
  var isClosing = false
  /// Bytes reserved for the body.
  var reserved = 0
  var lingered = 0

  /// Times in nanoseconds. When something must have happened; kept up by `arm`.
  var deadline = Int.max
  /// When the worker, or the client that lingers, must be done.
  var phaseDeadline = Int.max
  /// When the client must have taken some of `pending`.
  var writeDeadline = Int.max
  var requestStart = 0
  var headEnd = 0
  var bodyEnd = 0
  var bodyDeadline = Int.max
  var rateWindowEnd = Int.max
  var rateBytes = 0
  var bodyBytes = 0

  /// When the consumer of a body began with its piece.
  var pausedAt = 0

  /// Where the body goes when it is streamed.
  var consumer: BodyPump?
  /// Where the answer comes from when it is streamed.
  var producer: AnswerPump?
  /// What the observer will be told when the stream is out.
  var observed: PendingObservation?

  init(descriptor: Int32, peer: PeerAddress, slot: Int, generation: UInt32, limits: HTTPLimits) {
    self.descriptor = descriptor
    self.peer = peer
    self.slot = slot
    self.generation = generation
    machine = ConnectionMachine(limits: limits)
  }

  /// What epoll reports for this connection, and nothing for one that had the slot before.
  var tag: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

  var ticket: Ticket { Ticket(slot: slot, generation: generation, serial: serial) }
}

/// Names one request of one connection, so that a late result is recognized.
struct Ticket: Sendable {
  let slot: Int
  let generation: UInt32
  let serial: UInt32
}

/// Bytes that the socket did not take yet. Large bodies stay where they are.
struct PendingOutput {
  private var pieces: [[UInt8]] = []
  /// How much of the first piece is out.
  private var offset = 0
  /// The memory that is kept: a piece counts whole until its last byte is out.
  private(set) var heldBytes = 0

  var isEmpty: Bool { pieces.isEmpty }

  /// Keeps bytes; `from` says how many of the first piece are out already.
  mutating func append(_ bytes: [UInt8], from start: Int = 0) {
    guard start < bytes.count else { return }
    if pieces.isEmpty { offset = start }
    pieces.append(bytes)
    heldBytes += bytes.count
  }

  /// The first piece and where it goes on.
  var first: (bytes: [UInt8], offset: Int)? { pieces.first.map { ($0, offset) } }

  /// Notes that bytes of the first piece went out. Returns how much memory is free now.
  mutating func sent(_ bytes: Int) -> Int {
    offset += bytes
    guard let first = pieces.first, offset == first.count else { return 0 }
    pieces.removeFirst()
    offset = 0
    heldBytes -= first.count
    return first.count
  }

  mutating func clear() { self = PendingOutput() }
}
