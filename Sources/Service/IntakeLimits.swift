/// How fast source data and requests may come. Beyond it the answer is 429 with `Retry-After`.
public struct IntakeLimits: Sendable {
  /// How far the customers may fall behind their sources before intake is slowed, in milliseconds; 0 never slows it.
  public var projectionLagMsMax: Int
  /// Requests a second that one key may make; 0 is no limit.
  public var requestsPerKeyPerSMax: Int

  /// The defaults slow intake a minute behind, and limit no key.
  public init(projectionLagMsMax: Int = 60_000, requestsPerKeyPerSMax: Int = 0) {
    self.projectionLagMsMax = projectionLagMsMax
    self.requestsPerKeyPerSMax = requestsPerKeyPerSMax
  }
}
