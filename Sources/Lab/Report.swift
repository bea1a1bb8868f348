import Glibc

/// The one JSON object that a command prints as its last line.
public struct Report: Sendable {
  private var fields: [String] = []

  init() {}

  /// The object, on one line.
  public var json: String { "{" + fields.joined(separator: ", ") + "}" }

  mutating func add(_ name: String, _ value: Double) {
    fields.append("\"\(name)\": \(value.isFinite ? "\(value)" : "null")")
  }

  mutating func add(_ name: String, _ value: Int) { fields.append("\"\(name)\": \(value)") }

  mutating func add(_ name: String, _ value: Bool) { fields.append("\"\(name)\": \(value)") }

  mutating func add(_ name: String, _ value: String) { fields.append("\"\(name)\": \(quoted(value))") }

  mutating func add(_ name: String, _ value: Report) { fields.append("\"\(name)\": \(value.json)") }

  private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      default:
        if scalar.value < 32 {
          let hex = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}

/// Seconds that a piece of work took on the wall.
func measured<Result>(_ work: () throws(LabError) -> Result) throws(LabError) -> (result: Result, seconds: Double) {
  let clock = ContinuousClock()
  let start = clock.now
  let result = try work()
  return (result, seconds(clock.now - start))
}

/// A duration in seconds.
func seconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

/// Seconds of processor time that the process has used so far, over all threads.
func processorSeconds() -> Double {
  var time = timespec()
  // Fills the struct; this clock exists on every Linux.
  unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
