import CSockets
import Glibc
import Locks
import Logging
import Synchronization

/// An HTTP/1.1 server on sockets of its own: `start`, then `drain` or `stop`.
///
///     let server = HTTPServer(configuration: .init(listen: .tcp(host: "127.0.0.1", port: 8080)))
///     var router = Router()
///     router.on(.get, "/hello/{name}", run: .onLoop) { .text("Hello, \($0.parameter("name"))\n") }
///     try server.start(router)
public final class HTTPServer: Sendable {
  private struct State {
    var core: ServerCore?
    var loops: [EventLoop] = []
    var port = 0
  }

  private let configuration: HTTPServerConfiguration
  private let logger: Logger
  private let state = Guarded(State())
  private let draining = Atomic<Bool>(false)

  /// A server that does not listen yet. Handlers may hold on to it.
  public init(configuration: HTTPServerConfiguration = .init(), logger: Logger = Logger(label: "http")) {
    self.configuration = configuration
    self.logger = logger
  }

  /// Listens and begins to answer on threads of its own. Returns the port.
  @discardableResult
  public func start(_ router: Router, hooks: HTTPHooks = .init()) throws(HTTPServerError) -> Int {
    let core = ServerCore(
      configuration: configuration, router: router, hooks: hooks, logger: logger, tls: try makeTLS())
    let started = state.withLock { state in
      guard state.core == nil else { return false }
      state.core = core
      return true
    }
    guard started else { throw .alreadyStarted }
    do throws(HTTPServerError) {
      return try run(core)
    } catch {
      state.withLock { $0 = State() }
      throw error
    }
  }

  private func run(_ core: ServerCore) throws(HTTPServerError) -> Int {
    c360_map_large_buffers()
    let listener = try listen()
    let port = Int(c360_local_port(listener))
    var loops: [EventLoop] = []
    do throws(HTTPServerError) {
      for index in 0..<configuration.loops { loops.append(try EventLoop(core: core, index: index)) }
      let acceptor = Acceptor(listener: listener, core: core, loops: loops)
      loops[0].acceptor = acceptor
      acceptor.start(on: loops[0])
      try core.workers.start()
      for loop in loops { try startThread(name: "http-loop-\(loop.index)") { loop.run() } }
    } catch {
      c360_close(listener)
      for loop in loops { loop.post(.stop) }
      core.workers.stop()
      throw error
    }
    let running = loops
    state.withLock { state in
      state.loops = running
      state.port = port
    }
    return port
  }

  private func listen() throws(HTTPServerError) -> Int32 {
    switch configuration.listen {
    case .tcp(let host, let port):
      // The string is read during the call only.
      let result = unsafe host.withCString { unsafe c360_listen($0, UInt16(clamping: port), 4_096) }
      guard result >= 0 else { throw .cannotListen(host: host, port: port, errno: -result) }
      return result
    case .inherited(let descriptor):
      guard c360_adopt_listener(descriptor) >= 0 else { throw .notAListeningSocket(descriptor) }
      return descriptor
    }
  }

  private func makeTLS() throws(HTTPServerError) -> TLSContexts? {
    guard let files = configuration.tls else { return nil }
    return try TLSContexts(files)
  }

  /// Reads the certificate files again, for SIGHUP. New connections get the new ones; nobody is disconnected. When the files
  /// are not usable the old certificates stay and the error says why.
  public func reloadCertificates() throws(HTTPServerError) {
    try state.withLock { $0.core }?.tls?.reload()
  }

  /// The port that the server listens on, 0 before `start`.
  public var port: Int { state.withLock { $0.port } }

  /// Whether the server is ending: its readiness is over, its connections are told to close.
  public var isDraining: Bool { draining.load(ordering: .relaxed) }

  /// Stops accepting, lets requests in flight end, tells connections to close, and ends. Blocks until everything is
  /// answered or the time (`drainTimeoutMs` unless given) is over; then what is left is cut. Returns whether nothing was.
  @discardableResult
  public func drain(timeoutMs: Int? = nil) -> Bool {
    draining.store(true, ordering: .relaxed)
    let (core, loops) = state.withLock { ($0.core, $0.loops) }
    guard let core else { return true }
    core.isDraining.store(true, ordering: .relaxed)
    // The first loop has the listening socket: it tells the others when that is closed.
    loops.first?.post(.drain)
    let deadline = monotonicNs() + (timeoutMs ?? configuration.limits.drainTimeoutMs) * 1_000_000
    while monotonicNs() < deadline, !loops.allSatisfy(\.hasEnded) { pause(milliseconds: 5) }
    let isClean = loops.allSatisfy(\.hasEnded)
    stop()
    return isClean
  }

  /// Ends at once: connections are closed as they are. A loop whose handler hangs is given a second, then left behind.
  public func stop() {
    draining.store(true, ordering: .relaxed)
    let (core, loops) = state.withLock { ($0.core, $0.loops) }
    for loop in loops { loop.post(.stop) }
    let deadline = monotonicNs() + 1_000_000_000
    while monotonicNs() < deadline, !loops.allSatisfy(\.hasEnded) { pause(milliseconds: 1) }
    core?.workers.stop()
    // Lets go of the router: its handlers may hold the server.
    state.withLock { $0.loops = [] }
  }

  private func pause(milliseconds: Int) {
    var time = timespec(tv_sec: 0, tv_nsec: milliseconds * 1_000_000)
    // The pointer is to a local that outlives the call.
    unsafe nanosleep(&time, nil)
  }

  /// What the server counts, for metrics.
  public var counters: HTTPCounters {
    let core = state.withLock { $0.core }
    func load(_ path: (ServerTally) -> Int) -> Int { core.map { path($0.tally) } ?? 0 }
    return HTTPCounters(
      connectionsOpen: core?.census.total ?? 0,
      connectionsAccepted: load { $0.accepted.load(ordering: .relaxed) },
      connectionsRefused: load { $0.refusedConnections.load(ordering: .relaxed) },
      requests: load { $0.requests.load(ordering: .relaxed) },
      timeouts: load { $0.timeouts.load(ordering: .relaxed) },
      overloads: load { $0.overloads.load(ordering: .relaxed) },
      parseFailures: load { $0.parseFailures.load(ordering: .relaxed) },
      bytesInFlight: core?.bytesInFlight.load(ordering: .relaxed) ?? 0,
      workerQueueDepth: core?.workers.depth ?? 0)
  }

  /// Raises the process's soft limit on open descriptors to the hard one. Call it before `HTTPLimits` is made: its
  /// `connectionsMax` follows from the limit. Returns the limit in force.
  @discardableResult
  public static func raiseDescriptorLimit() -> Int { Int(c360_raise_descriptor_limit()) }

  /// The first of the listening sockets that the process was started with by socket activation (sd_listen_fds(3)): the
  /// environment says LISTEN_PID and LISTEN_FDS, the descriptors begin at 3. Nil when it was not.
  public static func inheritedSocket(environment: [String: String]) -> Int32? {
    guard let pid = environment["LISTEN_PID"], pid == String(getpid()),
      let count = environment["LISTEN_FDS"].flatMap({ Int($0) }), count >= 1
    else { return nil }
    return 3
  }
}
