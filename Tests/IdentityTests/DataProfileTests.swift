import BSON
import Store
import Testing

@testable import Identity

@Suite struct DataProfileTests {
  private func record(_ source: String, _ fields: KeyValuePairs<String, String>) -> BSONDocument {
    BSONDocument { writer in
      writer.append("source", source)
      for (name, value) in fields { writer.append(name, value) }
    }
  }

  /// One field of one source in the report.
  private func field(_ profile: DataProfile, _ source: String, _ name: String) throws -> BSONDocument {
    let sources = profile.document.array("sources")?.compactMap(\.documentValue) ?? []
    let entry = try #require(sources.first { $0.string("source") == source })
    return try #require(
      entry.array("fields")?.compactMap(\.documentValue).first { $0.string("field") == name })
  }

  /// A name of its own for every number: letters only, as names have no digits.
  private static func name(_ number: Int) -> String {
    "N" + String(number).utf8.map { String(UnicodeScalar($0 - 48 + 97)) }.joined()
  }

  @Test func `completeness, validity and conflicts are told by source and field`() throws {
    var profile = DataProfile(rules: IdentityRules())
    profile.add([
      record("web", ["firstName": "Ann", "email": "ann@example.com", "phone": "(212) 555-0101"]),
      record("crm", ["firstName": "ANN", "email": "ann@example.org", "phone": "+12125550101"]),
    ])
    profile.add([record("web", ["firstName": "test", "email": "nobody", "birthDate": "1980-02-30"])])
    profile.add([record("web", ["firstName": " "])])
    #expect(profile.document.int("customers") == 3)
    #expect(profile.document.int("records") == 4)
    let name = try field(profile, "web", "firstName")
    #expect(name.int("filled") == 2)
    #expect(name.double("completeness") == 2.0 / 3)
    #expect(name.double("validity") == 0.5)
    #expect(name.int("conflicts") == 0)
    #expect(try field(profile, "web", "email").double("validity") == 0.5)
    #expect(try field(profile, "web", "email").double("conflictRate") == 1)
    #expect(try field(profile, "crm", "phone").int("conflicts") == 0)
    #expect(try field(profile, "crm", "phone").int("compared") == 1)
    #expect(try field(profile, "web", "birthDate").double("validity") == 0)
    var places = DataProfile(rules: IdentityRules())
    for code in ["10115", "EC1A  1BB", "-"] {
      places.add([
        BSONDocument { writer in
          writer.append("source", "web")
          writer.append("address", document: { $0.append("postalCode", code) })
        }
      ])
    }
    #expect(try field(places, "web", "address.postalCode").double("validity") == 2.0 / 3)
  }

  @Test func `distinct values are estimated within three percent, frequent ones counted`() throws {
    var profile = DataProfile(rules: IdentityRules())
    for number in 0..<30_000 {
      profile.add([
        record(
          "web", ["email": "u\(number % 20_000)@example.com", "firstName": number % 3 == 0 ? "Ann" : Self.name(number)])
      ])
    }
    let email = try field(profile, "web", "email")
    let distinct = Double(email.int("distinct") ?? 0)
    #expect(abs(distinct - 20_000) < 0.05 * 20_000, "\(distinct)")
    let top = try #require(try field(profile, "web", "firstName").array("top")?.compactMap(\.documentValue).first)
    #expect(top.string("value") == "ann")
    #expect((10_000...10_300).contains(top.int("count") ?? 0), "\(top.int("count") ?? 0)")
  }

  @Test func `small counts are exact`() {
    for count in [0, 1, 2, 10, 100] {
      var distinct = DistinctCount()
      var generator = SystemRandomNumberGenerator()
      let hashes = (0..<count).map { _ in generator.next() }
      for hash in hashes + hashes { distinct.add(hash) }
      #expect(abs(distinct.estimate - count) <= count / 30 + 1, "\(distinct.estimate) \(count)")
    }
  }

  @Test func `what occurs in more than one of two hundred is never missed`() {
    var frequent = FrequentValues()
    for number in 0..<20_000 { frequent.add(ByteString(number % 100 == 0 ? "often" : "v\(number)")) }
    let top = frequent.top(3)
    #expect(top.first?.value == ByteString("often"))
    #expect((top.first?.count ?? 0) >= 200)
  }

  @Test func `sources beyond the bound are counted together`() {
    var profile = DataProfile(rules: IdentityRules())
    for number in 0..<150 { profile.add([record("s\(number)", ["firstName": "Ann"])]) }
    let sources = profile.document.array("sources")?.compactMap { $0.documentValue?.string("source") } ?? []
    #expect(sources.count == DataProfile.sourcesMax + 1)
    #expect(sources.contains("other"))
    #expect(profile.document.int("records") == 150)
  }
}
