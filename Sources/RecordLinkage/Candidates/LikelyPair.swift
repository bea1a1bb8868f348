/// Two records that are likely one person, and why.
public struct LikelyPair: Sendable {
  /// The positions of the records.
  public let a: Int
  /// The higher position.
  public let b: Int
  /// What speaks for and against it.
  public let score: LinkageScore
}

extension Matcher {
  /// The candidates of which being one person is likelier than not, by position. People who live together under different
  /// first names are none, whatever else agrees.
  public func likelyPairs() -> [LikelyPair] {
    let edges = pairs().edges
    let scored = mapRanges(of: edges.count, threads: options.threads) { range in
      range.compactMap { index -> LikelyPair? in
        let (a, b) = (Int(edges[index].a), Int(edges[index].b))
        guard model.weight(evidence(a, b)) > 0 else { return nil }
        return LikelyPair(a: min(a, b), b: max(a, b), score: score(a, b))
      }
    }
    return scored.joined().sorted { ($0.a, $0.b) < ($1.a, $1.b) }
  }
}
