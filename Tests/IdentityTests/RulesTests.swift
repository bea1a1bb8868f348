import BSON
import Store
import Testing

@testable import Identity

@Suite struct RulesTests {
  private func rules(_ json: String) throws -> IdentityRules {
    try IdentityRules(try JSONDecoding.document(from: Array(json.utf8).span))
  }

  /// The pointers and codes of what is wrong.
  private func faults(_ json: String) throws -> [String] {
    let document = try JSONDecoding.document(from: Array(json.utf8).span)
    do throws(IdentityError) {
      _ = try IdentityRules(document)
      return []
    } catch {
      guard case .invalidRules(let faults) = error else { return [] }
      return faults.map { "\($0.pointer) \($0.code)" }
    }
  }

  @Test func `an empty document is the defaults, and what is written out reads the same`() throws {
    #expect(try rules("{}") == IdentityRules())
    #expect(try IdentityRules(IdentityRules().document) == IdentityRules())
    let other = try rules(
      #"""
      {"identifiers":{"email":{"priority":9,"limit":3,"blocked":["x@","^[0-]*$"]}},
       "normalization":{"country":"de","plusTags":"drop","nicknames":true},
       "rules":[{"name":"born","all":["lastName","birthDate","postalCode"],"agreement":"samePerson","recordsMax":5}]}
      """#)
    #expect(try IdentityRules(other.document) == other)
    #expect(other.normalization.country == "DE" && other != IdentityRules())
  }

  @Test(arguments: [
    (#"{"x":1}"#, "/x unknown_field"), (#"{"rules":1}"#, "/rules not_an_array"),
    (#"{"rules":[{"name":"A b","all":["email"]}]}"#, "/rules/0/name invalid_name"),
    (#"{"rules":[{"name":"merge","all":["email"]}]}"#, "/rules/0/name invalid_name"),
    (#"{"rules":[{"name":"a","all":[]}]}"#, "/rules/0/all not_an_array"),
    (#"{"rules":[{"name":"a","all":["$where"]}]}"#, "/rules/0/all/0 unknown_field"),
    (#"{"rules":[{"name":"a","all":["firstName"]}]}"#, "/rules/0/all too_weak"),
    (#"{"rules":[{"name":"a","all":["email"],"agreement":"no"}]}"#, "/rules/0/agreement unknown_value"),
    (#"{"rules":[{"name":"a","all":["email"],"recordsMax":1}]}"#, "/rules/0/recordsMax out_of_range"),
    (#"{"rules":[{"name":"a","all":["email"]},{"name":"a","all":["phone"]}]}"#, "/rules/1/name repeated"),
    (#"{"rules":[{"name":"a","all":["email"]},{"name":"b","all":["email"]}]}"#, "/rules/1/all repeated"),
    (#"{"identifiers":{"shoe":{}}}"#, "/identifiers/shoe unknown_field"),
    (#"{"identifiers":{"email":{"limit":0}}}"#, "/identifiers/email/limit out_of_range"),
    (#"{"identifiers":{"email":{"priority":"1"}}}"#, "/identifiers/email/priority out_of_range"),
    (#"{"identifiers":{"email":{"blocked":[""]}}}"#, "/identifiers/email/blocked/0 not_a_string"),
    (#"{"normalization":{"country":"XX"}}"#, "/normalization/country unknown_country"),
    (#"{"normalization":{"plusTags":"maybe"}}"#, "/normalization/plusTags unknown_value"),
    (#"{"matchOnBlank":true}"#, "/matchOnBlank not_supported"),
  ])
  func `what is wrong is named where it is`(json: String, fault: String) throws {
    #expect(try faults(json) == [fault])
  }

  @Test func `several fields join records that agree in all of them, and blanks match nothing`() throws {
    let rules = try rules(
      #"{"rules":[{"name":"born","all":["firstName","lastName","birthDate"],"agreement":"none"}]}"#)
    let documents = [
      record("a/1", ["firstName": "José", "lastName": "Berg", "birthDate": "1960-01-02"]),
      record("b/1", ["firstName": "JOSE", "lastName": "berg", "birthDate": "1960-01-02"]),
      record("c/1", ["firstName": "Jose", "lastName": "Berg", "birthDate": ""]),
      record("d/1", ["firstName": "Jose", "lastName": "Berg"]),
    ]
    #expect(resolve(documents, rules: rules) == [["record:a/1", "record:b/1"], ["record:c/1"], ["record:d/1"]])
  }

  @Test func `normalization is an option: tags of addresses and short forms of names`() throws {
    let documents = [
      record("a/1", ["firstName": "Robert", "lastName": "Hall", "email": "r.hall+shop@example.com", "birthDate": "1"]),
      record("b/1", ["firstName": "Bob", "lastName": "Hall", "email": "r.hall@example.com", "birthDate": "1"]),
    ]
    #expect(clusters(documents).count == 2)
    let tags = try rules(#"{"normalization":{"plusTags":"drop"}}"#)
    #expect(clusters(documents, rules: tags).count == 1)
    let born = #""rules":[{"name":"born","all":["firstName","lastName","birthDate"]}]"#
    #expect(clusters(documents, rules: try rules("{\(born)}")).count == 2)
    #expect(clusters(documents, rules: try rules("{\"normalization\":{\"nicknames\":true},\(born)}")).count == 1)
  }

  @Test(arguments: ["KIOSK-7", "123-456"])
  func `a blocked value joins nobody and stays by itself`(user: String) throws {
    let rules = try rules(#"{"identifiers":{"userId":{"blocked":["kiosk-7","^[0123456789-]*$"]}}}"#)
    let documents = [record("a/1", ["userId": user]), record("b/1", ["userId": user])]
    #expect(resolve(documents, rules: rules) == [["record:a/1"], ["record:b/1"], ["user:\(user)"]])
    #expect(resolve(documents).count == 1)
  }

  @Test func `the address of an office joins nobody, and its records list it`() {
    let documents = [record("a/1", ["email": "info@example.com"]), record("b/1", ["email": "Info@Example.com"])]
    let found = clusters(documents)
    #expect(found.count == 3)
    #expect(found.filter { !$0.records.isEmpty }.allSatisfy { $0.shared.map(\.value) == ["info@example.com"] })
  }

  @Test func `a limit stops joins that would give a customer more of a kind`() throws {
    let documents = (0..<4).map { record("a/\($0)", ["userId": "U\($0)", "email": "a@example.com"]) }
    #expect(clusters(documents).count == 1)
    let limited = try rules(#"{"identifiers":{"userId":{"limit":2}}}"#)
    let found = clusters(documents, rules: limited).filter { !$0.records.isEmpty }
    #expect(found.count == 2)
    #expect(found.allSatisfy { $0.members.count(where: { $0.type == .user }) == 2 })
  }

  @Test func `priority decides in which order rules join`() throws {
    #expect(IdentityRules().rules.map(\.name) == ["user_id", "loyalty_id", "email", "phone"])
    let other = try rules(#"{"identifiers":{"phone":{"priority":1},"userId":{"priority":5}}}"#)
    #expect(other.rules.map(\.name) == ["phone", "loyalty_id", "email", "user_id"])
  }

  @Test func `a comparison says who would join and who would part`() throws {
    var comparison = RulesComparison(
      now: IdentityRules(),
      then: try rules(
        #"{"rules":[{"name":"user_id","all":["userId"],"agreement":"none"},"#
          + #"{"name":"born","all":["firstName","lastName","birthDate"]}]}"#))
    let documents = [
      record("a/1", ["firstName": "Ann", "email": "a@example.com"]),
      record("a/2", ["firstName": "Ann", "email": "a@example.com"]),
      record("b/1", ["firstName": "Bo", "lastName": "Lind", "birthDate": "1970-01-01"]),
      record("b/2", ["firstName": "Bo", "lastName": "Lind", "birthDate": "1970-01-01"]),
      record("c/1", ["userId": "U1"]), record("c/2", ["userId": "U1"]),
    ]
    for document in documents {
      let isTaken = comparison.add(document)
      #expect(isTaken)
    }
    let outcome = comparison.outcome(decisions: [])
    #expect(outcome.records == 6 && outcome.customersNow == 4 && outcome.customersThen == 4)
    #expect(outcome.joinsCount == 1 && outcome.partsCount == 1)
    let (anns, bos) = (ids("record:a/1", "record:a/2"), ids("record:b/1", "record:b/2"))
    #expect(outcome.parts == [.init(before: [anns[0]], after: anns.sorted())])
    #expect(outcome.joins == [.init(before: bos.sorted(), after: [bos[0]])])
  }

  private func ids(_ keys: String...) -> [String] { keys.map { IdentifierAssignment.customerId(anchoredAt: $0) } }
}
