import Testing

@testable import RecordLinkage

@Suite struct ParsingTests {
  private func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

  @Test(arguments: [
    ("Renée", "renee"), ("MÜLLER-Lüdenscheidt", "muller ludenscheidt"), ("O'Brien", "obrien"), ("St. John", "st john"),
    ("Łukasz", "lukasz"), ("Søren Ærø", "soren aero"), ("  a  b ", "a b"), ("Jose\u{301}", "jose"),
    ("Straße", "strasse"),
    ("Иван", "иван"), ("", ""),
  ]) func `text folds to what is compared`(_ raw: String, _ folded: String) {
    #expect(text(FoldedText.fold(raw)) == folded)
  }

  @Test func `titles and suffixes are no part of a name`() {
    let name = PersonName(given: "Dr. Mary Ann", surname: "Van Dyke Jr.")
    #expect(text(name.given) == "maryann")
    #expect(text(name.firstGiven) == "mary")
    #expect(text(name.surname) == "vandyke")
    #expect(text(name.lastSurname) == "dyke")
    #expect(name.generation == .junior)
    #expect(PersonName.display("DR. Renée") == "renée")
    #expect(PersonName.display("Holmes Jr") == "holmes")
    #expect(PersonName(given: "", surname: "Jr").surname == Array("jr".utf8))
  }

  @Test(
    arguments: [
      ("1980-12-24", 19_801_224), ("19801224", 19_801_224), ("1980-12-24T08:00:00Z", 19_801_224),
      ("24.12.1980", 19_801_224),
      ("24/12/80", 19_801_224), ("12/24/1980", 19_801_224), ("24 Dec 1980", 19_801_224),
      ("December 24, 1980", 19_801_224),
      ("24122003", 20_031_224), ("1980", 19_800_000), ("12/1980", 19_801_200), ("19041329", 19_041_329),
      ("3. März 1980", 19_800_303),
    ] as [(String, Int32)]) func `dates are read in the forms that people write`(_ raw: String, _ packed: Int32)
  {
    #expect(DateParts(raw)?.packed(.dayFirst) == packed)
  }

  @Test func `each source's order of day and month is learned from its own dates`() {
    var table = RecordTable()
    for (source, date) in [("us", "12/24/1980"), ("us", "03/04/1980"), ("de", "24/12/1980"), ("de", "03/04/1980")] {
      table.append(PersonRecord(id: date, source: source, birthDate: date))
    }
    table.settle(order: [0, 1, 2, 3])
    #expect(table.rows.map(\.birthDate) == [19_801_224, 19_800_304, 19_801_224, 19_800_403])
  }

  @Test(arguments: [
    ("Anna+news@GMail.com", "anna@gmail.com"), ("a.n.na@googlemail.com", "anna@gmail.com"),
    (" anna@example.org ", "anna@example.org"),
    ("noreply@example.org", nil), ("anna", nil), ("@example.org", nil), ("anna@", nil),
  ]) func `mail addresses are compared without tags`(_ raw: String, _ canonical: String?) {
    #expect(MailAddress(raw).map { text($0.canonical) } == canonical)
  }

  @Test(
    arguments: [
      ("+1 (212) 555-0173", 12_125_550_173), ("0049 30 123456", 4_930_123_456), ("555-0173 ext. 12", 5_550_173),
      ("000-000-0000", 0),
      ("5555555555", 0), ("", 0), ("tel 212 555 0173", 2_125_550_173), ("+44 (0)20 7946 0958", 442_079_460_958),
    ] as [(String, UInt64)]) func `telephone numbers keep their digits`(_ raw: String, _ digits: UInt64)
  {
    #expect(PhoneDigits.parse(raw) == digits)
  }

  @Test(arguments: [
    ("", "1242 Cedar Street Apt 7", "1242", "cedarst", "7"), ("", "1242 CEDAR ST #7", "1242", "cedarst", "7"),
    ("", "Hauptstraße 12a", "12a", "hauptstr", ""), ("", "5th Avenue 12", "12", "5thave", ""),
    ("12", "Cedar Rd", "12", "cedarrd", ""), ("", "Cedar Road", "", "cedarrd", ""),
  ]) func `street lines are taken apart`(
    _ house: String, _ line: String, _ number: String, _ street: String, _ unit: String
  ) {
    let address = StreetAddress(houseNumber: house, street: line, secondLine: "")
    #expect(text(address.number) == number)
    #expect(text(address.street) == street)
    #expect(text(address.unit) == unit)
  }

  @Test func `short forms share a group with their full forms`() {
    let group = { (name: String) in Nicknames.groups(Array(name.utf8)[...]) }
    #expect(Nicknames.share(group("bob"), group("robert")))
    #expect(Nicknames.share(group("kate"), group("katherine")))
    #expect(!Nicknames.share(group("walter"), group("robert")))
    #expect(group("zzyzx").isEmpty)
  }
}
