import BSON
import Store
import Testing

@testable import Identity

@Suite struct DecisionTests {
  private let mariaAndPedro = [
    record("web/1", ["firstName": "Maria", "phone": "+12125550101", "userId": "U1"]),
    record("web/2", ["firstName": "Pedro", "phone": "+12125550101", "userId": "U2"]),
  ]

  @Test func `what people merge is one customer, and what both claim is no longer shared`() {
    let merged = resolve(mariaAndPedro, links: decided(.merge, "user:U1", "user:U2"))
    #expect(merged == [["record:web/1", "record:web/2", "user:U1", "user:U2", "phone:+12125550101"]])
  }

  @Test func `a merge takes no other group apart`() {
    // The third record would not join Pedro, but it is Maria's by her address.
    let records =
      mariaAndPedro + [
        record("crm/1", ["firstName": "Maria", "email": "m@example.com", "birthDate": "1960-01-01"]),
        record("crm/2", ["firstName": "Maria", "email": "m@example.com", "userId": "U1"]),
      ]
    let before = clusters(records)
    let after = clusters(records, edges: decided(.merge, "user:U1", "user:U2"))
    for cluster in before {
      #expect(after.contains { Set($0.members).isSuperset(of: cluster.members) }, "\(cluster.members)")
    }
  }

  @Test func `a merge names an identifier without a record`() {
    let merged = resolve(
      [mariaAndPedro[0]], links: decided(.merge, "user:U1", "user:U9"), subjects: ["user:U9"])
    #expect(merged == [["record:web/1", "user:U1", "user:U9", "phone:+12125550101"]])
  }

  @Test func `what people deny no rule joins`() {
    let records = [
      record("web/1", ["firstName": "Ann", "email": "a@example.com"]),
      record("crm/1", ["firstName": "Ann", "email": "a@example.com"]),
    ]
    #expect(resolve(records).count == 1)
    let apart = resolve(records, links: decided(.deny, "record:web/1", "record:crm/1"))
    #expect(apart == [["record:web/1"], ["record:crm/1"], ["email:a@example.com"]])
  }

  @Test func `a denial of identifiers holds for the records that claim them, whatever else they share`() {
    let records = [
      record("web/1", ["userId": "U1", "loyaltyId": "L1", "firstName": "Ann"]),
      record("crm/1", ["userId": "U2", "loyaltyId": "L1", "firstName": "Ann"]),
      record("crm/2", ["loyaltyId": "L1", "firstName": "Ann"]),
    ]
    let found = clusters(records, edges: decided(.deny, "user:U1", "user:U2"))
    #expect(!found.contains { Set($0.members.map(\.key)).isSuperset(of: ["record:web/1", "record:crm/1"]) })
  }

  @Test func `a denial stands against a merge`() {
    let edges = decided(.merge, "user:U1", "user:U2", id: "1") + decided(.deny, "user:U1", "user:U2", id: "2")
    #expect(resolve(mariaAndPedro, links: edges).count == 3)
  }

  @Test func `two people who merge the same make edges of their own`() {
    let (one, other) = (decided(.merge, "user:U1", "user:U2", id: "1"), decided(.merge, "user:U1", "user:U2", id: "2"))
    #expect(one[0].id != other[0].id)
  }

  @Test func `a customer of a hundred identifiers is where rules stop, and nothing is left out`() throws {
    // Cards tie together records with four identifiers each: a chain that would be one customer of 121.
    let records = (0..<40).map { number in
      record(
        "web/\(number)",
        [
          "firstName": "Ann", "userId": "U\(number)", "loyaltyId": "L\(number / 2)",
          "email": "a\((number + 1) / 2)@example.com",
        ])
    }
    let found = clusters(records)
    let largest = try #require(found.map(\.members.count).max())
    #expect(largest <= IdentityRules.customerIdentifiersMax && largest > 60)
    #expect(found.contains { $0.isFrozen })
    #expect(
      Set(found.flatMap(\.members)).isSuperset(
        of: records.compactMap { $0.string("_id") }.compactMap {
          Identifier(key: "record:\($0)")
        }))
    #expect(!clusters(Array(records.prefix(8))).contains { $0.isFrozen })
  }

  @Test func `the order of edges and records changes nothing, with decisions among them`() {
    var generator = SplitMix(state: 11)
    for _ in 0..<200 {
      let documents = (0..<9).map { index in
        record(
          "s/\(index)",
          [
            "firstName": ["Ann", "Bob", ""][Int(generator.next() % 3)], "phone": "+1212555010\(generator.next() % 3)",
            "email": "e\(generator.next() % 5)@example.com", "userId": "U\(index)",
          ])
      }
      var edges: [Edge] = []
      for number in 0..<4 {
        let kind: IdentityDecision.Kind = generator.next() % 3 == 0 ? .deny : .merge
        edges += decided(
          kind, "user:U\(generator.next() % 9)", "record:s/\(generator.next() % 9)", id: "\(number)")
      }
      let one = clusters(documents, edges: edges)
      let other = clusters(documents.shuffled(using: &generator), edges: edges.shuffled(using: &generator))
      #expect(one == other)
      // Without the decisions the groups are those of the rules alone; a merge only ever joins whole groups of these.
      let merges = edges.filter { $0.rule == Edge.mergeRule }
      let merged = clusters(documents, edges: merges)
      for cluster in clusters(documents) {
        let records = Set(cluster.records)
        #expect(merged.contains { Set($0.records).isSuperset(of: records) })
      }
    }
  }
}
