import CSockets
import Glibc
import Locks
import Synchronization

/// One thread, one epoll, and the connections they own.
///
/// `@unchecked Sendable`: everything but `inbox` and `core` is touched by the loop's own thread only, which is the one that
/// runs `run`; other threads speak to it through `post`. `@safe`: `scratch` never leaves the loop; what is parsed in it is
/// copied before the next read.
///
/// `@exclusivity(unchecked)` on what every request touches: one thread, and what is handed `inout` to a call (the parser, the
/// encoder, an array's `append`) goes to code that knows no loop and so cannot come back to it. The checks took a twentieth
/// of a request.
@safe final class EventLoop: @unchecked Sendable {
  let core: ServerCore
  let index: Int
  let epoll: Int32
  private let wakeup: Int32
  private let timer: Int32
  /// When the timer goes off.
  private var alarm = Int.max

  private struct Inbox {
    var messages: [LoopMessage] = []
    var isClosed = false
  }

  /// The messages that the loop is at.
  private var received: [LoopMessage] = []
  private let inbox = Guarded(Inbox())
  private let ended = Guarded(false)
  /// How many connections this loop has: where the acceptor sends the next one.
  let load = Atomic<Int>(0)

  // As above.
  @safe @exclusivity(unchecked) var connections: [Connection?] = []
  private var freeSlots: [Int] = []
  private var generation: UInt32 = 0
  /// The most connections since memory was given back.
  private var peak = 0
  // As above.
  @safe @exclusivity(unchecked) var deadlines = DeadlineHeap()
  // As above.
  /// Connections whose turn ended before their socket was empty.
  @safe @exclusivity(unchecked) var unfinished: [Connection] = []
  var isStopping = false

  /// Where bytes are read to; what is complete is parsed right here. Allocated in init, freed when the loop's thread ends.
  let scratch: UnsafeMutableRawBufferPointer
  let scratchBytes: Int
  // As above.
  /// Answers of the turn under way, sent with one call.
  @safe @exclusivity(unchecked) var output: [UInt8] = []
  // As above.
  /// What is said of the answers in `output`.
  @safe @exclusivity(unchecked) var observations: [PendingObservation] = []
  // As above.
  /// What the observer is told at the end of the turn.
  @safe @exclusivity(unchecked) var written: [HTTPObservation] = []
  /// Routes for which requests wait together and no call has begun.
  var gathered: [Gathering] = []
  // As above.
  @safe @exclusivity(unchecked) private var spareStorages: [RequestStorage] = []
  var now = 0
  // As above.
  @safe @exclusivity(unchecked) var date = DateHeader()
  // As above.
  @safe @exclusivity(unchecked) var ids = RequestIDs()
  var acceptor: Acceptor?
  /// Connections over the limit that are in their TLS handshake, only to be told so.
  var refusals = 0
  /// When accepting goes on after descriptors ran out.
  var acceptResumesAt = Int.max

  private static let wakeupTag = UInt64.max
  static let listenerTag = UInt64.max - 1
  private static let timerTag = UInt64.max - 2

  init(core: ServerCore, index: Int) throws(HTTPServerError) {
    self.core = core
    self.index = index
    epoll = c360_epoll_create()
    guard epoll >= 0 else { throw .system(call: "epoll_create1", errno: -epoll) }
    wakeup = c360_wakeup_create()
    guard wakeup >= 0 else {
      c360_close(epoll)
      throw .system(call: "eventfd", errno: -wakeup)
    }
    timer = c360_timer_create()
    guard timer >= 0 else {
      c360_close(epoll)
      c360_close(wakeup)
      throw .system(call: "timerfd_create", errno: -timer)
    }
    scratchBytes = max(core.limits.inputBufferBytesMax, 4_096)
    // Freed in deinit, after the loop's thread has let go of the loop.
    unsafe scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: scratchBytes, alignment: 64)
    output.reserveCapacity(65_536)
    c360_epoll_add_reader(epoll, wakeup, Self.wakeupTag)
    c360_epoll_add_reader(epoll, timer, Self.timerTag)
  }

  deinit {
    // Allocated in init; nothing else frees it.
    unsafe scratch.deallocate()
    c360_close(timer)
    c360_close(wakeup)
    c360_close(epoll)
  }

  /// Tells the loop something, from any thread. After the loop's end nothing arrives; a handed descriptor is closed then.
  func post(_ message: LoopMessage) { post(CollectionOfOne(message)) }

  /// Tells the loop several things, waking it once.
  func post(_ messages: some Collection<LoopMessage>) {
    let (wasEmpty, isClosed) = inbox.withLock { inbox in
      if inbox.isClosed { return (false, true) }
      let wasEmpty = inbox.messages.isEmpty
      inbox.messages.append(contentsOf: messages)
      return (wasEmpty, false)
    }
    if wasEmpty { c360_wakeup_signal(wakeup) }
    guard isClosed else { return }
    for case .adopt(let descriptor, let peer) in messages {
      core.census.leave(peer)
      c360_close(descriptor)
    }
  }

  var hasEnded: Bool { ended.withLock { $0 } }

  func run() {
    var events = [c360_event](repeating: c360_event(), count: 256)
    while !isStopping {
      let timeout = waitMs()
      // The array has room for `count` events and outlives the call.
      let count = unsafe events.withUnsafeMutableBufferPointer {
        unsafe c360_epoll_wait(epoll, $0.baseAddress, Int32($0.count), timeout)
      }
      now = monotonicNs()
      date.refresh()
      for position in 0..<Int(max(count, 0)) { handle(events[position]) }
      let again = unfinished
      unfinished.removeAll(keepingCapacity: true)
      for connection in again where connection.phase != .closed { readable(connection) }
      expire()
      endTurn()
      if mayEnd { break }
    }
    end()
  }

  /// How long the loop may wait for events. Deadlines wake it by the timer, which is set only for one earlier than it is set
  /// to: as most deadlines move later before they come, a wait nearly always costs the kernel no timer.
  private func waitMs() -> Int32 {
    let first = nextDeadline
    if first < alarm {
      alarm = first
      c360_timer_set(timer, first)
    }
    guard unfinished.isEmpty else { return 0 }
    return gathered.isEmpty ? -1 : Int32(Gathering.patienceNs / 1_000_000)
  }

  /// What the turn gave is passed on all at once: requests to be answered together, and what the observer is told.
  private func endTurn() {
    gathered.removeAll { !$0.begin(on: core.workers, now: now) }
    tellObserver()
  }

  private func tellObserver() {
    guard !written.isEmpty else { return }
    core.hooks.observe?(written)
    written.removeAll(keepingCapacity: true)
  }

  /// Draining is over here: no one is connected, and no one will be sent.
  private var mayEnd: Bool {
    core.hasStoppedAccepting.load(ordering: .acquiring) && load.load(ordering: .relaxed) == 0
      && inbox.withLock { $0.messages.isEmpty }
  }

  private func handle(_ event: c360_event) {
    switch event.tag {
    case Self.wakeupTag:
      c360_wakeup_clear(wakeup)
      // The two arrays change places, so that neither grows anew.
      inbox.withLock { swap(&$0.messages, &received) }
      for message in received { receive(message) }
      received.removeAll(keepingCapacity: true)
    case Self.listenerTag: acceptor?.accept(on: self)
    case Self.timerTag:
      // What is due is ended at the end of the turn, whoever woke the loop.
      c360_wakeup_clear(timer)
      alarm = .max
    default:
      let slot = Int(event.tag & 0xFFFF_FFFF)
      guard slot < connections.count, let connection = connections[slot], connection.tag == event.tag else { return }
      ready(connection, flags: event.flags)
    }
  }

  private func receive(_ message: LoopMessage) {
    switch message {
    case .adopt(let descriptor, let peer): adopt(descriptor, peer)
    case .result(let ticket, let result):
      guard let connection = connection(ticket) else { return }
      receive(result, for: connection)
    case .drain: drain()
    case .stop: isStopping = true
    }
  }

  private func connection(_ ticket: Ticket) -> Connection? {
    guard ticket.slot < connections.count, let connection = connections[ticket.slot],
      connection.generation == ticket.generation, connection.serial == ticket.serial
    else { return nil }
    return connection
  }

  // MARK: Connections

  /// Makes an accepted descriptor, already counted by the census unless it is refused, a connection of this loop.
  func adopt(_ descriptor: Int32, _ peer: PeerAddress, isRefused: Bool = false) {
    let slot = freeSlots.popLast() ?? connections.count
    if slot == connections.count { connections.append(nil) }
    generation &+= 1
    let connection = Connection(
      descriptor: descriptor, peer: peer, slot: slot, generation: generation, limits: core.limits)
    connection.isRefused = isRefused
    connections[slot] = connection
    let (_, count) = load.add(1, ordering: .relaxed)
    peak = max(peak, count)
    guard c360_epoll_add_connection(epoll, descriptor, connection.tag) == 0 else { return close(connection) }
    begin(connection)
  }

  /// Gives back everything that the connection holds. Late events and results find its generation gone.
  func close(_ connection: Connection, withReset: Bool = false) {
    guard connection.phase != .closed else { return }
    connection.phase = .closed
    connections[connection.slot] = nil
    freeSlots.append(connection.slot)
    deadlines.remove(connection.slot)
    core.release(connection.reserved + connection.pending.heldBytes)
    connection.pending.clear()
    connection.input = []
    if !withReset { connection.tls?.endOutput() }
    connection.tls = nil
    if withReset { c360_reset(connection.descriptor) } else { c360_close(connection.descriptor) }
    giveBack(connection)
    // A stream that was cut is told of all the same.
    noteStreamEnded(connection)
    connection.consumer = nil
    connection.producer = nil
    load.subtract(1, ordering: .relaxed)
    if connection.isRefused { refusals -= 1 } else { core.census.leave(connection.peer) }
    releaseMemory()
  }

  /// After a crowd has left: back to the size of a server that never saw it.
  private func releaseMemory() {
    let left = load.load(ordering: .relaxed)
    guard peak >= 64, left * 4 <= peak else { return }
    peak = left
    spareStorages = []
    if left == 0 {
      connections = []
      freeSlots = []
      deadlines = DeadlineHeap()
    }
    c360_trim_memory()
  }

  /// The storage of the request being read; a fresh one if the last request is answered.
  func freshStorage(_ connection: Connection) -> RequestStorage {
    if connection.isAnswered { giveBack(connection) }
    if let storage = connection.storage { return storage }
    let storage = spareStorages.popLast() ?? RequestStorage()
    connection.storage = storage
    return storage
  }

  /// The request is answered, or there is none. If nobody else holds its storage, the next request is read into it: callers
  /// have let go of theirs.
  func giveBack(_ connection: Connection) {
    connection.isAnswered = false
    guard var storage = connection.storage.take() else { return }
    if isKnownUniquelyReferenced(&storage), spareStorages.count < 32 {
      storage.clear()
      spareStorages.append(storage)
    }
  }

  private func end() {
    acceptor?.close(on: self)
    acceptor = nil
    let messages = inbox.withLock { inbox in
      inbox.isClosed = true
      return take(&inbox.messages)
    }
    for case .adopt(let descriptor, let peer) in messages {
      core.census.leave(peer)
      c360_close(descriptor)
    }
    for connection in connections { if let connection { close(connection) } }
    tellObserver()
    ended.withLock { $0 = true }
  }
}

/// The value, leaving an empty array.
private func take(_ messages: inout [LoopMessage]) -> [LoopMessage] {
  var taken: [LoopMessage] = []
  swap(&taken, &messages)
  return taken
}
