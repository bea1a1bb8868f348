import BSON
import Testing

@testable import Service

@Suite struct LookupRoutesTests {
  let client: TestClient
  init() throws { client = try Shop.client }

  private func ids(_ query: String) -> [String] {
    let answer = client.get("/customers/lookup?\(query)")
    #expect(answer.status == 200, "\(answer.text)")
    return answer.items.compactMap { $0.string("customerId") }
  }

  @Test(arguments: [
    "email=ada@example.com", "email=%20ADA@EXAMPLE.COM", "phone=%2B15550100123", "phone=+15550100123",
    "phone=(555)%20010-0123", "loyaltyId=L-1", "userId=U1", "orderId=O2", "orderId=O1",
  ]) func `Ada is found by everything that is hers`(_ query: String) {
    #expect(ids(query) == [Shop.adaId])
  }

  @Test func `an answer says why and when`() throws {
    let item = try #require(client.get("/customers/lookup?email=ada@example.com&userId=U1").items.first)
    #expect(item.array("matchedOn")?.map(\.stringValue) == ["email", "userId"])
    #expect(item.double("confidence") == 1)
    #expect(item.string("lastContact") == "2024-05-03T10:00:00.000Z")
  }

  @Test func `many is an answer, each with its part`() {
    let answer = client.get("/customers/lookup?phone=%2B15550100199")
    #expect(Set(answer.items.compactMap { $0.string("customerId") }) == [Shop.bobId, Shop.beaId])
    #expect(answer.items.allSatisfy { $0.double("confidence") == 0.5 })
    let narrowed = client.get("/customers/lookup?phone=%2B15550100199&userId=U2").items
    #expect(narrowed.first { $0.string("customerId") == Shop.bobId }?.double("confidence") == 0.75)
    #expect(narrowed.first { $0.string("customerId") == Shop.beaId }?.double("confidence") == 0.25)
    let page = client.get("/customers/lookup?phone=%2B15550100199&limit=1")
    let rest = client.get("/customers/lookup?phone=%2B15550100199&cursor=\(page.nextCursor ?? "")")
    #expect(page.items + rest.items == answer.items)
  }

  @Test(arguments: [
    "email=nobody@example.com", "phone=%2B15550100777", "userId=U999", "userId=%7B%22$ne%22:null%7D", "userId=null",
    "loyaltyId=0", "orderId=O4", "orderId=nothing", "orderId=$where",
  ]) func `nobody is an answer`(_ query: String) {
    #expect(ids(query).isEmpty)
  }

  @Test(arguments: [
    ("", "missing_parameter"), ("limit=5", "missing_parameter"), ("email=", "invalid_parameter"),
    ("email=ada", "invalid_parameter"), ("email=null", "invalid_parameter"), ("phone=0", "invalid_parameter"),
    ("email=%7B%22$ne%22:null%7D", "invalid_parameter"),
    ("phone=abc", "invalid_parameter"), ("email%5B$ne%5D=1", "unknown_parameter"), ("email[$ne]=1", "malformed_target"),
    ("who=ada", "unknown_parameter"),
    ("email=a@b.cd&email=b@b.cd", "repeated_parameter"), ("Email=a@b.cd", "unknown_parameter"),
    ("email=a%00@b.cd", "malformed_query"), ("email=%FF%FE@b.cd", "malformed_query"),
  ]) func `what cannot be looked up is a 400`(_ query: String, _ code: String) {
    let answer = client.get("/customers/lookup?\(query)")
    #expect(answer.status == 400)
    #expect(answer.code == code, "\(answer.text)")
  }

  @Test func `an address of a hundred thousand bytes is refused at once`() {
    let start = ContinuousClock.now
    #expect(client.get("/customers/lookup?email=\(String(repeating: "a@a.", count: 1800))").status == 400)
    #expect(ContinuousClock.now - start < .milliseconds(500))
  }

  @Test(arguments: [
    ("Lovelace", "name"), ("love", "name"), ("ada%20LOVEL", "name"), ("Lovelace,%20Ada", "name"), ("0123", "phone"),
    ("15550100", "phone"), ("ada@example.com", "email"), ("O1", "orderId"), ("L-1", "loyaltyId"), ("U1", "userId"),
  ])
  func `a question finds who is meant and says why`(question: String, reason: String) throws {
    let answer = try Shop.client.get("/customers/lookup?q=\(question)")
    #expect(answer.status == 200, "\(answer.text)")
    #expect(answer.items.first?.string("customerId") == Shop.adaId, "\(answer.text)")
    #expect(answer.items.first?.array("matchedOn")?.compactMap(\.stringValue).contains(reason) == true)
  }

  @Test func `a question that fits two lists both, each with its part, page by page`() throws {
    let both = try Shop.client.get("/customers/lookup?q=0199")
    #expect(Set(both.items.compactMap { $0.string("customerId") }) == [Shop.bobId, Shop.beaId])
    #expect(both.items.allSatisfy { $0.double("confidence") ?? 1 <= 0.5 })
    let first = try Shop.client.get("/customers/lookup?q=0199&limit=1")
    let second = try Shop.client.get("/customers/lookup?q=0199&limit=1&cursor=\(first.nextCursor ?? "")")
    #expect(
      (first.items + second.items).compactMap { $0.string("customerId") }
        == both.items.compactMap { $0.string("customerId") })
  }

  @Test(arguments: ["q=a", "q=", "q=ada&email=ada@example.com"])
  func `a question too short, or beside another, is a 400`(query: String) throws {
    #expect(try Shop.client.get("/customers/lookup?\(query)").status == 400)
  }

  @Test(arguments: [".*", "%5Ea", "$where", "n:", "%7B%22$gt%22:%22%22%7D", "love.ace", "xyzzy"])
  func `signs of a pattern are no pattern`(question: String) throws {
    let answer = try Shop.client.get("/customers/lookup?q=\(question)")
    #expect(answer.status == 200 && answer.items.isEmpty, "\(answer.text)")
  }
}
