/// Restricted Damerau–Levenshtein distance (optimal string alignment): insertions, deletions, substitutions, and swaps of
/// neighbours. Damerau, Communications of the ACM 7 (1964).
enum EditDistance {
  /// The distance, or `limit + 1` as soon as it is known to exceed `limit`. Time O(|a|·|b|), bounded by the limit.
  static func between(_ a: [UInt8], _ b: [UInt8], atMost limit: Int) -> Int {
    if abs(a.count - b.count) > limit { return limit + 1 }
    if a == b { return 0 }
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    var current = [Int](repeating: 0, count: b.count + 1)
    for i in a.indices {
      current[0] = i + 1
      var best = current[0]
      for j in b.indices {
        let substitution = previous[j] + (a[i] == b[j] ? 0 : 1)
        var distance = min(previous[j + 1] + 1, current[j] + 1, substitution)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { distance = min(distance, beforePrevious[j - 1] + 1) }
        current[j + 1] = distance
        best = min(best, distance)
      }
      if best > limit { return limit + 1 }
      (beforePrevious, previous, current) = (previous, current, beforePrevious)
    }
    return min(previous[b.count], limit + 1)
  }
}
