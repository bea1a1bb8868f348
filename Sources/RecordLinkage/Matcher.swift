/// Finds which records are one person.
///
/// ```swift
/// var corpus = RecordCorpus()
/// for record in records { corpus.append(record) }
/// let matcher = Matcher(fitting: corpus)
/// let clusters = matcher.clusters()
/// ```
/// Fitting estimates the weights from the records themselves, without labels. Records are known by their position in the order
/// of their ids. Everything is a function of the set of records and the options: their order and the threads change nothing.
public struct Matcher: Sendable {
  /// The ids of the records, ascending: their positions are what the other calls take and give.
  public let ids: [String]
  /// How records are matched.
  public let options: MatchOptions
  let table: RecordTable
  let originals: Originals
  let index: BlockIndex
  let model: LinkageModel

  /// Sorts the records into blocks and estimates the model.
  public init(fitting corpus: consuming RecordCorpus, options: MatchOptions = MatchOptions()) {
    self.options = options
    (table, originals, ids) = corpus.settled()
    index = BlockIndex(table, recordsMax: options.blockRecordsMax)
    model = Training(table: table, index: index, options: options).model()
  }

  /// The estimated model.
  public var classes: LatentClasses { model.classes }

  /// The weight of two records being one person, with the evidence of each field.
  public func score(_ a: Int, _ b: Int) -> LinkageScore {
    let (a, b) = (min(a, b), max(a, b))
    return model.score(table.compare(table.rows[a], table.rows[b]), table.rows[a], table)
  }

  /// Groups the records into persons.
  public func clusters() -> MatchedClusters {
    let found = pairs()
    let parts = Components.parts(count: table.count, edges: found.edges, recordsMax: options.componentRecordsMax)
    var threshold = options.threshold
    var (persons, expectation) = persons(in: parts, threshold: threshold)
    if let higher = expectation.threshold(precisionMin: options.precisionMin, costMax: options.precisionCostMax) {
      threshold = higher
      (persons, expectation) = self.persons(in: parts, threshold: threshold)
    }
    var first = (0..<UInt32(table.count)).map { $0 }
    for person in persons where person.count > 1 {
      let name = person.reduce(person[0], min)
      for record in person { first[Int(record)] = name }
    }
    return MatchedClusters(
      firstRecord: first, pairsCompared: found.compared, threshold: threshold,
      expectedPrecision: expectation.precision)
  }

  private func persons(in parts: [[UInt32]], threshold: Double) -> ([[UInt32]], PrecisionExpectation) {
    let clustering = Clustering(matcher: self, threshold: threshold)
    let found = mapRanges(of: parts.count, threads: options.threads) { range in
      var groups: [[UInt32]] = []
      var joins: [Clustering.Join] = []
      for part in range {
        let persons = clustering.persons(in: parts[part])
        groups += persons.groups
        joins += persons.joins
      }
      return (groups, joins)
    }
    return (found.flatMap { $0.0 }, PrecisionExpectation(found.flatMap { $0.1 }))
  }

  func weight(_ a: Int, _ b: Int) -> Double {
    model.weight(table.compare(table.rows[a], table.rows[b]), table.rows[a], table)
  }

  func evidence(_ a: Int, _ b: Int) -> GroupEvidence {
    model.evidence(table.compare(table.rows[a], table.rows[b]), table.rows[a], table)
  }

  /// Compares all candidates and keeps those that may be one person.
  func pairs() -> (edges: [MatchEdge], compared: Int) {
    let parts = mapRanges(of: table.count, threads: options.threads) { range in
      var seen = Array(repeating: UInt32(0), count: table.count)
      var edges: [MatchEdge] = []
      var compared = 0
      for record in range {
        index.forEachCandidate(of: record, seen: &seen) { other in
          compared += 1
          let weight = weight(record, other)
          if weight > 0 { edges.append(.init(a: UInt32(record), b: UInt32(other), weight: Float(weight))) }
        }
      }
      return (edges, compared)
    }
    return (parts.flatMap { $0.0 }, parts.reduce(0) { $0 + $1.1 })
  }
}

/// Which records are one person.
public struct MatchedClusters: Sendable, Equatable {
  /// For each record the first record of its cluster.
  public let firstRecord: [UInt32]
  /// The candidate pairs that were compared.
  public let pairsCompared: Int
  /// The weight above which groups joined, in bits.
  public let threshold: Double
  /// The share of the pairs in one cluster that are one person, as the model expects it.
  public let expectedPrecision: Double

  /// The records of each cluster, ascending, clusters by their first record.
  public var groups: [[UInt32]] {
    var number = Array(repeating: UInt32(0), count: firstRecord.count)
    var groups: [[UInt32]] = []
    for (record, first) in firstRecord.enumerated() {
      if first == UInt32(record) {
        number[record] = UInt32(groups.count)
        groups.append([first])
      } else {
        groups[Int(number[Int(first)])].append(UInt32(record))
      }
    }
    return groups
  }

  /// The number of clusters.
  public var count: Int { firstRecord.indices.count { firstRecord[$0] == UInt32($0) } }
}
