import CSV
import RecordLinkage

/// `lab match`: which records of a file are one person.
public struct MatchLab: Sendable {
  /// A CSV file with a header; the id column is `record_id` (or `id`).
  public var records: String
  /// A JSON file with rules, if any.
  public var rules: String?
  /// Where `record_id,cluster_id` goes, in the order of the file. A cluster has the smallest id of its records.
  public var output: String
  /// Where the golden records go, if anywhere.
  public var golden: String?
  /// Threads.
  public var threads = 1

  private static let goldenColumns = [
    "person_id", "given_name", "surname", "email", "phone", "date_of_birth", "loyalty_id", "street", "city", "state",
    "postcode", "cluster_id",
  ]
  /// Golden records that are made at a time.
  private static let goldenBatchRecords = 16_384

  /// A command over a file.
  public init(records: String, output: String) {
    self.records = records
    self.output = output
  }

  /// Matches and writes.
  public func run() throws(LabError) -> Report {
    let rules = try rules.map { path throws(LabError) in try MatchRules(path) } ?? MatchRules()
    var options = rules.options
    try checkThreads(threads)
    options.threads = threads
    let ((matcher, clusters, ids), seconds) = try measured { () throws(LabError) in
      let (corpus, ids) = try readRecords(rules)
      let matcher = Matcher(fitting: corpus, options: options)
      return (matcher, matcher.clusters(), ids)
    }
    try write(ids, matcher, clusters)
    var report = Report()
    report.add("seconds", seconds)
    report.add("records", ids.count)
    report.add("clusters", clusters.count)
    report.add("pairs_compared", clusters.pairsCompared)
    report.add("threshold", clusters.threshold)
    report.add("expected_precision", clusters.expectedPrecision)
    if let golden {
      let (_, seconds) = try measured { () throws(LabError) in try writeGolden(golden, matcher, clusters) }
      report.add("golden_seconds", seconds)
    }
    return report
  }

  private func readRecords(_ rules: MatchRules) throws(LabError) -> (RecordCorpus, [String]) {
    var file = try CSVFile(records)
    let columns = try MatchColumns(file, rules)
    var corpus = RecordCorpus(keepsOriginals: golden != nil)
    var ids: [String] = []
    var seen: Set<String> = []
    while let row = try file.next() {
      let record = try columns.record(row, file)
      guard seen.insert(record.id).inserted else {
        throw file.error(row, columns.id, "the id \(record.id) stands in an earlier row too")
      }
      ids.append(record.id)
      corpus.append(record)
    }
    return (corpus, ids)
  }

  private func write(_ ids: [String], _ matcher: Matcher, _ clusters: MatchedClusters) throws(LabError) {
    let position = Dictionary(uniqueKeysWithValues: zip(matcher.ids, matcher.ids.indices))
    var file = try OutputFile(output, header: ["record_id", "cluster_id"])
    for id in ids {
      guard let record = position[id] else { continue }
      try file.row {
        $0.field(id)
        $0.field(matcher.ids[Int(clusters.firstRecord[record])])
      }
    }
    try file.finish()
  }

  private func writeGolden(_ path: String, _ matcher: Matcher, _ clusters: MatchedClusters) throws(LabError) {
    let survivorship = Survivorship(matcher, clusters)
    let groups = clusters.groups
    var file = try OutputFile(path, header: Self.goldenColumns)
    for start in stride(from: 0, to: groups.count, by: Self.goldenBatchRecords) {
      let batch = groups[start..<min(groups.count, start + Self.goldenBatchRecords)]
      for (group, record) in zip(batch, survivorship.goldenRecords(of: batch)) {
        let id = matcher.ids[Int(group[0])]
        let values = [
          record.givenName, record.surname, record.email, record.phone, record.birthDate, record.loyaltyId,
          record.street, record.city, record.region, record.postcode,
        ]
        try file.row { writer in
          writer.field(id)
          for value in values { writer.field(value?.text ?? "") }
          writer.field(id)
        }
      }
    }
    try file.finish()
  }
}
