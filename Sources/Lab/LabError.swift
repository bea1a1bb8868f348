/// Why a lab command stopped. The message names the file, and the line and column where there is one.
public enum LabError: Error, Sendable, Equatable {
  /// A file's content is not what the command needs. Line and column count from 1, the column in bytes.
  case input(file: String, line: Int, column: Int, message: String)
  /// A file cannot be opened, read or written.
  case file(path: String, message: String)
  /// The options do not fit together or are out of range.
  case usage(String)
  /// There is not enough data, or the model refuses it.
  case model(String)

  /// The message for people: `file:line:column: what is wrong`.
  public var message: String {
    switch self {
    case .input(let file, let line, let column, let message): "\(file):\(line):\(column): \(message)"
    case .file(let path, let message): "\(path): \(message)"
    case .usage(let message), .model(let message): message
    }
  }

  /// The exit code of the command: 2 for all of them, since each is the input's fault.
  public var exitCode: Int32 { 2 }
}

/// Refuses a number of threads that is none.
func checkThreads(_ threads: Int) throws(LabError) {
  guard (1...1024).contains(threads) else { throw .usage("--threads must be 1...1024, not \(threads)") }
}
