import CSV
import RecordLinkage

/// `lab match`: which records of a file are one person.
public struct MatchLab: Sendable {
  /// A CSV file with a header; the id column is `record_id`.
  public var records: String
  /// Where `record_id,cluster_id` goes, in the order of the file. A cluster has the id of its first record.
  public var output: String
  /// Threads.
  public var threads = 1

  /// A command over a file.
  public init(records: String, output: String) {
    self.records = records
    self.output = output
  }

  /// Matches and writes.
  public func run() throws(LabError) -> Report {
    let ((matcher, clusters, ids), seconds) = try measured { () throws(LabError) in
      let (corpus, ids) = try readRecords()
      var options = MatchOptions()
      options.threads = threads
      let matcher = Matcher(fitting: corpus, options: options)
      return (matcher, matcher.clusters(), ids)
    }
    try write(ids, matcher, clusters)
    var report = Report()
    report.add("seconds", seconds)
    report.add("records", ids.count)
    report.add("clusters", clusters.count)
    report.add("pairs_compared", clusters.pairsCompared)
    return report
  }

  private func readRecords() throws(LabError) -> (RecordCorpus, [String]) {
    var file = try CSVFile(records)
    let columns = try MatchColumns(file)
    var corpus = RecordCorpus()
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
}
