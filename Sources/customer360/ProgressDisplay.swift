import Glibc
import LoadClient

/// Progress on standard error: a bar that is drawn over itself on a terminal, else a line every few seconds. The line of a
/// finished file goes to standard output.
final class ProgressDisplay {
  private let isQuiet: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var shownAtMs = 0
  private var width = 0

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  func show(_ event: Loader.Event) {
    switch event {
    case .progress(let progress):
      guard !isQuiet else { return }
      if isTerminal {
        draw(progress.text)
      } else if progress.summary.milliseconds - shownAtMs >= 5000 {
        shownAtMs = progress.summary.milliseconds
        printError(progress.text)
      }
    case .finished(let path, let summary, let rejectsPath):
      if isTerminal, !isQuiet { draw("") }
      shownAtMs = 0
      StandardOutput.write("\(path): \(summary.text)\n")
      if summary.rejected > 0 { printError("rejected lines of \(path) are in \(rejectsPath)") }
    }
  }

  /// Draws a line over the last one.
  private func draw(_ text: String) {
    let padding = String(repeating: " ", count: max(0, width - text.count))
    width = text.count
    writeError("\r\(text)\(padding)\(text.isEmpty ? "\r" : "")")
  }
}
