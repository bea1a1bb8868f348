import Glibc

/// Writes a line to standard error.
func printError(_ text: String) { writeError(text + "\n") }

/// Writes text to standard error as it is.
func writeError(_ text: String) {
  var text = text
  // The bytes outlive the call. What cannot be written to standard error is lost: there is nobody left to tell.
  text.withUTF8 { bytes in _ = unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
}
