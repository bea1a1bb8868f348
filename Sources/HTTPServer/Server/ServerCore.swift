import Locks
import Logging
import Synchronization

/// What the loops of a server share: all of it immutable, atomic, or behind a lock.
final class ServerCore: Sendable {
  let configuration: HTTPServerConfiguration
  let limits: HTTPLimits
  let routes: RouteTable
  let hooks: HTTPHooks
  let logger: Logger
  let workers: WorkerPool
  let census: ConnectionCensus
  let tls: TLSContexts?
  let isDraining = Atomic<Bool>(false)
  /// Set once the listening socket is closed and everyone it let in belongs to a loop.
  let hasStoppedAccepting = Atomic<Bool>(false)
  let bytesInFlight = Atomic<Int>(0)
  let tally = ServerTally()

  init(
    configuration: HTTPServerConfiguration, router: Router, hooks: HTTPHooks, logger: Logger, tls: TLSContexts?
  ) {
    self.configuration = configuration
    limits = configuration.limits
    routes = router.compiled()
    self.hooks = hooks
    self.logger = logger
    self.tls = tls
    workers = WorkerPool(
      threads: limits.workersMax, writersMax: limits.writersMax, queueMax: limits.workerQueueMax)
    census = ConnectionCensus(max: limits.connectionsMax, perAddressMax: limits.connectionsPerAddressMax)
  }

  /// Accounts for bytes kept in memory; false when there would be too many.
  func reserve(_ bytes: Int) -> Bool {
    let (_, total) = bytesInFlight.add(bytes, ordering: .relaxed)
    guard total > limits.bytesInFlightMax else { return true }
    bytesInFlight.subtract(bytes, ordering: .relaxed)
    return false
  }

  /// Accounts for bytes that have to be kept whatever the total is: an answer that exists already.
  func hold(_ bytes: Int) { bytesInFlight.add(bytes, ordering: .relaxed) }

  func release(_ bytes: Int) {
    if bytes != 0 { bytesInFlight.subtract(bytes, ordering: .relaxed) }
  }

  /// The problem that an error thrown by the application stands for. Its own words go to the log, not to the client.
  func problem(for error: any Error, requestID: String) -> Problem {
    if let problem = error as? Problem { return problem }
    if let problem = hooks.problem?(error) { return problem }
    logger.error("handler failed", metadata: ["request_id": "\(requestID)", "error": "\(error)"])
    return Problem(.internalServerError, "internal_error", detail: "The request could not be answered.")
  }

  /// Answers of this size may always wait for their client in memory: they nearly always fit the socket, and a server that is
  /// full of answers nobody takes goes on serving those who do.
  static let smallAnswerBytes = 65_536

  /// Whether an answer may wait for its client in memory.
  func mayHold(_ bytes: Int) -> Bool {
    bytes <= Self.smallAnswerBytes || bytesInFlight.load(ordering: .relaxed) + bytes <= limits.bytesInFlightMax
  }

  func answer(_ problem: Problem, requestID: String) -> HTTPResponse {
    problem.response(requestID: requestID, retryAfterSeconds: limits.retryAfterS)
  }
}

/// The account of an answer between the worker that made it and the loop that sends it: as many as there are connections may
/// be on that way. Closed when the last reference goes, whatever became of the answer.
final class HeldMemory: Sendable {
  private let core: ServerCore
  private let bytes: Int

  /// Nil where there would be too many bytes in flight.
  init?(_ bytes: Int, _ core: ServerCore) {
    guard core.reserve(bytes) else { return nil }
    self.core = core
    self.bytes = bytes
  }

  deinit { core.release(bytes) }
}

/// Counts since the start, for metrics.
final class ServerTally: Sendable {
  let accepted = Atomic<Int>(0)
  let refusedConnections = Atomic<Int>(0)
  let requests = Atomic<Int>(0)
  let timeouts = Atomic<Int>(0)
  let overloads = Atomic<Int>(0)
  let parseFailures = Atomic<Int>(0)
}

/// A snapshot for metrics.
public struct HTTPCounters: Sendable, Equatable {
  /// Connections that are open.
  public var connectionsOpen: Int
  /// Connections accepted since the start.
  public var connectionsAccepted: Int
  /// Connections answered 503 for a limit.
  public var connectionsRefused: Int
  /// Requests answered.
  public var requests: Int
  /// Requests and connections ended by a timeout.
  public var timeouts: Int
  /// Requests answered 503 for a full queue or too many bytes.
  public var overloads: Int
  /// Connections ended for bytes that are no request.
  public var parseFailures: Int
  /// Bytes of bodies and answers in memory.
  public var bytesInFlight: Int
  /// Requests that wait for a worker.
  public var workerQueueDepth: Int
}

/// Who is connected: the total and the number per address.
final class ConnectionCensus: Sendable {
  private struct State {
    var total = 0
    var byAddress: [PeerAddress: Int] = [:]
  }

  private let state = Guarded(State())
  private let max: Int
  private let perAddressMax: Int

  init(max: Int, perAddressMax: Int) {
    self.max = max
    self.perAddressMax = perAddressMax
  }

  var total: Int { state.withLock { $0.total } }

  /// Counts a new connection; false when a limit is reached.
  func enter(_ address: PeerAddress) -> Bool {
    let host = address.host
    return state.withLock { state in
      guard state.total < max else { return false }
      if perAddressMax > 0, address.family != 0 {
        let count = state.byAddress[host, default: 0]
        guard count < perAddressMax else { return false }
        state.byAddress[host] = count + 1
      }
      state.total += 1
      return true
    }
  }

  func leave(_ address: PeerAddress) {
    let host = address.host
    state.withLock { state in
      state.total -= 1
      guard perAddressMax > 0, address.family != 0, let count = state.byAddress[host] else { return }
      state.byAddress[host] = count > 1 ? count - 1 : nil
    }
  }
}
