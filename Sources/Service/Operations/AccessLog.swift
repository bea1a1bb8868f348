import BSON
import HTTPServer
import Logging
import Store

/// One line of JSON for each answered request: constant words, ids and figures, never a path, a query or a field's value.
///
/// | field | what |
/// |---|---|
/// | `time` | when the answer was handed to the kernel, RFC 3339 |
/// | `level`, `logger`, `message` | `info` (`debug` for a probe that went well), `http`, `request` |
/// | `method`, `route`, `status` | the method, the route's pattern (`-` without one), the status |
/// | `request_id`, `trace_id`, `remote` | the request's id, the client's trace (`-` without one), the client's address |
/// | `key_id` | the public part of the key that the request came with; left out without one, or when it is not good |
/// | `body_bytes`, `response_bytes` | content received and sent |
/// | `head_us`, `body_us`, `queue_us`, `handler_us`, `write_us` | the phases of the request in microseconds |
///
/// Lines of one turn of the server are written together, by one call.
struct AccessLog: Sendable {
  /// Writes lines; called from the server's loops, must not block for long.
  let write: @Sendable ([UInt8]) -> Void
  /// What is below is left out.
  let level: Logger.Level
  /// Routes that are asked every second from everywhere: their good answers are for those who look for them.
  let probes: Set<String>

  /// Writes the lines of some answers.
  func append(_ observations: [HTTPObservation]) {
    guard level <= .info else { return }
    var lines: [UInt8] = []
    lines.reserveCapacity(observations.count * 400)
    let now = WallClock.now()
    for observation in observations {
      let isQuiet = observation.status == 200 && probes.contains(observation.route)
      guard !isQuiet || level <= .debug else { continue }
      Self.append(observation, at: now, level: isQuiet ? "debug" : "info", to: &lines)
    }
    if !lines.isEmpty { write(lines) }
  }

  private static func append(
    _ observation: HTTPObservation, at time: BSONDate, level: StaticString, to out: inout [UInt8]
  ) {
    append("{\"time\":", to: &out)
    JSONEncoding.append(value: .date(time), to: &out)
    append(",\"level\":\"", to: &out)
    append(level, to: &out)
    append("\",\"logger\":\"http\",\"message\":\"request\"", to: &out)
    field("method", observation.method, to: &out)
    field("route", observation.route, to: &out)
    field("status", observation.status, to: &out)
    field("request_id", observation.requestID, to: &out)
    field("trace_id", observation.trace?.traceID ?? "-", to: &out)
    field("remote", observation.remoteAddress, to: &out)
    if let key = keyId(observation) { field("key_id", key, to: &out) }
    field("body_bytes", observation.bodyBytes, to: &out)
    field("response_bytes", observation.responseBytes, to: &out)
    field("head_us", observation.headNs / 1_000, to: &out)
    field("body_us", observation.bodyNs / 1_000, to: &out)
    field("queue_us", observation.queueNs / 1_000, to: &out)
    field("handler_us", observation.handlerNs / 1_000, to: &out)
    field("write_us", observation.writeNs / 1_000, to: &out)
    append("}\n", to: &out)
  }

  /// A key that was refused is nobody's, whatever id it claims.
  private static func keyId(_ observation: HTTPObservation) -> String? {
    switch observation.principal as? Credential {
    case .caller(let caller): caller.keyId
    // The worker found it to be good, if it has answered.
    case .unknownKey(let key): observation.status < 400 ? key.id : nil
    case nil: nil
    }
  }

  private static func field(_ name: StaticString, _ value: String, to out: inout [UInt8]) {
    begin(name, to: &out)
    JSONEncoding.append(string: value, to: &out)
  }

  private static func field(_ name: StaticString, _ value: Int, to out: inout [UInt8]) {
    begin(name, to: &out)
    JSONEncoding.append(value: .int64(Int64(value)), to: &out)
  }

  private static func begin(_ name: StaticString, to out: inout [UInt8]) {
    append(",\"", to: &out)
    append(name, to: &out)
    append("\":", to: &out)
  }

  private static func append(_ text: StaticString, to out: inout [UInt8]) {
    // A StaticString of ASCII has a pointer to constant memory of the length it says.
    unsafe out.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
