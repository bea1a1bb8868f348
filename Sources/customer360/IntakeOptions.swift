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
    try set(\.projectionLagMsMax, to: projectionLagMsMax, named: "projection-lag-ms-max", in: &limits)
    try set(\.requestsPerKeyPerSMax, to: requestsPerKeyPerSMax, named: "requests-per-key-per-s-max", in: &limits)
    return limits
  }

  private func set(
    _ limit: WritableKeyPath<IntakeLimits, Int>, to option: Int?, named name: String, in limits: inout IntakeLimits
  ) throws {
    guard let value = try option ?? Environment.int(forOption: name) else { return }
    guard value >= 0 else { throw ValidationError("--\(name) must not be negative") }
    limits[keyPath: limit] = value
  }
}
