import Glibc

/// Standard output without a buffer: what is written can be read at once, also through a pipe.
enum StandardOutput {
  /// Writes all of `text`; gives up when nobody reads it any more.
  static func write(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      // The slice lives through the call.
      let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      if written <= 0 { return }
      rest = rest.dropFirst(written)
    }
  }

  /// Whether somebody watches: progress bars are for terminals.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}
