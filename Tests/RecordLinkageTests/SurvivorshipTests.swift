import Testing

@testable import RecordLinkage

@Suite struct SurvivorshipTests {
  /// The golden record of some records that are one person, learned with a crowd around them.
  private func golden(_ records: [PersonRecord], crowd: [PersonRecord] = Self.crowd) -> GoldenRecord {
    let matcher = Matcher(crowd + records)
    var first = (0..<UInt32(matcher.ids.count)).map { $0 }
    for copy in matcher.ids.indices where matcher.ids[copy].hasSuffix("b") { first[copy] = UInt32(copy - 1) }
    let own = matcher.ids.indices.filter { matcher.ids[$0].hasPrefix("own") }.map(UInt32.init)
    for record in own { first[Int(record)] = own[0] }
    return Survivorship(
      matcher, MatchedClusters(firstRecord: first, pairsCompared: 0, threshold: 0, expectedPrecision: 1)
    ).goldenRecord(of: own)
  }

  private func own(_ number: Int, _ given: String, _ surname: String, email: String = "", updated: Int = 2020)
    -> PersonRecord
  {
    PersonRecord(
      id: "own\(number)", givenName: given, surname: surname, email: email, updatedAt: "\(updated)-01-01T00:00:00Z")
  }

  /// Persons with two records and common names, whose addresses are made of them.
  private static let crowd: [PersonRecord] = {
    let given = ["gregory", "walter", "helen", "renée", "samuel", "katherine", "jonathan", "nancy", "carol", "oscar"]
    let surnames = [
      "brandt", "holmes", "garcia", "martinez", "fischer", "walker", "stewart", "morris", "coleman", "wells",
    ]
    return (0..<200).flatMap { number in
      let g = given[number % 10], s = surnames[number / 10 % 10]
      let plain = g == "renée" ? "renee" : g
      var record = PersonRecord(id: "c\(1000 + number)", givenName: g, surname: s)
      record.email =
        (number % 2 == 0 ? "\(plain).\(s)" : "\(plain)\(s)") + "\(number)@"
        + (number % 3 == 0 ? "gmail.com" : "example.org")
      record.phone = "+1 212 555 \(1000 + number)"
      record.loyaltyId = "L\(20_000_000 + number * 7919)"
      var copy = record
      copy.id += "b"
      return [record, copy]
    }
  }()

  @Test func `the full form stands for a nickname, an initial and a slip`() {
    #expect(
      golden([own(1, "Greg", "Brandt"), own(2, "G", "Brandt"), own(3, "Gregory", "Brandt")]).givenName?.text
        == "gregory")
    #expect(golden([own(1, "Jonatahn", "Brandt")]).givenName?.text == "jonathan")
    #expect(golden([own(1, "Jonatahn", "Brandt")]).givenName?.isCorrected == true)
  }

  @Test func `a rare name that several records give is no slip`() {
    let value = golden([own(1, "Walte", "Brandt"), own(2, "Walte", "Brandt"), own(3, "Walte", "Brandt")]).givenName
    #expect(value == GoldenValue(text: "walte", support: 3))
  }

  @Test func `names that a record exchanged are put right`() {
    let golden = golden([own(1, "Brandt", "Walter")])
    #expect(golden.givenName?.text == "walter")
    #expect(golden.surname?.text == "brandt")
  }

  @Test func `an initial is written out as the mail address has it`() {
    #expect(golden([own(1, "N", "Wells", email: "nancy.wells@gmail.com")]).givenName?.text == "nancy")
  }

  @Test func `accents that a record left out come back`() {
    #expect(
      golden([own(1, "RENEE", "Brandt"), own(2, "Renée", "Brandt"), own(3, "renee", "brandt")]).givenName?.text
        == "renée")
  }

  @Test func `a suffix is kept though some records leave it out`() {
    #expect(
      golden([own(1, "Walter", "Holmes"), own(2, "Walter", "Holmes Jr"), own(3, "Walter", "HOLMES")]).surname?.text
        == "holmes jr")
  }

  @Test func `of two surnames with equal votes the newer stays`() {
    #expect(
      golden([own(1, "Helen", "Garcia", updated: 2018), own(2, "Helen", "Fischer", updated: 2023)]).surname?.text
        == "fischer")
    #expect(
      golden([own(1, "Helen", "Garcia", updated: 2023), own(2, "Helen", "Fischer", updated: 2018)]).surname?.text
        == "garcia")
  }

  @Test func `a slip in a mail address that is made of the name is put right`() {
    let value = golden([own(1, "Walter", "Stewart", email: "watler.stewart@gmail.com")]).email
    #expect(value == GoldenValue(text: "walter.stewart@gmail.com", support: 0))
    #expect(
      golden([own(1, "Walter", "Stewart", email: "walter.stewart@gmial.com")]).email?.text == "walter.stewart@gmail.com"
    )
  }

  @Test func `a mail address of somebody else is left as it is`() {
    #expect(golden([own(1, "Walter", "Stewart", email: "hstewart@gmail.com")]).email?.text == "hstewart@gmail.com")
    #expect(
      golden([own(1, "Walter", "Stewart", email: "blue.kettle9@gmail.com")]).email?.text == "blue.kettle9@gmail.com")
  }

  @Test func `tags and capitals are no part of a mail address`() {
    #expect(
      golden([own(1, "Walter", "Wells", email: "Walter.Wells+News@Gmail.com")]).email?.text == "walter.wells@gmail.com")
  }

  @Test func `telephone numbers come out in one form`() {
    var records = [own(1, "Walter", "Wells"), own(2, "Walter", "Wells"), own(3, "Walter", "Wells")]
    records[0].phone = "(646) 555-0173"
    records[1].phone = "+1 646 555 0173"
    records[2].phone = "646 555 0171"
    #expect(golden(records).phone == GoldenValue(text: "+16465550173", support: 2))
  }

  @Test func `impossible dates lose against possible ones`() {
    var records = [own(1, "Walter", "Wells", updated: 2024), own(2, "Walter", "Wells")]
    records[0].birthDate = "1980-13-24"
    records[1].birthDate = "1980-12-24"
    #expect(golden(records).birthDate?.text == "1980-12-24")
  }

  @Test func `an identifier of the usual shape wins over one with a letter too many`() {
    var records = [own(1, "Walter", "Wells", updated: 2024), own(2, "Walter", "Wells")]
    records[0].loyaltyId = "L123456e8"
    records[1].loyaltyId = "L12345678"
    #expect(golden(records).loyaltyId?.text == "L12345678")
  }

  @Test func `an address is that of one record`() {
    var records = [own(1, "Walter", "Wells"), own(2, "Walter", "Wells"), own(3, "Walter", "Wells", updated: 2024)]
    (records[0].street, records[0].city) = ("12 Elm St", "Dover")
    (records[1].street, records[1].city) = ("12 Elm St", "Dover")
    records[2].city = "Salem"
    let golden = golden(records)
    #expect(golden.street?.text == "12 elm st")
    #expect(golden.city?.text == "dover")
  }

  @Test func `fields that no record has stay empty`() {
    let golden = golden([own(1, "Walter", "")])
    #expect(golden.surname == nil)
    #expect(golden.email == nil)
    #expect(golden.phone == nil)
    #expect(golden.street == nil)
  }

  @Test func `threads and batches change no golden record`() {
    let records = Population(seed: 21, persons: 300).records
    let one = Matcher(records), two = Matcher(records, threads: 2)
    let clusters = one.clusters()
    let groups = clusters.groups
    #expect(
      Survivorship(one, clusters).goldenRecords(of: groups[...])
        == Survivorship(two, clusters).goldenRecords(of: groups[...]))
  }
}
