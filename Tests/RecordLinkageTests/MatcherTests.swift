import Testing

@testable import RecordLinkage

@Suite struct MatcherTests {
  @Test(arguments: [1, 2, 3] as [UInt64]) func `made-up persons are found again`(_ seed: UInt64) {
    let population = Population(seed: seed, persons: 150)
    let matcher = Matcher(population.records)
    let quality = population.judge(matcher, matcher.clusters())
    #expect(quality.precision > 0.95)
    #expect(quality.recall > 0.9)
  }

  @Test func `the order of the records changes nothing`() {
    var population = Population(seed: 4, persons: 60)
    let expected = Matcher(population.records).idsOfClusters()
    var shuffled = population.records
    for index in shuffled.indices { shuffled.swapAt(index, population.pick(index + 1)) }
    #expect(Matcher(shuffled).idsOfClusters() == expected)
    #expect(Matcher(shuffled.reversed()).classes == Matcher(population.records).classes)
  }

  @Test func `the number of threads changes nothing`() {
    let records = Population(seed: 5, persons: 250).records
    let one = Matcher(records), four = Matcher(records, threads: 4)
    #expect(one.classes == four.classes)
    #expect(one.clusters() == four.clusters())
  }

  @Test func `copies of a record are one person`() {
    let population = Population(seed: 6, persons: 40)
    var records = population.records
    for record in population.records {
      let known = [record.email, record.phone, record.street, record.birthDate, record.loyaltyId].count { !$0.isEmpty }
      guard known >= 3 else { continue }
      var copy = record
      copy.id += "-copy"
      records.append(copy)
    }
    let matcher = Matcher(records)
    let clusters = matcher.clusters()
    let position = Dictionary(uniqueKeysWithValues: zip(matcher.ids, matcher.ids.indices))
    for record in records where record.id.hasSuffix("-copy") {
      let original = String(record.id.dropLast(5))
      guard let a = position[record.id], let b = position[original] else { continue }
      #expect(clusters.firstRecord[a] == clusters.firstRecord[b], "\(original)")
    }
  }

  @Test(arguments: [0, 1, 2]) func `people of a household with different first names are never one person`(_ known: Int)
  {
    // Together with a crowd and alone: weights that are learned from nothing must hold too.
    for crowd in [[], Population(seed: 7, persons: 40).records] {
      var records = crowd
      for (number, name) in ["Walter", "Helen", "Oscar", "Jessica", "Hector"].enumerated() {
        var record = PersonRecord(id: "H\(number)", givenName: name, surname: "Brandt")
        record.phone = "212 555 0173"
        (record.street, record.city, record.postcode) = ("12 Cedar Street", "Dover", "19901")
        if known > 0 { record.birthDate = "1980-04-17" }
        if known > 1 { record.email = "family.brandt\(number)@example.org" }
        records.append(record)
      }
      for cluster in Matcher(records).idsOfClusters() { #expect(cluster.count { $0.hasPrefix("H") } < 2) }
    }
  }

  @Test func `a chain of shared telephones does not make one person of many`() {
    var records = Population(seed: 8, persons: 60).records
    let names = ["Walter", "Helen", "Oscar", "Jessica", "Hector", "Sandra", "Daniel", "Betty"]
    for number in names.indices {
      // Each shares a telephone with the one before and an address with the one after.
      var record = PersonRecord(id: "K\(number)", givenName: names[number], surname: "Keller")
      record.phone = "212 555 01\(10 + number / 2)"
      (record.street, record.postcode) = ("\(20 + (number + 1) / 2) Elm Street", "10001")
      records.append(record)
    }
    for cluster in Matcher(records).idsOfClusters() { #expect(cluster.count { $0.hasPrefix("K") } < 2) }
  }

  @Test func `evidence adds up to the weight, and both ways it is the same`() {
    let matcher = Matcher(Population(seed: 9, persons: 40).records)
    for a in 0..<20 {
      for b in 0..<a {
        let score = matcher.score(a, b)
        let sum = score.evidence.reduce(score.priorWeight) { $0 + $1.weight }
        #expect(abs(sum - score.weight) < 1e-9)
        #expect(matcher.score(b, a) == score)
        #expect(abs(score.weight - matcher.weight(b, a)) < 1e-9)
      }
    }
  }

  @Test func `an agreement in a rare name says more than one in a common name`() throws {
    var records = (0..<60).map {
      PersonRecord(id: "C\($0)", givenName: "Anna", surname: "Schmidt", postcode: "\(10_000 + $0 * 131)")
    }
    records += [
      PersonRecord(id: "X1", givenName: "Quirin", surname: "Zabel"),
      PersonRecord(id: "X2", givenName: "Quirin", surname: "Zabel"),
    ]
    let matcher = Matcher(records)
    let rare = matcher.score(records.count - 2, records.count - 1), common = matcher.score(0, 1)
    let weight = { (score: LinkageScore) in score.evidence.filter { $0.field == .surname }.reduce(0) { $0 + $1.weight }
    }
    #expect(weight(rare) > weight(common))
  }

  @Test func `no records, one record and empty records are matched too`() {
    #expect(Matcher([]).idsOfClusters() == [])
    #expect(Matcher([PersonRecord(id: "a", givenName: "Anna")]).idsOfClusters() == [["a"]])
    #expect(Matcher([PersonRecord(id: "a"), PersonRecord(id: "b")]).idsOfClusters() == [["a"], ["b"]])
  }
}
