import BSON
import Glibc
import Logging
import Synchronization

/// A replica set of one node for ourselves: a mongod that we start, watch and stop. It listens on a Unix socket in its data
/// folder and nowhere else, runs no JavaScript, and dies with this process, however that ends.
///
/// The set's only member is named by the socket's path relative to the data folder, which is mongod's current folder: so
/// the folder can be moved or copied.
public final class PrivateMongod: Sendable {
  /// How the server is run.
  public struct Options: Sendable {
    /// Memory for the storage engine's cache.
    public var cacheMegabytes: Int
    /// Size of the oplog: how far a change stream can go back.
    public var oplogMegabytes: Int
    /// Server parameters (`--setParameter`) beyond our own.
    public var parameters: [String: String]
    /// How long the start may take, recovery after a crash included.
    public var startTimeoutMs: Int
    /// How long a clean end may take before the server is killed.
    public var stopTimeoutMs: Int

    /// Options; the defaults where not given.
    public init(
      cacheMegabytes: Int = 512, oplogMegabytes: Int = 1024, parameters: [String: String] = [:],
      startTimeoutMs: Int = 60_000, stopTimeoutMs: Int = 10_000
    ) {
      self.cacheMegabytes = cacheMegabytes
      self.oplogMegabytes = oplogMegabytes
      self.parameters = parameters
      self.startTimeoutMs = startTimeoutMs
      self.stopTimeoutMs = stopTimeoutMs
    }
  }

  /// The connection string.
  public let uri: String
  /// mongod's log.
  public let logPath: String
  private let process: MongodProcess
  /// Keeps the folder's lock until the server is stopped.
  private let folder: DataFolder
  private let options: Options

  /// Starts a server on a data folder, which is made when missing, and waits until it takes writes. A leftover of a service
  /// that was killed is removed first; a folder in use by somebody else is refused.
  public static func start(
    dataFolder: String, options: Options = Options(), logger: Logger = Logger(label: "mongod")
  ) throws(MongoError) -> PrivateMongod {
    let program = try MongodLocation.find()
    let folder = try DataFolder(dataFolder)
    let server = try PrivateMongod(program: program, folder: folder, options: options, logger: logger)
    do throws(MongoError) {
      try server.waitUntilPrimary(.after(milliseconds: options.startTimeoutMs))
    } catch {
      server.kill()
      throw error
    }
    server.process.keepAlive()
    folder.record(uri: server.uri)
    return server
  }

  /// The connection string of the server that another process of this machine runs on a data folder; nil when none does.
  public static func runningURI(dataFolder: String) -> String? { DataFolder.notedURI(in: dataFolder) }

  private init(program: String, folder: DataFolder, options: Options, logger: Logger) throws(MongoError) {
    self.folder = folder
    self.options = options
    logPath = folder.log
    let socket = try folder.socketPath()
    uri = "mongodb://\(PrivateMongod.percentEncoded(socket))/?directConnection=true"
    process = try MongodProcess(
      arguments: PrivateMongod.arguments(program, options), directory: folder.path, logPath: folder.log
    ) { event in
      switch event {
      case .started(let pid):
        folder.record(pid: pid)
        logger.info("private mongod started", metadata: ["pid": "\(pid)"])
      case .ended(let status, let pause):
        logger.notice(
          "private mongod ended",
          metadata: ["status": "\(status)", "restartsAfterMs": "\(pause.map(String.init) ?? "never")"])
      }
    }
  }

  /// The server's process id; 0 while it is being started again.
  public var pid: Int32 { process.pid }

  /// Stops the server: cleanly when it manages in time, else by force. Returns when it is gone. Doing it twice is harmless.
  public func stop() {
    process.stop(gracefullyUntil: .after(milliseconds: options.stopTimeoutMs))
    folder.release()
  }

  /// Kills the server at once; its journal keeps what it acknowledged. For tests and for throw-away data.
  public func kill() {
    process.stop(gracefullyUntil: nil)
    folder.release()
  }

  /// Lets the server die as in a crash; it is started again.
  package func crash() {
    process.signal(SIGKILL)
  }

  // MARK: Starting

  private static let setName = "customer360"
  /// Relative to the data folder, where mongod runs.
  private static let memberName = "./mongod.sock"

  private static func arguments(_ program: String, _ options: Options) -> [String] {
    var parameters = options.parameters
    parameters["shutdownTimeoutMillisForSignaledShutdown"] = "100"
    parameters["diagnosticDataCollectionEnabled"] = "false"
    return [
      program, "--dbpath", "db", "--bind_ip", memberName, "--replSet", setName, "--noscripting", "--quiet",
      "--oplogSize", "\(options.oplogMegabytes)",
      // In gigabytes; a quarter of one is the least the server takes.
      "--wiredTigerCacheSizeGB", "\(max(Double(options.cacheMegabytes) / 1024, 0.25))",
    ] + parameters.sorted { $0.key < $1.key }.flatMap { ["--setParameter", "\($0.key)=\($0.value)"] }
  }

  private static func percentEncoded(_ path: String) -> String {
    path.utf8.map { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
        String(UnicodeScalar(byte))
      default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }.joined()
  }

  private func waitUntilPrimary(_ deadline: Deadline) throws(MongoError) {
    let socket = folder.path + "/mongod.sock"
    // A driver that finds nobody waits half a second before it looks again: so look for the socket first.
    while !PrivateMongod.accepts(socket, in: folder.path) {
      if process.hasEnded(by: .after(milliseconds: 5)) {
        throw .privateServer(.ended(status: process.lastStatus, log: logPath))
      }
      guard !deadline.hasPassed else { throw .privateServer(.notReady(log: logPath)) }
    }
    let database = try MongoDatabase(uri: uri, database: "admin", poolSizeMax: 1, changeStreamsMax: 0)
    while true {
      do throws(MongoError) {
        if try isPrimary(database, deadline: deadline) { return }
      } catch  where error.isRetryable {
        // Not up yet: asked again until the deadline.
      }
      if process.hasEnded(by: .after(milliseconds: 5)) {
        throw .privateServer(.ended(status: process.lastStatus, log: logPath))
      }
      guard !deadline.hasPassed else { throw .privateServer(.notReady(log: logPath)) }
    }
  }

  /// Whether the node takes writes; makes it a replica set when it is none yet.
  private func isPrimary(_ database: MongoDatabase, deadline: Deadline) throws(MongoError) -> Bool {
    let hello = try database.runAdmin(BSONDocument { $0.append("hello", 1) }, deadline: deadline)
    if hello.bool("isWritablePrimary") == true, hello.string("setName") != nil { return true }
    guard hello.bool("isreplicaset") == true else { return false }
    let initiate = BSONDocument { command in
      command.append("replSetInitiate") { set in
        set.append("_id", PrivateMongod.setName)
        set.append("members") { members in
          members.append { member in
            member.append("_id", 0)
            member.append("host", PrivateMongod.memberName)
          }
        }
      }
    }
    do throws(MongoError) {
      _ = try database.runAdmin(initiate, deadline: deadline)
    } catch .command(23, _, _) {
      // AlreadyInitialized: by the try before this one.
    }
    return false
  }

  /// Whether something listens on the socket. Its name may be too long for an address, so it is looked at from its folder's
  /// descriptor.
  private static func accepts(_ path: String, in folder: String) -> Bool {
    // The path lives for the call.
    let directory = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return false }
    defer { close(directory) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array("/proc/self/fd/\(directory)/mongod.sock".utf8)
    // The name is far shorter than the 108 bytes of the address, which starts as zeros.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }
}
