import BSON
import Glibc
import Logging
import Store
import Synchronization

/// Writes each log entry as one line of JSON on standard error.
///
/// Messages are constants; what varies stands in the metadata, under names of its own. A line is written by one call, so that
/// lines of several threads never mix, and control characters are escaped, so that no input can forge a line.
struct JSONLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level
  let label: String

  init(label: String, level: Logger.Level) {
    self.label = label
    logLevel = level
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var line = Array("{\"time\":".utf8)
    JSONEncoding.append(value: .date(WallClock.now()), to: &line)
    append("level", event.level.rawValue, to: &line)
    append("logger", label, to: &line)
    append("message", event.message.description, to: &line)
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    for (key, value) in all.sorted(by: { $0.key < $1.key }) { append(key, value.description, to: &line) }
    line.append(contentsOf: "}\n".utf8)
    writeError(line)
  }

  private func append(_ key: String, _ value: String, to line: inout [UInt8]) {
    line.append(UInt8(ascii: ","))
    JSONEncoding.append(string: key, to: &line)
    line.append(UInt8(ascii: ":"))
    JSONEncoding.append(string: value, to: &line)
  }

  /// Makes this the handler of every logger. To be called once, first thing.
  static func bootstrap(level: Logger.Level) {
    LoggingSystem.bootstrap { JSONLogHandler(label: $0, level: level) }
  }
}
