import Testing

@testable import RecordLinkage

@Suite struct ComparisonTests {
  private func pattern(_ a: PersonRecord, _ b: PersonRecord) -> Pattern {
    var table = RecordTable()
    table.append(a)
    table.append(b)
    table.settle(order: [0, 1])
    let forward = table.compare(table.rows[0], table.rows[1]), backward = table.compare(table.rows[1], table.rows[0])
    #expect(forward == backward)
    return forward
  }

  private func names(_ a: (String, String), _ b: (String, String)) -> (given: Int, surname: Int) {
    let found = pattern(
      PersonRecord(id: "1", givenName: a.0, surname: a.1), PersonRecord(id: "2", givenName: b.0, surname: b.1))
    return (found[.givenName], found[.surname])
  }

  @Test(arguments: [
    ("Zoë", "zoe", NameLevel.exact), ("Bob", "Robert", NameLevel.compatible),
    ("Christof", "Christopher", NameLevel.similar),
    ("Mary Ann", "Mary", NameLevel.compatible), ("Walter", "Watler", NameLevel.typo),
    ("W", "Walter", NameLevel.initial),
    ("H", "Walter", NameLevel.otherInitial), ("Walter", "Helen", NameLevel.different), ("Walter", "", Pattern.missing),
  ]) func `first names agree by degrees`(_ a: String, _ b: String, _ level: Int) {
    #expect(names((a, "Brandt"), (b, "Brandt")).given == level)
  }

  @Test func `exchanged names are told from different ones`() {
    #expect(names(("Walter", "Brandt"), ("Brandt", "Walter")) == (NameLevel.exchanged, Pattern.missing))
    #expect(names(("Walter", "Brandt"), ("Brant", "Walter")) == (NameLevel.nearlyExchanged, Pattern.missing))
    #expect(names(("Walter", "Brandt"), ("Helen", "Walter")).given == NameLevel.different)
  }

  @Test(arguments: [
    ("1980-12-24", "1980-12-24", DateLevel.exact), ("1980-12-24", "1980-12-25", DateLevel.typo),
    ("1980-12-24", "1980-12-42", DateLevel.typo), ("1980-03-04", "1980-04-03", DateLevel.typo),
    ("1980-12-24", "1957-12-24", DateLevel.near), ("1980-12-24", "1957-03-11", DateLevel.different),
  ]) func `birth dates agree by degrees`(_ a: String, _ b: String, _ level: Int) {
    #expect(pattern(PersonRecord(id: "1", birthDate: a), PersonRecord(id: "2", birthDate: b))[.birthDate] == level)
  }

  @Test(arguments: [
    ("212 555 0173", "+1 (212) 555-0173", 0), ("212 555 0173", "212 555 0137", 1), ("212 555 0173", "212 555 173", 1),
    ("212 555 0173", "646 555 9173", 2),
  ]) func `telephone numbers agree with and without the country's code`(_ a: String, _ b: String, _ level: Int) {
    #expect(pattern(PersonRecord(id: "1", phone: a), PersonRecord(id: "2", phone: b))[.phone] == level)
  }

  @Test func `the lines of an address may be exchanged`() {
    let a = PersonRecord(id: "1", houseNumber: "12", street: "Market Court", secondLine: "Villa Rosa", postcode: "1000")
    let b = PersonRecord(id: "2", houseNumber: "12", street: "Villa Rosa", secondLine: "Market Crt", postcode: "1000")
    #expect(pattern(a, b)[.address] == 0)
    #expect(pattern(a, b)[.unit] == 0)
  }

  @Test func `mail addresses of namesakes are a comparison of their own`() {
    let a = PersonRecord(id: "1", givenName: "Walter", surname: "Brandt", email: "wbrandt@example.org")
    var b = PersonRecord(id: "2", givenName: "Walter", surname: "Brandt", email: "wbrandt@example.net")
    #expect(pattern(a, b)[.namesakeEmail] == EmailLevel.otherDomain)
    #expect(pattern(a, b)[.email] == Pattern.missing)
    b.givenName = "Helen"
    #expect(pattern(a, b)[.email] == EmailLevel.otherDomain)
  }

  @Test func `what a record lacks is missing, not different`() {
    #expect(pattern(PersonRecord(id: "1"), PersonRecord(id: "2", givenName: "Anna")) == Pattern())
  }
}
