import BSON

/// What scores of likeness may do: pairs go before people, and are joined by themselves only where the rules say so.
public struct ScoredMatching: Sendable, Equatable {
  /// Pairs of at least this probability go into the review queue.
  public var reviewScoreMin = 0.5
  /// Whether pairs of at least ``automaticScoreMin`` are merged without a person. Such a merge is a decision like a person's, with its
  /// reason: it can be taken back, and is then never made again.
  public var mergesAutomatically = false
  /// From which probability on.
  public var automaticScoreMin = 0.999

  /// The defaults: everything goes before people.
  public init() {}

  /// The members of the document.
  static let fields = ["reviewScoreMin", "automatic", "automaticScoreMin"]

  var document: BSONDocument {
    BSONDocument {
      $0.append("reviewScoreMin", reviewScoreMin)
      $0.append("automatic", mergesAutomatically)
      $0.append("automaticScoreMin", automaticScoreMin)
    }
  }
}
