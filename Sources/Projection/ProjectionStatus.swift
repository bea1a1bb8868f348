import BSON

/// What the projector says about itself, for metrics and readiness.
public struct ProjectionStatus: Sendable {
  /// Whether this process does the projecting; another replica may.
  public var isActive = false
  /// Source changes worked off since the start.
  public var changesApplied = 0
  /// Customers written since the start.
  public var customersWritten = 0
  /// Passes that failed and were tried again.
  public var passesFailed = 0
  /// Sources that could not be projected and were put aside since the start.
  public var deadLetters = 0
  /// Messages that wait for their senders to be known, when it was last looked.
  public var parkedInteractions = 0
  /// Messages that waited for too long and were removed since the start.
  public var parkedExpired = 0
  /// What the latest pass took.
  public var latestPass = Duration.zero
  /// From the receipt of an event to the customer document that shows it, in milliseconds: the latest pass's oldest event.
  public var freshnessMs = 0
  /// Since when the oldest change that no customer shows yet has been waiting; nil when none is known of.
  public var waitingSince: ContinuousClock.Instant?
  /// Whether the feed had nothing more to give when it was last asked.
  public var isCaughtUp = false
  /// Whether a full rebuild is under way in this process.
  public var isRebuilding = false

  /// What a projector says that has done nothing yet.
  public init() {}

  /// How far the customers are behind their sources, in milliseconds.
  public func lagMs(at now: ContinuousClock.Instant = .now) -> Int {
    waitingSince.map { max(0, Int((now - $0) / .milliseconds(1))) } ?? 0
  }
}
