/// The k best of many scores, exactly: a bounded heap with the worst on top. Equal scores go to the lower index.
struct TopK {
  let k: Int
  private(set) var entries: [(score: Float, index: Int32)] = []

  init(_ k: Int) {
    self.k = k
    entries.reserveCapacity(k)
  }

  /// What a score must beat to matter.
  var threshold: Float { entries.count < k ? -.infinity : entries[0].score }

  /// Takes a candidate.
  mutating func insert(_ score: Float, _ index: Int32) {
    guard k > 0, !score.isNaN else { return }
    if entries.count < k {
      entries.append((score, index))
      var child = entries.count - 1
      while child > 0, isWorse(child, (child - 1) / 2) {
        entries.swapAt(child, (child - 1) / 2)
        child = (child - 1) / 2
      }
      return
    }
    guard score > entries[0].score || (score == entries[0].score && index < entries[0].index) else { return }
    entries[0] = (score, index)
    var parent = 0
    while true {
      var worst = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < k && isWorse(child, worst) { worst = child }
      guard worst != parent else { return }
      entries.swapAt(parent, worst)
      parent = worst
    }
  }

  /// Best first.
  var sorted: [(score: Float, index: Int32)] {
    entries.sorted { $0.score > $1.score || ($0.score == $1.score && $0.index < $1.index) }
  }

  private func isWorse(_ left: Int, _ right: Int) -> Bool {
    let (a, b) = (entries[left], entries[right])
    return a.score < b.score || (a.score == b.score && a.index > b.index)
  }
}
