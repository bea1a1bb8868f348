/// How well a ranking finds held-out interactions, under BigQuery ML's names. Means over the users who have any.
public struct RankingMetrics: Sendable, Equatable {
  /// Mean over users of Σ precision at hits / min(10, |T|), in the top 10.
  public var meanAveragePrecision = 0.0
  /// Mean of (1 - score)² over held-out pairs.
  public var meanSquaredError = 0.0
  /// In the top 10, gains 1/log2(rank + 1), divided by that of min(10, |T|) hits.
  public var normalizedDiscountedCumulativeGain = 0.0
  /// Mean percentile of the held-out items among the candidates, 0 (first) to 1; lower is better.
  public var averageRank = 0.0
  /// Hits in the top 20 / min(20, |T|).
  public var recall = 0.0
  /// Users that were judged.
  public var userCount = 0

  /// Judges scores. `scores` fills one number per item for a user; `known` items (ascending) are no candidates; `targets` are held out.
  /// Runs on the context's threads; `scores` may be called from all of them.
  static func evaluate(
    targets: SparseRows, known: SparseRows, context: TrainingContext,
    scores: @Sendable (_ user: Int, _ into: inout [Float]) -> Void
  ) -> RankingMetrics {
    let users = (0..<targets.rowCount).filter { !targets.range($0).isEmpty }
    let found = Buffer(users.count * 5, filledWith: 0.0)
    concurrently(users.count, threads: context.threads) { _, position in
      let user = users[position]
      var values = [Float](repeating: 0, count: targets.columnCount)
      scores(user, &values)
      let wanted = targets.range(user).map { targets.columns[$0] }
      let wantedValues = wanted.map { values[Int($0)] }
      for index in known.range(user) { values[Int(known.columns[index])] = -.infinity }
      let result = judge(values, wanted: wanted, wantedValues: wantedValues)
      for (offset, number) in result.enumerated() { found[position * 5 + offset] = number }
    }
    var sums = [Double](repeating: 0, count: 5)
    for position in users.indices {
      for offset in 0..<5 { sums[offset] += found[position * 5 + offset] }
    }
    let count = Double(max(1, users.count))
    return RankingMetrics(
      meanAveragePrecision: sums[0] / count, meanSquaredError: sums[1] / Double(max(1, targets.count)),
      normalizedDiscountedCumulativeGain: sums[2] / count, averageRank: sums[3] / count, recall: sums[4] / count,
      userCount: users.count)
  }

  /// MAP, squared errors, NDCG, mean rank and recall of one user.
  private static func judge(_ values: [Float], wanted: [Int32], wantedValues: [Float]) -> [Double] {
    var top = TopK(20)
    var candidates = 0
    for (item, value) in values.enumerated() where value > -.infinity {
      candidates += 1
      if value >= top.threshold { top.insert(value, Int32(item)) }
    }
    var hits = 0
    var precision = 0.0
    var gain = 0.0
    for (rank, entry) in top.recommendations.enumerated() where wanted.contains(Int32(entry.item)) {
      hits += 1
      guard rank < 10 else { continue }
      precision += Double(hits) / Double(rank + 1)
      gain += discount(rank)
    }
    let ideal = (0..<min(10, wanted.count)).reduce(0.0) { $0 + discount($1) }
    var ranks = 0.0
    var errors = 0.0
    for (item, value) in zip(wanted, wantedValues) {
      var above = 0
      for (other, score) in values.enumerated() where score > value || (score == value && other < Int(item)) {
        above += 1
      }
      ranks += Double(above) / Double(max(1, candidates - 1))
      errors += Double((1 - value) * (1 - value))
    }
    return [
      precision / Double(min(10, wanted.count)), errors, gain / ideal, ranks / Double(wanted.count),
      Double(hits) / Double(min(20, wanted.count)),
    ]
  }

  /// Only the mean of NDCG at 10 and at 50: what a search compares. The longer list steadies the choice.
  static func searchScore(
    targets: SparseRows, known: SparseRows, context: TrainingContext,
    scores: @Sendable (_ user: Int, _ into: inout [Float]) -> Void
  ) -> Double {
    searchScores(1, targets: targets, known: known, context: context) { user, lists in scores(user, &lists[0]) }[0]
  }

  /// The same of `count` rankings, whose scores are filled together.
  static func searchScores(
    _ count: Int, targets: SparseRows, known: SparseRows, context: TrainingContext,
    scores: @Sendable (_ user: Int, _ into: inout [[Float]]) -> Void
  ) -> [Double] {
    let users = (0..<targets.rowCount).filter { !targets.range($0).isEmpty }
    let found = Buffer(users.count * count, filledWith: 0.0)
    let discounts = (0..<50).map { discount($0) }
    concurrently(users.count, threads: context.threads) { _, position in
      let user = users[position]
      var lists = [[Float]](repeating: [Float](repeating: 0, count: targets.columnCount), count: count)
      scores(user, &lists)
      let wanted = targets.range(user).map { targets.columns[$0] }
      let ideals = (
        discounts.prefix(min(10, wanted.count)).reduce(0, +), discounts.prefix(min(50, wanted.count)).reduce(0, +)
      )
      for list in 0..<count {
        for index in known.range(user) { lists[list][Int(known.columns[index])] = -.infinity }
        var top = TopK(50)
        for (item, value) in lists[list].enumerated() where value > top.threshold { top.insert(value, Int32(item)) }
        var gains = (0.0, 0.0)
        for (rank, entry) in top.recommendations.enumerated() where wanted.contains(Int32(entry.item)) {
          gains.1 += discounts[rank]
          if rank < 10 { gains.0 += discounts[rank] }
        }
        found[position * count + list] = (gains.0 / ideals.0 + gains.1 / ideals.1) / 2
      }
    }
    return (0..<count).map { list in
      users.isEmpty ? 0 : users.indices.reduce(0) { $0 + found[$1 * count + list] } / Double(users.count)
    }
  }

  private static func discount(_ rank: Int) -> Double { naturalLogarithm(2) / naturalLogarithm(Double(rank + 2)) }
}
