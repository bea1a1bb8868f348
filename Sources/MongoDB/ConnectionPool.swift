import CMongoC
import Logging

/// The clients of one deployment. A client is one thread's from `acquire` until its `Connection` ends.
///
/// Safe although it holds a pointer: the shim's pool locks for itself and is freed in deinit, nowhere else.
@safe
final class ConnectionPool: Sendable {
  // Shared by threads: the shim's pool locks for itself.
  nonisolated(unsafe) private let handle: OpaquePointer
  /// How long an operation waits for a primary once none is known.
  private let patienceMicroseconds: Int64
  private let logger: Logger

  init(
    uri: String, applicationName: String, clientsMax: Int, primaryPatienceMs: Int, logger: Logger
  ) throws(MongoError) {
    _ = DriverLog.isInitialized
    var options = c360_pool_options()
    options.clients_max = UInt32(clamping: max(clientsMax, 1))
    options.connect_timeout_ms = 2000
    // Waiting for a primary happens in the shim; libmongoc only has to find the one that is known.
    options.selection_timeout_ms = 200
    options.heartbeat_ms = 1000
    var isValid: Int32 = 0
    // The strings live for the call; the shim copies what it keeps.
    guard let made = unsafe c360_pool_new(uri, applicationName, options, &isValid) else {
      // libmongoc's own words may repeat the password.
      throw .invalidConfiguration(
        isValid == 0
          ? "the connection string cannot be read: mongodb://user:password@host:port,…/?options, with special "
            + "characters percent-encoded"
          : "the connection string's servers cannot be looked up")
    }
    unsafe handle = made
    patienceMicroseconds = Int64(primaryPatienceMs) * 1000
    self.logger = logger
  }

  deinit {
    // Every Connection holds the pool, so all clients are back.
    unsafe c360_pool_free(handle)
  }

  /// Whether a server that takes writes is known; costs one atomic load.
  var isWritable: Bool {
    // The pool is alive.
    unsafe c360_pool_is_writable(handle) != 0
  }

  /// Clients in use and clients made.
  var counts: (inUse: Int, made: Int) {
    var inUse: UInt32 = 0
    var made: UInt32 = 0
    // The pool is alive; the counters live for the call.
    unsafe c360_pool_counts(handle, &inUse, &made)
    return (Int(inUse), Int(made))
  }

  /// A client for this thread.
  func acquire(deadline: Deadline) throws(MongoError) -> Connection {
    // The pool is alive.
    guard let client = unsafe c360_pool_acquire(handle, deadline.microseconds) else {
      throw .unavailable(.poolExhausted)
    }
    return unsafe Connection(client: client, pool: self)
  }

  /// Called by a connection that ends, and by nothing else.
  fileprivate func release(_ client: OpaquePointer) {
    // The client came from this pool and its connection is gone.
    unsafe c360_pool_release(handle, client)
  }

  /// Waits until a server that takes writes is known.
  func waitForPrimary(deadline: Deadline) throws(MongoError) {
    // The pool is alive.
    guard unsafe c360_pool_wait_writable(handle, deadline.microseconds, patienceMicroseconds) != 0 else {
      throw .unavailable(.noPrimary)
    }
  }

  /// Notes a failure for the operator. The driver's words name servers, never data.
  func log(_ message: String, domain: UInt32, code: UInt32) {
    logger.debug(
      "MongoDB did not answer", metadata: ["reason": "\(message)", "domain": "\(domain)", "code": "\(code)"])
  }
}

/// A client of the pool in the hands of one thread. Ends by going back.
///
/// Safe although it holds a pointer: it cannot be copied, and the pool it came from outlives it.
@safe
struct Connection: ~Copyable {
  fileprivate let client: OpaquePointer
  let pool: ConnectionPool

  fileprivate init(client: OpaquePointer, pool: ConnectionPool) {
    unsafe self.client = client
    self.pool = pool
  }

  deinit {
    unsafe pool.release(client)
  }

  /// The next number for a write of this client's session.
  borrowing func nextTransaction() -> Int64 {
    // The client is ours.
    unsafe c360_client_next_transaction(client)
  }

  /// What became of a command: a server's reply, in the driver's buffer until the next command, or none.
  @safe
  enum Outcome {
    case reply(UnsafeBufferPointer<UInt8>)
    case silence(MongoError)
  }

  /// Sends a command once.
  borrowing func run(_ command: borrowing Command, database: String, deadline: Deadline) -> Outcome {
    // The bytes live for the call; the result's pointer until the client's next command, which only we can send.
    let result = unsafe command.bytes.withBytes { bytes in
      unsafe bytes.withUnsafeBufferPointer { buffer in
        unsafe c360_client_run(
          client, database, buffer.baseAddress, buffer.count, command.isWrite ? 1 : 0, deadline.microseconds)
      }
    }
    if let reply = unsafe result.bytes {
      return unsafe .reply(UnsafeBufferPointer(start: reply, count: result.length))
    }
    let (domain, code) = unsafe (result.domain, result.code)
    unsafe pool.log(String(cString: c360_client_message(client)), domain: domain, code: code)
    return .silence(MongoError(driverDomain: domain, code: code))
  }
}

extension MongoError {
  /// The error when no server answered: the one table for libmongoc's domains.
  init(driverDomain domain: UInt32, code: UInt32) {
    self =
      switch domain {
      case c360_domain_server_selection: .unavailable(.noPrimary)
      case c360_domain_client where code == c360_code_authenticate: .unavailable(.authentication)
      // A node without sessions is in no replica set.
      case c360_domain_client where code == c360_code_session: .unavailable(.noPrimary)
      case c360_domain_bson: .tooLarge
      default: .unavailable(.network)
      }
  }
}
