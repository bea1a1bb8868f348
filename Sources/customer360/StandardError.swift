import Glibc

/// Writes a line to standard error.
func printError(_ text: String) { writeError(text + "\n") }

/// Writes text to standard error as it is.
func writeError(_ text: String) { writeError(Array(text.utf8)) }

/// Writes bytes to standard error by one call, so that lines of several threads never mix.
func writeError(_ bytes: [UInt8]) {
  // The bytes outlive the call. What cannot be written to standard error is lost: there is nobody left to tell.
  unsafe bytes.withUnsafeBytes { _ = unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
