import Testing

@testable import RecordLinkage

@Suite(.enabled(if: DataSet.isThere, "the sample data is not there: set CUSTOMER360_DATA")) struct DataSetTests {
  @Test(arguments: [("febrl1", 0.998), ("febrl2", 0.998)]) func `the FEBRL sets are matched all but perfectly`(
    _ name: String, _ least: Double
  ) throws {
    let set = try DataSet(name)
    let matcher = Matcher(set.records)
    #expect(set.judge(matcher, matcher.clusters()).f1 >= least)
  }

  @Test func `customers of several sources are told apart, and their golden records beat a vote`() throws {
    let set = try DataSet("retail")
    let matcher = Matcher(set.records)
    let clusters = matcher.clusters()
    let quality = set.judge(matcher, clusters)
    #expect(quality.precision >= 0.96)
    #expect(quality.f1 >= 0.96)
    try judgeFields(set, matcher, clusters)
  }

  /// The shares that the golden record has right, field by field, must be those of a majority vote at least, and five points
  /// more for names and e-mail addresses.
  private func judgeFields(_ set: DataSet, _ matcher: Matcher, _ clusters: MatchedClusters) throws {
    let survivorship = Survivorship(matcher, clusters)
    let records = Dictionary(uniqueKeysWithValues: set.records.map { ($0.id, $0) })
    let groups = clusters.groups
    let golden = survivorship.goldenRecords(of: groups[...])
    typealias Field = (
      name: String, golden: KeyPath<GoldenRecord, GoldenValue?>, written: KeyPath<PersonRecord, String>, margin: Double
    )
    let fields: [Field] = [
      ("given_name", \.givenName, \.givenName, 0.05), ("surname", \.surname, \.surname, 0.05),
      ("email", \.email, \.email, 0.05),
      ("phone", \.phone, \.phone, 0), ("date_of_birth", \.birthDate, \.birthDate, 0),
      ("loyalty_id", \.loyaltyId, \.loyaltyId, 0),
    ]
    for field in fields {
      var ours = 0.0, vote = 0.0, all = 0.0
      for (group, record) in zip(groups, golden) {
        let own = group.compactMap { records[matcher.ids[Int($0)]] }
        let values = own.filter { !$0[keyPath: field.written].isEmpty }
        guard !values.isEmpty, let person = majority(own.compactMap { set.persons[$0.id] }) else { continue }
        let truth = normal(set.truth[person]?[field.name] ?? "", field.name)
        all += 1
        if normal(record[keyPath: field.golden]?.text ?? "", field.name) == truth { ours += 1 }
        let newestLast = values.sorted { $0.updatedAt < $1.updatedAt }.map {
          normal($0[keyPath: field.written], field.name)
        }
        if majority(newestLast) == truth { vote += 1 }
      }
      #expect(ours / all >= vote / all + field.margin, "\(field.name): \(ours / all) against \(vote / all)")
    }
  }

  /// The most frequent value, the last of equally frequent ones.
  private func majority(_ values: [String]) -> String? {
    var counts: [String: Int] = [:]
    for value in values { counts[value, default: 0] += 1 }
    return values.reversed().max { counts[$0, default: 0] < counts[$1, default: 0] }
  }

  private func normal(_ value: String, _ field: String) -> String {
    let value = value.lowercased()
    switch field {
    case "phone": return String(value.filter(\.isNumber).suffix(10))
    case "email": return String(decoding: MailAddress.withoutTag(value), as: UTF8.self)
    default: return value
    }
  }
}
