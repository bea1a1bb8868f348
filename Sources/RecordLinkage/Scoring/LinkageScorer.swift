/// Scores pairs of records by a model that was estimated before: one new record against those that it may be, without the rest.
///
/// A value, immutable; a score takes microseconds. Two records score as they did where the model comes from, but for values that were rare
/// there and whose exact frequency was not kept.
public struct LinkageScorer: Sendable {
  let model: LinkageModel
  /// The weight above which a batch run joins, in bits.
  public let threshold: Double

  /// What a matcher has learned. `threshold` is that of its clusters.
  public init(_ matcher: Matcher, threshold: Double) {
    model = LinkageModel(
      matcher.classes, records: matcher.table.count, known: ValueFrequencies(matcher.table))
    self.threshold = threshold
  }

  init(model: LinkageModel, threshold: Double) {
    self.model = model
    self.threshold = threshold
  }

  /// The share of pairs of records that are one person, as the model estimates it.
  public var matchShare: Double { model.classes.shares[LatentClasses.match] }

  /// Those of `others` that are likely the person of `record`, by position, where the weight exceeds `bits`. People who live together under
  /// different first names are none, whatever else agrees.
  public func likely(
    _ record: PersonRecord, among others: [PersonRecord], above bits: Double
  ) -> [(position: Int, score: LinkageScore)] {
    let table = Self.table([record] + others)
    var found: [(position: Int, score: LinkageScore)] = []
    for position in others.indices {
      let pattern = table.compare(table.rows[0], table.rows[position + 1])
      guard model.weight(model.evidence(pattern, table.rows[0], table)) > bits else { continue }
      let score = model.score(pattern, table.rows[0], table)
      if score.weight > bits { found.append((position, score)) }
    }
    return found
  }

  /// The weight of two groups of records being one person, all pairs taken together as in a batch run: one strong pair does not outweigh
  /// many that contradict.
  public func weight(between group: [PersonRecord], and other: [PersonRecord]) -> Double {
    let table = Self.table(group + other)
    var sum: GroupEvidence?
    for a in group.indices {
      for b in other.indices {
        let (one, two) = (table.rows[a], table.rows[group.count + b])
        let evidence = model.evidence(table.compare(one, two), one, table)
        if sum == nil { sum = evidence } else { sum?.add(evidence) }
      }
    }
    return sum.map { model.weight($0) } ?? -.infinity
  }

  private static func table(_ records: [PersonRecord]) -> RecordTable {
    var table = RecordTable()
    for record in records { table.append(record) }
    table.settle(order: Array(records.indices))
    return table
  }
}

/// The keys under which a record is found in a stored index, the same for ever and everywhere: records that share one are compared.
public enum IndexKeys {
  /// Keys of one record at the most.
  public static let keysMax = 32

  /// The keys of each record, ascending.
  public static func keys(of records: [PersonRecord]) -> [[Int64]] {
    var table = RecordTable()
    for record in records { table.append(record) }
    table.settle(order: Array(records.indices))
    let blocking = BlockingKeys(table: table, isStable: true)
    return table.rows.map { row in
      var keys: Set<Int64> = []
      var found: [UInt64] = []
      for kind in 0..<BlockingKeys.kinds {
        found.removeAll(keepingCapacity: true)
        blocking.append(kind: kind, of: row, to: &found)
        for key in found {
          keys.insert(Self.tagged(key, kind))
          // Common names make blocks too large to be read: they are divided as in a batch run.
          if BlockingKeys.isOfNames(kind) {
            for divider in BlockingKeys.dividersOfNames {
              if let part = blocking.divider(divider, of: row) {
                keys.insert(Self.tagged(StableHash.combine(key, part), kind * 100 + divider))
              }
            }
          }
        }
      }
      return Array(keys.sorted().prefix(keysMax))
    }
  }

  private static func tagged(_ key: UInt64, _ kind: Int) -> Int64 {
    Int64(bitPattern: StableHash.combine(UInt64(kind + 1), key))
  }
}
