import BSON
import Store
import Testing

@testable import Identity

private func event(user: String, anonymous: String) -> Edge? {
  guard let user = Identifier(.user, user), let anonymous = Identifier(.anonymous, anonymous) else { return nil }
  return Edge(a: user, b: anonymous, rule: "event", owner: "events")
}

@Suite struct ResolverTests {
  @Test func `records with one e-mail address are one customer, whatever its case`() {
    let clusters = resolve([
      record("web/1", ["firstName": "Ann", "email": "Ann@Example.com"]),
      record("crm/7", ["firstName": "Ann", "email": "ann@example.COM "]),
    ])
    #expect(clusters == [["record:web/1", "record:crm/7", "email:ann@example.com"]])
  }

  @Test func `a telephone shared by two first names joins nobody and belongs to neither`() {
    let clusters = resolve([
      record("web/1", ["firstName": "Maria", "lastName": "Lopez", "phone": "+1 212 555 0101"]),
      record("web/2", ["firstName": "Pedro", "lastName": "Lopez", "phone": "(212) 555-0101"]),
    ])
    #expect(clusters == [["record:web/1"], ["record:web/2"], ["phone:+12125550101"]])
  }

  @Test func `a telephone joins spellings of one name`() {
    let clusters = resolve([
      record("web/1", ["firstName": "Jonathan", "phone": "+12125550101"]),
      record("crm/1", ["firstName": "Jonathon", "phone": "+12125550101"]),
    ])
    #expect(clusters.contains(["record:web/1", "record:crm/1", "phone:+12125550101"]))
  }

  @Test func `a chain of shared telephones does not make a family one person`() {
    let clusters = resolve([
      record("web/1", ["firstName": "Maria", "phone": "+12125550101", "loyaltyId": "L1"]),
      record("web/2", ["firstName": "", "phone": "+12125550101"]),
      record("web/3", ["firstName": "Pedro", "phone": "+12125550101", "loyaltyId": "L2"]),
    ])
    #expect(!clusters.contains { $0.contains("record:web/1") && $0.contains("record:web/3") })
  }

  @Test(arguments: [("birthDate", "1961-04-21", "2003-09-03"), ("loyaltyId", "L1", "L2"), ("userId", "U1", "U2")])
  func `father and son of one name and telephone stay two`(field: String, father: String, son: String) {
    let clusters = resolve([
      record("web/1", ["firstName": "Dmitri", "phone": "+12125550101", field: father]),
      record("web/2", ["firstName": "Dmitri", "phone": "+12125550101", field: son]),
    ])
    #expect(!clusters.contains { $0.contains("record:web/1") && $0.contains("record:web/2") })
  }

  @Test func `a loyalty card joins records whose names differ`() {
    let clusters = resolve([
      record("loyalty/1", ["firstName": "Anna", "lastName": "Berg", "loyaltyId": "L1"]),
      record("web/1", ["firstName": "Anna", "lastName": "Stone", "loyaltyId": "L1", "userId": "U1"]),
    ])
    #expect(clusters == [["record:loyalty/1", "record:web/1", "loyalty:L1", "user:U1"]])
  }

  @Test(arguments: ["-1", "0000", "null", "anonymous", " N/A "])
  func `a blocked value joins nobody`(value: String) {
    let clusters = resolve([
      record("web/1", ["firstName": "Ann", "userId": value]), record("web/2", ["firstName": "Ann", "userId": value]),
    ])
    #expect(clusters == [["record:web/1"], ["record:web/2"]])
  }

  @Test func `an anonymous history joins the one user that an event ties it to`() throws {
    let link = try #require(event(user: "U1", anonymous: "A1"))
    #expect(resolve([], links: [link]) == [["user:U1", "anonymous:A1"]])
  }

  @Test func `an anonymous id tied to two people stays by itself`() throws {
    let links = [try #require(event(user: "U1", anonymous: "A1")), try #require(event(user: "U2", anonymous: "A1"))]
    #expect(resolve([], links: links) == [["user:U1"], ["user:U2"], ["anonymous:A1"]])
  }

  @Test func `an identifier that too many records claim joins none of them`() {
    let documents = (0..<25).map { record("web/\($0)", ["firstName": "Ann", "phone": "+12125550101"]) }
    #expect(resolve(documents).count == 26)
  }

  @Test func `the order of records and edges changes nothing`() {
    var generator = SplitMix(state: 7)
    let names = ["Ann", "Anna", "Bob", "Bea", ""]
    for _ in 0..<200 {
      let documents = (0..<8).map { index in
        record(
          "s/\(index)",
          [
            "firstName": names[Int(generator.next() % 5)], "phone": "+1212555010\(generator.next() % 3)",
            "email": "e\(generator.next() % 6)@example.com", "loyaltyId": "L\(generator.next() % 9)",
          ])
      }
      #expect(resolve(documents) == resolve(documents.shuffled(using: &generator)))
    }
  }

  @Test func `a customer keeps its id when a record joins, and ids come from identifiers alone`() {
    let alone = CustomerCluster(members: [Identifier(.user, "U1")].compactMap { $0 }, shared: [])
    let joined = CustomerCluster(
      members: [Identifier(.email, "a@b.example"), Identifier(.user, "U1"), Identifier(key: "record:web/1")]
        .compactMap { $0 }, shared: [])
    #expect(alone.customerId == joined.customerId)
    #expect(alone.customerId == IdentifierAssignment.customerId(anchoredAt: "user:U1"))
  }
}
