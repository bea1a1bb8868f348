import Glibc

/// Groups the records of one connected part into persons, so that a chain of likely pairs does not make one person of a family.
///
/// Agglomerative: the two groups with the greatest weight join while it exceeds the threshold. The weight of two groups is made
/// from all pairs between them, so one strong pair does not outweigh many contradictions. Two groups that fit a third equally
/// well, as father and son of one name may fit a record without a birth date, leave it alone.
struct Clustering {
  let matcher: Matcher

  /// Groups join while the odds exceed this, in bits.
  let threshold: Double

  /// Two groups that became one.
  struct Join {
    /// The odds of it being right when it was made, in bits: the weight, less what a rival leaves in doubt.
    let odds: Double
    /// The pairs of records that it put together.
    let pairs: Int
  }

  /// The persons of a part, and how they came about. Time O(n³) in the worst case and memory O(n²): parts are bounded.
  func persons(in part: [UInt32]) -> (groups: [[UInt32]], joins: [Join]) {
    var state = State(part, matcher)
    var joins: [Join] = []
    while let best = state.bestPair(above: threshold) {
      joins.append(Join(odds: best.odds, pairs: state.groups[best.a].count * state.groups[best.b].count))
      state.join(best.a, best.b, matcher)
    }
    return (state.groups.filter { !$0.isEmpty }, joins)
  }

  private struct State {
    let n: Int
    /// Members of each group; empty when it joined another.
    var groups: [[UInt32]]
    var evidence: [GroupEvidence]
    /// Weight of each pair of groups, in both halves of the square.
    var weights: [Double]

    init(_ part: [UInt32], _ matcher: Matcher) {
      n = part.count
      groups = part.map { [$0] }
      evidence = Array(repeating: GroupEvidence(), count: n * n)
      weights = Array(repeating: -.infinity, count: n * n)
      for i in 1..<n {
        for j in 0..<i { set(i, j, matcher.evidence(Int(part[j]), Int(part[i])), matcher) }
      }
    }

    private mutating func set(_ i: Int, _ j: Int, _ value: GroupEvidence, _ matcher: Matcher) {
      evidence[max(i, j) * n + min(i, j)] = value
      let weight = matcher.model.weight(value)
      weights[i * n + j] = weight
      weights[j * n + i] = weight
    }

    /// The pair with the greatest weight among those that no rival makes doubtful; of equals the first.
    func bestPair(above threshold: Double) -> (a: Int, b: Int, odds: Double)? {
      var best = (a: -1, b: -1, weight: threshold, odds: threshold)
      for a in 0..<n where !groups[a].isEmpty {
        for b in 0..<a where weights[a * n + b] > best.weight && !groups[b].isEmpty {
          let weight = weights[a * n + b]
          let odds = weight - log2(1 + exp2(rival(a, b)))
          if odds > threshold { best = (a, b, weight, odds) }
        }
      }
      return best.a < 0 ? nil : (best.b, best.a, best.odds)
    }

    /// The weight with which another group fits one of the two while it contradicts the other.
    private func rival(_ a: Int, _ b: Int) -> Double {
      var rival = -Double.infinity
      for k in 0..<n where k != a && k != b && !groups[k].isEmpty {
        let withA = weights[k * n + a], withB = weights[k * n + b]
        if withB <= 0 { rival = max(rival, withA) }
        if withA <= 0 { rival = max(rival, withB) }
      }
      return rival
    }

    /// Joins the second group to the first.
    mutating func join(_ a: Int, _ b: Int, _ matcher: Matcher) {
      groups[a] += groups[b]
      groups[b] = []
      for k in 0..<n where k != a && !groups[k].isEmpty {
        var sum = evidence[max(a, k) * n + min(a, k)]
        sum.add(evidence[max(b, k) * n + min(b, k)])
        set(a, k, sum, matcher)
      }
    }
  }
}
