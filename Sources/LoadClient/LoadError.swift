/// Why loading stopped.
public enum LoadError: Error, Sendable, Equatable {
  /// An option makes no sense.
  case usage(String)
  /// A file cannot be read, or is not what it should be.
  case badFile(path: String, reason: String)
  /// The rejected lines cannot be written down.
  case rejectsNotWritable(path: String, reason: String)
  /// The service refuses all that is sent: wrong key, wrong address, wrong kind.
  case refused(status: Int, reason: String)
  /// No answer, or only answers that ask to come back later, for as long as the patience lasted.
  case unreachable(url: String, reason: String)

  /// The exit code of the command: 2 for what the caller can mend, 3 when the service is not there.
  public var exitCode: Int32 {
    switch self {
    case .usage, .badFile, .rejectsNotWritable, .refused: 2
    case .unreachable: 3
    }
  }

  /// One line for people.
  public var message: String {
    switch self {
    case .usage(let reason): reason
    case .badFile(let path, let reason): "\(path): \(reason)"
    case .rejectsNotWritable(let path, let reason): "cannot write rejected lines to \(path): \(reason)"
    case .refused(let status, let reason): "the service refuses the data (\(status)): \(reason)"
    case .unreachable(let url, let reason): "no service at \(url): \(reason)"
    }
  }
}
