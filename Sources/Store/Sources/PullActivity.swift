import BSON

/// What a worker of this process does with one pull source, and what it has done since it was made.
public struct PullActivity: Sendable {
  /// What a worker is at.
  public enum State: String, Sendable, CaseIterable {
    /// Another process reads the source.
    case standby
    /// It reads.
    case reading
    /// The source was read to its end and is asked again later.
    case waiting
    /// It waits for the customers to catch up.
    case held
    /// It waits after a failure.
    case failing
  }

  /// The source's name.
  public let name: String
  /// Its type.
  public let type: String
  /// What the worker is at.
  public var state = State.standby
  /// Items that were new.
  public var accepted = 0
  /// Items that were there already.
  public var duplicates = 0
  /// Items that were refused.
  public var rejected = 0
  /// Runs that failed.
  public var failures = 0
  /// What is known to be there and is not read yet, while this process reads.
  public var lag: PullSource.Lag?
  /// When the source was last read to its end, by whomever.
  public var lastSuccessAt: BSONDate?

  /// A worker that has done nothing yet.
  public init(name: String, type: String) {
    self.name = name
    self.type = type
  }

  /// Counts what was added between two states of the source.
  public mutating func add(from before: PullSource, to now: PullSource) {
    accepted += now.accepted - before.accepted
    duplicates += now.duplicates - before.duplicates
    rejected += now.rejected - before.rejected
    lag = now.lag
    lastSuccessAt = now.lastSuccessAt
  }
}
