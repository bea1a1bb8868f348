/// What can go wrong between us and MongoDB. Nothing here repeats the driver's or the server's words, which may hold data:
/// those go to the log.
public enum MongoError: Error, Sendable, Hashable {
  /// Nothing can be stored or read just now; a later try may succeed.
  case unavailable(Unavailability)
  /// The deadline passed while the server was at work. Whether a write happened is unknown.
  case deadlineExceeded
  /// A unique index has the key already.
  case duplicateKey
  /// Another transaction changed the same document; the whole may be tried again.
  case writeConflict
  /// The write is done on the primary, yet a majority did not confirm it in time. It may be lost.
  case writeConcernFailed(code: Int)
  /// The server refused the command.
  case command(code: Int, codeName: String, labels: [String])
  /// A document or command is larger than MongoDB takes.
  case tooLarge
  /// The change stream cannot go on from its token: the oplog no longer reaches back to it. Start anew from a full read.
  case changeStreamHistoryLost
  /// The server's reply lacks what it must have.
  case malformedReply(String)
  /// The URI or an option makes no sense; the text is for the operator.
  case invalidConfiguration(String)
  /// The private mongod could not be started.
  case privateServer(PrivateServerProblem)

  /// Why nothing can be stored or read just now.
  public enum Unavailability: String, Sendable, Hashable {
    /// No server that takes writes is known.
    case noPrimary = "no_primary"
    /// The connection broke or timed out.
    case network
    /// Every client of the pool was in use until the deadline.
    case poolExhausted = "pool_exhausted"
    /// The server does not accept our credentials.
    case authentication
  }

  /// Why a private mongod did not start.
  public enum PrivateServerProblem: Sendable, Hashable {
    /// There is no mongod in any of these places.
    case notFound(searched: [String])
    /// Another service, or a mongod that is not ours, uses the data folder.
    case dataFolderInUse(String)
    /// The data folder cannot be made or written.
    case dataFolder(String, errno: Int32)
    /// It ended before it was ready; its log says why.
    case ended(status: Int32, log: String)
    /// It did not become primary in time.
    case notReady(log: String)
  }

  /// Whether the same operation may succeed when tried again later.
  public var isRetryable: Bool {
    switch self {
    case .unavailable(let reason): reason != .authentication
    case .deadlineExceeded, .writeConflict, .writeConcernFailed: true
    case .command(let code, _, let labels):
      ServerCode.isTransient(code) || labels.contains("RetryableWriteError")
        || labels.contains("TransientTransactionError")
    case .duplicateKey, .tooLarge, .changeStreamHistoryLost, .malformedReply, .invalidConfiguration, .privateServer:
      false
    }
  }
}
