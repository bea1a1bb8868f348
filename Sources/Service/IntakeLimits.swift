/// How fast source data and requests may come. Beyond it the answer is 429 with `Retry-After`.
public struct IntakeLimits: Sendable {
  /// How far the customers may fall behind their sources before intake is slowed, in milliseconds; 0 never slows it.
  public var projectionLagMsMax: Int
  /// Requests a second that one key may make; 0 is no limit.
  public var requestsPerKeyPerSMax: Int
  /// For how long mail of unknown senders waits for them to be named, in seconds; 0 for ever.
  public var parkedInteractionSeconds: Int

  /// The longest that mail may be parked for, in seconds: a hundred years.
  public static let parkedInteractionSecondsMax = 36_525 * 86_400

  /// The defaults slow intake a minute behind, limit no key, and park mail for 30 days.
  public init(
    projectionLagMsMax: Int = 60_000, requestsPerKeyPerSMax: Int = 0, parkedInteractionSeconds: Int = 30 * 86_400
  ) {
    self.projectionLagMsMax = projectionLagMsMax
    self.requestsPerKeyPerSMax = requestsPerKeyPerSMax
    self.parkedInteractionSeconds = parkedInteractionSeconds
  }
}
