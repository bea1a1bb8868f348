/// How records are matched. The defaults are meant to fit every file: weights are estimated from the records themselves.
public struct MatchOptions: Sendable, Equatable {
  /// The largest group of records that share a key and are compared each with each. Larger groups are divided.
  public var blockRecordsMax = 60
  /// Groups join while the weight of the two being one person exceeds this, in bits: 0 is an even chance.
  public var threshold = 0.0
  /// The share of pairs in one group that should be one person, as the model expects it. Where fewer are expected, as in files full of
  /// namesakes under one roof, the threshold is raised until it is reached; on files with known persons the truth was two to three points better.
  /// 0 leaves the threshold as it is,
  public var precisionMin = 0.93
  /// as does a price beyond this: the share of the pairs that are expected to be right and would be given up.
  public var precisionCostMax = 0.15
  /// The largest set of records connected by likely pairs that is grouped as a whole; larger ones are cut at weak pairs.
  public var componentRecordsMax = 150
  /// Random pairs by which strangers are measured, at most.
  public var randomPairsMax = 200_000
  /// Candidates by which the model is estimated, at most (roughly).
  public var trainingPairsMax = 1_000_000
  /// Threads; the result does not depend on them.
  public var threads = 1

  /// The defaults.
  public init() {}
}
