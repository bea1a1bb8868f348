import BSON
import Dispatch
import Locks
import Testing

@testable import Service

@Suite struct CustomerRoutesTests {
  let client: TestClient
  init() throws { client = try Shop.client }

  @Test func `a customer is shown as a whole, without what serves the service`() {
    let answer = client.get("/customers/\(Shop.adaId)")
    #expect(answer.status == 200)
    #expect(answer.field("Content-Type") == "application/json")
    #expect(answer.field("Cache-Control") == "private, no-cache")
    let ada = answer.json
    #expect(ada.string("customerId") == Shop.adaId)
    #expect(ada.string("firstName") == "Ada")
    #expect(ada.string("phone") != nil && ada.string("loyaltyId") == "L-1")
    #expect(ada.document("address")?.string("street") == "1 Main St")
    #expect(ada.document("features")?.int("session_count") == 5)
    #expect(ada.document("features")?.double("average_order_value") == 105)
    #expect(ada.document("orderSummary")?.int("returns") == 1)
    for hidden in ["_id", "subjects", "identifierKeys", "orders"] { #expect(!ada.contains(hidden), "\(hidden)") }
    let types = ada.array("identifiers")?.compactMap { $0.documentValue?.string("type") } ?? []
    #expect(Set(types) == ["user", "loyalty", "email", "phone"])
  }

  @Test func `only the fields asked for are shown`() {
    let answer = client.get("/customers/\(Shop.adaId)?fields=firstName,orderSummary")
    #expect(answer.json.map(\.key).sorted() == ["customerId", "firstName", "orderSummary"])
    #expect(client.get("/customers/\(Shop.adaId)?fields=customerId").json.map(\.key) == ["customerId"])
  }

  @Test(arguments: [
    "fields=nope", "fields=", "fields=firstName,,lastName", "fields=$where", "fields=_id", "expand=all",
  ])
  func `unknown fields are refused by name`(_ query: String) {
    let answer = client.get("/customers/\(Shop.adaId)?\(query)")
    #expect(answer.status == 400)
    #expect(answer.code == "invalid_parameter")
  }

  @Test func `expansions are lists as their own routes show them`() throws {
    let ada = client.get("/customers/\(Shop.adaId)?expand=orders,events,segments&fields=firstName").json
    let orders = try #require(ada.document("orders"))
    #expect(orders.array("items")?.compactMap { $0.documentValue?.string("orderId") } == ["O3", "O2", "O1"])
    #expect(orders["nextCursor"] == .null)
    let events = try #require(ada.document("events"))
    #expect(events.array("items")?.count == 50)
    let cursor = try #require(events.string("nextCursor"))
    let next = client.get("/customers/\(Shop.adaId)/events?cursor=\(cursor)")
    #expect(next.status == 200 && next.items.count == 50)
    #expect(ada.document("segments")?.array("items") != nil)
  }

  @Test func `many who ask at once get each their own answer`() throws {
    let paths = (0..<120).map { n in
      switch n % 6 {
      case 0: "/customers/c_nobody\(n)"
      case 1: "/customers/\(Shop.adaId)?fields=firstName"
      case 2: "/customers/\(Shop.adaId)?fields=nope"
      case 3: "/customers/\(Shop.adaFormerId)"
      default: "/customers/\(Shop.adaId)"
      }
    }
    let client = client
    let alone = paths.map { client.get($0) }
    let together = Guarded<[Int: Answer]>([:])
    DispatchQueue.concurrentPerform(iterations: paths.count) { n in
      let answer = client.get(paths[n])
      together.withLock { $0[n] = answer }
    }
    let answers = together.withLock { $0 }
    for (n, one) in alone.enumerated() {
      #expect(answers[n]?.status == one.status, "\(paths[n])")
      if one.status == 200 { #expect(answers[n]?.body == one.body && answers[n]?.field("ETag") == one.field("ETag")) }
    }
  }

  @Test func `what has not changed is answered 304`() throws {
    let first = client.get("/customers/\(Shop.adaId)")
    let etag = try #require(first.field("ETag"))
    #expect(etag.hasPrefix("\"") && etag.hasSuffix("\""))
    let again = client.get("/customers/\(Shop.adaId)", ["If-None-Match": "\"other\", \(etag)"])
    #expect(again.status == 304 && again.body.isEmpty)
    for field in ["ETag", "Cache-Control", "Vary", "Content-Location"] {
      #expect(again.field(field) == first.field(field))
    }
    #expect(client.get("/customers/\(Shop.adaId)", ["If-Match": "\"other\""]).status == 412)
    #expect(again.field("ETag") == etag)
    #expect(client.get("/customers/\(Shop.adaId)", ["If-None-Match": "\"other\""]).status == 200)
    #expect(client.get("/customers/\(Shop.adaId)?fields=firstName", ["If-None-Match": etag]).status == 200)
  }

  @Test func `an id from before a merge leads to the present customer`() {
    let answer = client.get("/customers/\(Shop.adaFormerId)")
    #expect(answer.status == 200)
    #expect(answer.json.string("customerId") == Shop.adaId)
    #expect(answer.field("Content-Location") == "/customers/\(Shop.adaId)")
    let orders = client.get("/customers/\(Shop.adaFormerId)/orders?limit=1")
    #expect(orders.field("Content-Location") == "/customers/\(Shop.adaId)/orders")
    #expect(client.get("/customers/\(Shop.adaId)").field("Content-Location") == nil)
  }

  @Test(arguments: ["", "/timeline", "/orders", "/events", "/identities", "/recommendations", "/segments"])
  func `nobody is a 404`(_ suffix: String) {
    for id in ["c_00000000000000000000000000", "%7B%22$ne%22:null%7D", "x", String(repeating: "c", count: 2000)] {
      let answer = client.get("/customers/\(id)\(suffix)")
      #expect(answer.status == 404, "\(id)")
      #expect(answer.field("Content-Type") == "application/problem+json")
    }
  }

  @Test func `several customers come in the order asked for`() {
    let body = "{\"ids\":[\"\(Shop.bobId)\",\"nobody\",\"\(Shop.adaFormerId)\"]}"
    let answer = client.post("/customers:batchGet?fields=firstName", body)
    #expect(answer.status == 200)
    #expect(answer.items.map { $0.string("firstName") } == ["Bob", "Ada"])
    #expect(answer.json.array("notFound")?.map(\.stringValue) == ["nobody"])
  }

  @Test func `identities say what ties them`() throws {
    let answer = client.get("/customers/\(Shop.adaId)/identities")
    let items = answer.items
    #expect(items.map { $0.string("type") }.contains("record"))
    let address = try #require(items.first { $0.string("type") == "email" })
    let rules = address.array("evidence")?.compactMap { $0.documentValue?.string("rule") } ?? []
    #expect(rules == ["email", "email"], "\(answer.text)")
    let first = client.get("/customers/\(Shop.adaId)/identities?limit=2")
    let second = client.get("/customers/\(Shop.adaId)/identities?limit=500&cursor=\(first.nextCursor ?? "")")
    #expect(first.items + second.items == items)
    #expect(second.nextCursor == nil)
  }

  @Test func `an identifier that others claim too is shared`() {
    let items = client.get("/customers/\(Shop.bobId)/identities").items
    let phone = items.first { $0.string("type") == "phone" }
    #expect(phone?.bool("shared") == true)
    let evidence = phone?.array("evidence")?.compactMap(\.documentValue) ?? []
    #expect(evidence.map { $0.string("value") } == ["crm/2"], "only the evidence of this customer is shown")
  }

  @Test func `provenance says where a field comes from and what lost, and a moment shows what was known then`() throws {
    let client = try Shop.client
    let check = try SchemaCheck()
    let path = "/customers/\(Shop.adaId)"
    let shown = client.get(path + "?provenance=true")
    #expect(check.faults(of: shown, "GET", "/customers/{id}") == [], "\(shown.text)")
    let name = try #require(shown.json.document("provenance")?.document("firstName"))
    #expect(name.string("rule") == "mostRecent" && name.string("value") == "Ada")
    #expect(name.array("from")?.compactMap { $0.documentValue?.string("record") } == ["card/L-1"])
    #expect(name.array("losers")?.compactMap { $0.documentValue?.string("record") } == ["crm/1"])
    let past = client.get(path + "?as_of=2024-01-15T00:00:00Z&provenance=true")
    #expect(check.faults(of: past, "GET", "/customers/{id}") == [], "\(past.text)")
    #expect(past.json.string("phone") == nil && past.json.string("firstName") == "Ada")
    #expect(past.json.document("orderSummary")?.int("purchases") == 0)
    #expect(client.get(path + "?as_of=2023-01-01T00:00:00Z").status == 404)
    for query in ["as_of=yesterday", "as_of=", "provenance=1"] {
      #expect(client.get(path + "?" + query).status == 400, "\(query)")
    }
  }
}
