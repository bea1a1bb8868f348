/// Gathers what the model is estimated from.
struct Training {
  let table: RecordTable
  let index: BlockIndex
  let options: MatchOptions

  func model() -> LinkageModel {
    let records = Double(table.count)
    let candidates = candidates()
    let estimation = ExpectationMaximization(
      candidates: candidates.counts, random: random(), candidateScale: candidates.scale,
      pairs: max(1, records * (records - 1) / 2), records: records)
    return LinkageModel(estimation.estimate(), records: table.count)
  }

  /// The patterns of the candidates of some records, taken by a hash of their position.
  private func candidates() -> (counts: PatternCounts, scale: Double) {
    let scale = max(1, Double(index.pairsUpperBound) / Double(options.trainingPairsMax))
    let parts = mapRanges(of: table.count, threads: options.threads) { range in
      var seen = Array(repeating: UInt32(0), count: table.count)
      var counts = PatternCounts()
      for record in range where Double(StableHash.mix(UInt64(record)) >> 11) * 0x1p-53 * scale < 1 {
        index.forEachCandidate(of: record, seen: &seen) { other in
          counts.add(table.compare(table.rows[record], table.rows[other]))
        }
      }
      return counts
    }
    return (PatternCounts(adding: parts), scale)
  }

  /// The patterns of random pairs.
  private func random() -> PatternCounts {
    let count = table.count
    guard count > 1 else { return PatternCounts() }
    let pairs = min(options.randomPairsMax, max(20_000, 20 * count), count * (count - 1) / 2)
    let parts = mapRanges(of: pairs, threads: options.threads) { range in
      var counts = PatternCounts()
      for number in range {
        let hash = StableHash.mix(UInt64(number))
        let a = Int((hash >> 32).multipliedFullWidth(by: UInt64(count) << 32).high)
        let b = Int((hash & 0xFFFF_FFFF).multipliedFullWidth(by: UInt64(count) << 32).high)
        if a != b { counts.add(table.compare(table.rows[a], table.rows[b])) }
      }
      return counts
    }
    return PatternCounts(adding: parts)
  }
}
