import ArgumentParser
import Service

/// How fast source data and requests may come: options of `serve`.
struct IntakeOptions: ParsableArguments {
  @Option(
    help: .limit(
      "How far customers may fall behind their sources before intake is slowed, 0 for any: 429. (default: 60000)"))
  var projectionLagMsMax: Int?
  @Option(help: .limit("Requests a second that one key may make, 0 for any: 429. (default: 0)"))
  var requestsPerKeyPerSMax: Int?
  @Option(
    help: .limit(
      "How long mail of unknown senders waits for a source to name them before it is removed, 0 for ever. (default: 2592000)"
    ))
  var parkedInteractionSeconds: Int?

  /// The defaults, changed by the environment, changed by the options.
  func limits() throws -> IntakeLimits {
    var limits = IntakeLimits()
    try limits.set(\.projectionLagMsMax, to: projectionLagMsMax, named: "projection-lag-ms-max")
    try limits.set(\.requestsPerKeyPerSMax, to: requestsPerKeyPerSMax, named: "requests-per-key-per-s-max")
    try limits.set(\.parkedInteractionSeconds, to: parkedInteractionSeconds, named: "parked-interaction-seconds")
    guard limits.parkedInteractionSeconds <= IntakeLimits.parkedInteractionSecondsMax else {
      throw ValidationError(
        "--parked-interaction-seconds must be at most \(IntakeLimits.parkedInteractionSecondsMax), a hundred years")
    }
    return limits
  }
}
