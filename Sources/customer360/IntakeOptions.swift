import ArgumentParser
import Service

/// How fast source data and requests may come: options of `serve`.
struct IntakeOptions: ParsableArguments {
  @Option(
    name: .customLong("projection-lag-ms-max"),
    help: ArgumentHelp(
      "How far customers may fall behind their sources before intake is slowed, 0 for any: 429. (default: 60000)",
      valueName: "n")) var projectionLagMsMax: Int?
  @Option(
    name: .customLong("requests-per-key-per-s-max"),
    help: ArgumentHelp("Requests a second that one key may make, 0 for any: 429. (default: 0)", valueName: "n"))
  var requestsPerKeyPerSMax: Int?

  /// The defaults, changed by the environment, changed by the options.
  func limits() throws -> IntakeLimits {
    var limits = IntakeLimits()
    try limits.set(\.projectionLagMsMax, to: projectionLagMsMax, named: "projection-lag-ms-max")
    try limits.set(\.requestsPerKeyPerSMax, to: requestsPerKeyPerSMax, named: "requests-per-key-per-s-max")
    return limits
  }
}
