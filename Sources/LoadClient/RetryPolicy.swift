/// How long to wait before another try, and when to give up. No clock inside.
public struct RetryPolicy: Sendable {
  /// The first wait, at most; each further one may be twice as long.
  public var firstDelayMs = 200
  /// No wait is longer, whatever the service asks for.
  public var delayMsMax = 15_000
  /// No try begins after this time since the first.
  public var patienceMs = 60_000
  /// The same while the service has never answered.
  public var firstPatienceMs = 10_000

  /// The defaults.
  public init() {}

  /// The wait before try `attempt` (1 is the second try), or nil to give up.
  ///
  /// A service that says when to come back is obeyed. Else the wait is a random part, from a half up, of an exponentially
  /// growing one, so that several clients do not come back together.
  /// - Parameter chance: 0..<1.
  func delayMs(attempt: Int, retryAfterSeconds: Int, elapsedMs: Int, chance: Double) -> Int? {
    let grown = min(delayMsMax, firstDelayMs << min(attempt - 1, 20))
    let wanted = retryAfterSeconds > 0 ? retryAfterSeconds * 1000 : Int(Double(grown) * (0.5 + chance / 2))
    let delay = min(wanted, delayMsMax)
    return elapsedMs + delay > patienceMs ? nil : delay
  }
}
