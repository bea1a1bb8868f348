import Testing

@testable import RecordLinkage

@Suite struct LinkageScorerTests {
  private let population = Population(seed: 21, persons: 150)

  private func scorer() -> (LinkageScorer, Matcher, [PersonRecord]) {
    let matcher = Matcher(population.records)
    let byId = Dictionary(uniqueKeysWithValues: population.records.map { ($0.id, $0) })
    return (
      LinkageScorer(matcher, threshold: matcher.clusters().threshold), matcher, matcher.ids.compactMap { byId[$0] }
    )
  }

  @Test func `a record is scored alone as it was among all others, but for values that are too rare to be kept`() {
    let (scorer, matcher, records) = scorer()
    var compared = 0
    for a in 0..<40 {
      for (position, score) in scorer.likely(records[a], among: Array(records[(a + 1)...]), above: 0) {
        let whole = matcher.score(a, a + 1 + position)
        #expect(score.evidence.map(\.field) == whole.evidence.map(\.field))
        #expect(abs(score.weight - whole.weight) < 2.5, "\(score.weight) \(whole.weight)")
        compared += 1
      }
    }
    #expect(compared > 20)
  }

  @Test func `the stored index finds what a batch run finds`() {
    let (scorer, matcher, records) = scorer()
    let keys = IndexKeys.keys(of: records).map(Set.init)
    var all = 0, found = 0
    for pair in matcher.likelyPairs() where pair.score.weight > 3 {
      all += 1
      if !keys[pair.a].isDisjoint(with: keys[pair.b]) { found += 1 }
    }
    #expect(all > 100)
    #expect(Double(found) >= 0.99 * Double(all), "\(found) of \(all)")
    #expect(keys.allSatisfy { $0.count <= IndexKeys.keysMax })
    #expect(scorer.threshold >= 0)
  }

  @Test func `keys of a record do not depend on what else there is`() {
    let records = population.records
    #expect(IndexKeys.keys(of: records)[7] == IndexKeys.keys(of: [records[7]])[0])
    // Stored in databases: they must not change from release to release.
    let known = PersonRecord(id: "1", givenName: "Walter", surname: "Brandt", email: "walter.brandt@example.org")
    #expect(IndexKeys.keys(of: [known])[0].count == 5)
  }

  @Test func `a model is the same after it was written and read`() throws {
    let (scorer, _, records) = scorer()
    let bytes = scorer.serialized()
    let again = try LinkageScorer(serialized: bytes)
    #expect(again.serialized() == bytes)
    let one = scorer.likely(records[0], among: records, above: -50).map(\.score)
    #expect(again.likely(records[0], among: records, above: -50).map(\.score) == one)
  }

  @Test func `damaged bytes are no model`() {
    let bytes = scorer().0.serialized()
    for count in [0, 3, 4, 12, bytes.count / 2, bytes.count - 1] {
      #expect(throws: RecordLinkageError.self) { try LinkageScorer(serialized: Array(bytes.prefix(count))) }
    }
    #expect(throws: RecordLinkageError.self) { try LinkageScorer(serialized: bytes + [0]) }
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      var damaged = bytes
      let position = Int.random(in: 0..<min(2000, damaged.count), using: &generator)
      damaged[position] = UInt8.random(in: .min ... .max, using: &generator)
      _ = try? LinkageScorer(serialized: damaged)
    }
  }

  @Test func `groups are weighed by all their pairs`() {
    let (scorer, _, _) = scorer()
    func record(_ given: String, _ email: String, _ birth: String) -> PersonRecord {
      PersonRecord(id: given + email, givenName: given, surname: "Brandt", email: email, birthDate: birth)
    }
    let walter = [
      record("Walter", "walter.brandt@example.org", "1980-12-24"), record("Walter", "wb@example.com", "1980-12-24"),
    ]
    let same = [record("Walter", "walter.brandt@example.org", "1980-12-24")]
    let helen = [record("Helen", "walter.brandt@example.org", "1951-03-05")]
    #expect(scorer.weight(between: walter, and: same) > 3)
    #expect(scorer.weight(between: walter, and: helen) < 0)
  }
}
