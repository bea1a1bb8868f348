import BSON
import MongoTesting
import Store
import Testing

@testable import Service

private enum Edited {
  static let started: Result<RunningService, any Error> = Result {
    let running = try RunningService(try TestDatabase.fresh())
    try running.waitUntilReady()
    return running
  }
}

@Suite struct SourceRoutesTests {
  let client: TestClient
  private let check: SchemaCheck

  init() throws {
    client = try Edited.started.get().client
    check = try SchemaCheck()
  }

  private func send(
    _ method: String, _ path: String, _ body: String = "", ifMatch: String? = nil, type: String = "application/json"
  ) -> Answer {
    var fields = body.isEmpty ? [:] : ["Content-Type": type]
    if let ifMatch { fields["If-Match"] = ifMatch }
    return client.send(method, path, fields, Array(body.utf8))
  }

  private static let kinds: [(pattern: String, path: String, body: String, other: String, field: String)] = [
    ("/products/{id}", "/products/e1", #"{"productName":"Lamp","price":2}"#, #"{"price":3}"#, "price"),
    (
      "/orders/{id}", "/orders/e1", #"{"userId":"edit","orderDate":"2024-05-01T10:00:00Z","orderTotal":2}"#,
      #"{"orderTotal":3}"#, "orderTotal"
    ),
    ("/ratings/{userId}/{productId}", "/ratings/edit/e1", #"{"rating":2}"#, #"{"rating":3}"#, "rating"),
    (
      "/records/{source}/{sourceId}", "/records/crm/a%20b", #"{"userId":"edit","lifetimeValue":2}"#,
      #"{"attributes":{"lifetimeValue":3}}"#, "attributes"
    ),
  ]

  @Test(arguments: kinds.indices)
  func `an item is made, seen, changed by who has seen it, and deleted`(index: Int) {
    let (pattern, path, body, other, field) = Self.kinds[index]
    #expect(send("PATCH", path, other, ifMatch: "*").status == 404)
    #expect(send("PUT", path, body, ifMatch: "\"v1\"").status == 412, "nobody has seen what is not there")
    let made = send("PUT", path, body)
    #expect(made.status == 201 && made.field("Location") == path && made.field("ETag") == "\"v1\"", "\(made.text)")
    let seen = client.get(path)
    #expect(seen.status == 200 && seen.field("ETag") == "\"v1\"")
    #expect(check.faults(of: seen, "GET", pattern) == [])
    #expect(client.get(path, ["If-None-Match": "\"v1\""]).status == 304)

    for method in ["PUT", "PATCH", "DELETE"] {
      let blind = send(method, path, method == "DELETE" ? "" : body)
      #expect(blind.status == 428 && blind.code == "if_match_required", "\(method) \(blind.text)")
      let late = send(method, path, method == "DELETE" ? "" : body, ifMatch: "\"v7\"")
      #expect(late.status == 412 && late.code == "version_changed", "\(method) \(late.text)")
      #expect(check.faults(of: late, method, pattern) == [])
      for tag in ["*", "\"v1\"", "W/\"v1\", \"v7\""] {
        let there = client.send(
          method, path, ["Content-Type": "application/json", "If-None-Match": tag],
          Array((method == "DELETE" ? "" : body).utf8))
        #expect(there.status == 412 && there.code == "item_exists", "\(method) \(tag) \(there.text)")
        #expect(check.faults(of: there, method, pattern) == [])
      }
    }
    // Of another version than that it may be, which says nothing of the one that is there.
    #expect(client.send("DELETE", path, ["If-None-Match": "\"v7\""]).status == 428)
    let same = send("PUT", path, body, ifMatch: "\"v1\"")
    #expect(same.status == 204 && same.field("ETag") == "\"v1\"")
    let patched = send("PATCH", path, other, ifMatch: "\"v1\"", type: "application/merge-patch+json")
    #expect(patched.status == 204 && patched.field("ETag") == "\"v2\"", "\(patched.text)")
    let now = client.get(path).json
    #expect((now.document(field)?.double("lifetimeValue") ?? now.double(field)) == 3, "\(now)")
    #expect(send("DELETE", path, ifMatch: "\"v2\"").status == 204)
    #expect(client.get(path).status == 404)
    #expect(send("DELETE", path, ifMatch: "*").status == 404)
    let again = client.send(
      "PUT", path, ["Content-Type": "application/json", "If-None-Match": "*"], Array(body.utf8))
    #expect(again.status == 201 && again.field("ETag") == "\"v4\"", "what it was is kept: \(again.text)")
  }

  @Test func `of two who have seen the same version one is told that it has changed`() {
    #expect(send("PUT", "/products/race", #"{"price":1}"#).status == 201)
    let first = send("PATCH", "/products/race", #"{"price":2}"#, ifMatch: "\"v1\"")
    let second = send("PATCH", "/products/race", #"{"price":3}"#, ifMatch: "\"v1\"")
    #expect(first.status == 204 && second.status == 412)
    #expect(client.get("/products/race").json.double("price") == 2)
  }

  @Test func `a merge patch removes, merges, and keeps unknown names as attributes`() {
    let path = "/records/crm/patched"
    let body = """
      {"firstName":"Ada","email":"a@b.c","address":{"city":"Rome","street":"1 Elm"},"colour":"red","size":"L",\
      "updatedAt":"2024-01-01T00:00:00Z"}
      """
    #expect(send("PUT", path, body).status == 201)
    let patch = #"{"email":null,"address":{"street":null,"city":"Paris"},"colour":"blue","attributes":{"size":null}}"#
    #expect(send("PATCH", path, patch, ifMatch: "*").status == 204)
    let record = client.get(path).json
    #expect(record.string("firstName") == "Ada" && !record.contains("email"))
    #expect(record.document("address").map { $0.string("city") == "Paris" && !$0.contains("street") } == true)
    #expect(record.document("attributes").map { $0.string("colour") == "blue" && !$0.contains("size") } == true)
    #expect(record.string("updatedAt") != "2024-01-01T00:00:00.000Z", "a patch is of now")
  }

  @Test func `a body that cannot be stored is a 400 that points at the field`() {
    for (path, body, field) in [
      ("/products/bad", #"{"price":"free"}"#, "price"), ("/products/bad", #"{"productId":"other"}"#, "productId"),
      ("/orders/bad", #"{"orderTotal":1}"#, "orderDate"), ("/records/a%20b/1", "{}", "source"),
      ("/ratings/u/p", "{}", "rating"), ("/products/bad", #"{"productId":{"$ne":1}}"#, "productId"),
      ("/products/bad", #"{"$set":{"price":1}}"#, "$set"),
    ] {
      let answer = send("PUT", path, body)
      #expect(answer.status == 400, "\(path) \(answer.text)")
      let error = answer.json.array("errors")?.compactMap(\.documentValue).first
      #expect(error?.string("field") == field, "\(answer.text)")
    }
    #expect(send("PUT", "/products/bad", "[]").status == 400)
    #expect(send("PUT", "/products/bad").status == 400)
    #expect(send("PUT", "/products/bad", "x", type: "text/plain").status == 415)
  }

  @Test func `what is edited is projected`() throws {
    let customer = IdentifierAssignment.customerId(anchoredAt: "user:projected")
    let order = #"{"userId":"projected","orderDate":"2024-05-01T10:00:00Z","orderTotal":10,"currency":"EUR"}"#
    #expect(send("PUT", "/orders/projected", order).status == 201)
    func value() -> Double? {
      client.get("/customers/\(customer)").json.document("features")?.double("average_order_value")
    }
    try wait(for: "the order") { value() == 10 }
    #expect(send("PATCH", "/orders/projected", #"{"orderTotal":7}"#, ifMatch: "*").status == 204)
    try wait(for: "the change") { value() == 7 }
    #expect(send("DELETE", "/orders/projected", ifMatch: "*").status == 204)
    try wait(for: "the deletion") {
      client.get("/customers/\(customer)").json.document("features")?.int("no_of_orders") ?? 0 == 0
    }
  }
}

@Suite struct ProductSearchTests {
  private static let started: Result<RunningService, any Error> = Result {
    let running = try RunningService(try TestDatabase.fresh())
    try running.waitUntilReady()
    var products = [
      #"{"productId":"P1","productName":"Desk Lamp","brand":"Lux","category":"Home"}"#,
      #"{"productId":"P2","productName":"Floor lamp, large","brand":"Lux"}"#,
      #"{"productId":"P3","productName":"Stamp album"}"#, #"{"productId":"P4","productName":"Café crème"}"#,
      #"{"productId":"P5","productName":"Gone lamp"}"#,
    ]
    for number in 0..<230 { products.append(#"{"productId":"W\#(number)","productName":"Widget \#(number)"}"#) }
    let answer = running.client.post("/ingest/products", "[\(products.joined(separator: ","))]")
    guard answer.json.int("accepted") == products.count else { throw NeverHappened(what: answer.text) }
    _ = running.client.send("DELETE", "/products/P5", ["If-Match": "*"])
    return running
  }

  let client: TestClient

  init() throws { client = try Self.started.get().client }

  private func found(_ query: String) -> [String] {
    client.get("/products?q=\(query)").items.compactMap { $0.string("productId") }
  }

  @Test(
    arguments: [
      ("lamp", ["P1", "P2"]), ("LAMP", ["P1", "P2"]), ("lamp+desk", ["P1"]), ("lmap", ["P1", "P2"]),
      ("lam", ["P1", "P2"]), ("lampe", ["P1", "P2"]), ("lomp", ["P1", "P2"]), ("stmp", ["P3"]), ("lux", ["P1", "P2"]),
      ("luxx", ["P1", "P2"]), ("lu", []), ("lpma", []), ("lamp+nothing", []), ("cafe", ["P4"]),
      ("caf%C3%A9+creme", ["P4"]),
      ("p3", ["P3"]), ("$ne", []), (".*", []), ("%24where", []),
    ] as [(String, [String])])
  func `words are found with one letter wrong, missing, too many or swapped`(query: String, ids: [String]) {
    #expect(found(query) == ids)
  }

  @Test func `what is right comes before what is nearly right`() {
    #expect(found("stamp") == ["P3"])
    #expect(client.post("/ingest/products", #"[{"productId":"P0","productName":"Albun"}]"#).json.int("accepted") == 1)
    #expect(found("album") == ["P3", "P0"])
    #expect(client.send("DELETE", "/products/P0", ["If-Match": "*"]).status == 204)
  }

  @Test(arguments: [("", 234), ("&q=widget", 230), ("&q=wigdet", 230)])
  func `pages hold each product once`(query: String, count: Int) {
    var seen: [String] = []
    var path = "/products?limit=50\(query)"
    for _ in 0..<10 {
      let page = client.get(path)
      #expect(page.status == 200 && page.items.count <= 50)
      seen += page.items.compactMap { $0.string("productId") }
      guard let cursor = page.nextCursor else { break }
      path = "/products?limit=50\(query)&cursor=\(cursor)"
    }
    #expect(seen.count == count && Set(seen).count == count)
  }

  @Test func `a search that cannot be made is a 400`() {
    #expect(client.get("/products?q=" + String(repeating: "a", count: 513)).status == 400)
    #expect(client.get("/products?q=a&q=b").status == 400)
    let cursor = client.get("/products?q=widget&limit=1").nextCursor ?? ""
    #expect(client.get("/products?q=lamp&cursor=\(cursor)").status == 400)
    #expect(client.get("/products?q=").items.isEmpty)
  }
}
