import BSON
import MongoTesting
import Store
import Testing

@testable import Service

/// Merging and its undoing over HTTP, on a service of its own.
@Suite struct MergeRoutesTests {
  private let running: RunningService
  private let client: TestClient
  private let ann = IdentifierAssignment.customerId(anchoredAt: "user:U1")
  private let anna = IdentifierAssignment.customerId(anchoredAt: "loyalty:L1")
  private let check: SchemaCheck

  init() throws {
    running = try RunningService(try TestDatabase.fresh())
    client = running.client
    check = try SchemaCheck()
    try running.waitUntilReady()
    let records = """
      [{"source":"web","sourceId":"1","userId":"U1","firstName":"Ann","consents":{"marketing":true}},
       {"source":"crm","sourceId":"1","loyaltyId":"L1","firstName":"Anna","email":"anna@example.com",
        "consents":{"marketing":false}}]
      """
    let orders = """
      [{"orderId":"O1","userId":"U1","orderDate":"2024-05-01T10:00:00Z","orderTotal":20,"currency":"EUR"},
       {"orderId":"O2","loyaltyId":"L1","orderDate":"2024-05-02T10:00:00Z","orderTotal":30,"currency":"EUR"}]
      """
    for (kind, body) in [("customers", records), ("orders", orders)] {
      let answer = client.post("/ingest/\(kind)", body)
      guard answer.status == 200, answer.json.int("rejected") == 0 else { throw NeverHappened(what: answer.text) }
    }
    let client = self.client
    let ids = [ann, anna]
    // A pass that began before the first order knows of no currency yet, though it may see the order.
    try wait(for: "the customers") {
      ids.map { client.get("/customers/\($0)").json.document("orderSummary") }
        .allSatisfy { $0?.int("purchases") == 1 && $0?.string("currency") == "EUR" }
    }
  }

  private func body(_ more: String = #","actor":"kim","reason":"said so on the phone""#) -> String {
    "{\"customerIds\":[\"\(ann)\",\"\(anna)\"]\(more)}"
  }

  @Test func `a dry run shows what would become of fields, totals and consents, and changes nothing`() throws {
    defer { running.stop() }
    let answer = client.post("/identity/merges?dry_run=true", body(""))
    #expect(answer.status == 200, "\(answer.text)")
    #expect(check.faults(of: answer, "POST", "/identity/merges") == [])
    #expect(answer.json.string("customerId") == ann)
    let diff = try #require(answer.json.document("diff"))
    let before = diff.array("before")?.compactMap(\.documentValue) ?? []
    let after = diff.array("after")?.compactMap(\.documentValue) ?? []
    #expect(before.count == 2 && after.count == 1)
    #expect(before.compactMap { $0.document("totals")?.double("netTotal") }.reduce(0, +) == 50)
    #expect(after[0].document("totals")?.double("netTotal") == 50)
    #expect(after[0].document("consents")?.bool("marketing") == false)
    let fields = diff.array("fields")?.compactMap { $0.documentValue?.string("field") } ?? []
    #expect(fields.contains("firstName") && fields.contains("email"))
    #expect(client.get("/identity/merges").items.isEmpty)
    #expect(client.get("/customers/\(anna)").field("Content-Location") == nil)
  }

  @Test func `a merge shows in the customer, is listed, and is taken back exactly`() throws {
    defer { running.stop() }
    let originals = [ann, anna].map { client.get("/customers/\($0)").body }
    let made = client.post("/identity/merges", body())
    #expect(made.status == 201, "\(made.text)")
    #expect(check.faults(of: made, "POST", "/identity/merges") == [])
    let path = try #require(made.field("Location"))
    try wait(for: "the merge") { client.get("/customers/\(anna)").field("Content-Location") == "/customers/\(ann)" }
    let merged = client.get("/customers/\(ann)").json
    #expect(merged.document("orderSummary")?.int("purchases") == 2)
    #expect(merged.document("consents")?.bool("marketing") == false)

    let again = client.post("/identity/merges", body())
    #expect(again.status == 409 && again.code == "already_merged")
    #expect(client.get("/identity/merges").items.map { $0.string("actor") } == ["kim"])
    let shown = client.get(path)
    #expect(check.faults(of: shown, "GET", "/identity/merges/{id}") == [])
    #expect(shown.json.string("state") == "active")

    let preview = client.post(path + "/undo?dry_run=true", "{}")
    #expect(check.faults(of: preview, "POST", "/identity/merges/{id}/undo") == [], "\(preview.text)")
    #expect(preview.json.document("diff")?.array("after")?.count == 2)
    #expect(client.post(path + "/undo", "{}").status == 400)
    let undone = client.post(path + "/undo", #"{"actor":"lee","reason":"two people"}"#)
    #expect(undone.status == 200 && undone.json.string("state") == "undone", "\(undone.text)")
    try? wait(for: "the very bytes of before") { [ann, anna].map { client.get("/customers/\($0)").body } == originals }
    for (id, original) in zip([ann, anna], originals) {
      #expect(client.get("/customers/\(id)").text == String(decoding: original, as: UTF8.self))
    }
    #expect(client.post(path + "/undo", #"{"reason":"again"}"#).code == "already_undone")
  }

  @Test func `what a merge cannot take is named`() {
    defer { running.stop() }
    let cases: [(body: String, status: Int, code: String)] = [
      ("{}", 400, "invalid_field"), ("{\"customerIds\":[\"x\"]}", 400, "invalid_field"),
      (body(""), 400, "invalid_field"), (body(#","reason":"""#), 400, "invalid_field"),
      ("{\"customerIds\":[\"\(ann)\",\"c_x\"],\"reason\":\"r\"}", 404, "not_found"),
      ("{\"customerIds\":[\"\(ann)\",\"\(ann)\"],\"reason\":\"r\"}", 409, "already_merged"),
      ("{\"customerIds\":[{\"$gt\":\"\"},\"x\"],\"reason\":\"r\"}", 400, "invalid_field"),
    ]
    for (body, status, code) in cases {
      let answer = client.post("/identity/merges", body)
      #expect(answer.status == status && answer.code == code, "\(body): \(answer.text)")
      #expect(check.faults(of: answer, "POST", "/identity/merges") == [])
    }
    #expect(client.get("/identity/merges/none").status == 404)
    #expect(client.post("/identity/merges/none/undo", "{\"reason\":\"r\"}").status == 404)
  }

  @Test func `customers whose rules stop at the bound are queued, and every identifier of theirs still leads to them`()
    throws
  {
    defer { running.stop() }
    // Each record shares its e-mail address with one neighbour and its card with the other: a chain of 150 identifiers.
    let records = (0..<75).map { number in
      """
      {"source":"chain","sourceId":"\(number)","userId":"C\(number)","firstName":"Carla","lastName":"Chain",
       "email":"carla\(number / 2)@example.com","loyaltyId":"CL\((number + 1) / 2)"}
      """
    }
    let answer = client.post("/ingest/customers", "[\(records.joined(separator: ","))]")
    #expect(answer.json.int("accepted") == 75, "\(answer.text)")
    try wait(for: "the queue") { !client.get("/identity/frozen").items.isEmpty }
    let queue = client.get("/identity/frozen")
    #expect(check.faults(of: queue, "GET", "/identity/frozen") == [])
    let queued = Set(queue.items.compactMap { $0.string("customerId") })
    var found: [String: Int] = [:]
    for number in 0..<75 {
      let items = client.get("/customers/lookup?userId=C\(number)").items
      #expect(items.count == 1)
      if let id = items.first?.string("customerId") { found[id, default: 0] += 1 }
    }
    #expect(found.count > 1 && queued.isSubset(of: found.keys) && !queued.isEmpty)
    #expect(found.values.reduce(0, +) == 75)
    for id in found.keys {
      let customer = client.get("/customers/\(id)")
      #expect(customer.status == 200)
      #expect(customer.json.array("records")?.count == found[id])
      #expect(customer.json.bool("frozen") ?? false == queued.contains(id))
    }
  }

  @Test func `rules have versions, a dry run says who would part, and the customers follow them`() throws {
    defer { running.stop() }
    let defaults = client.get("/identity/rules")
    #expect(check.faults(of: defaults, "GET", "/identity/rules") == [])
    #expect(defaults.json.int("version") == 0)
    let add = client.post(
      "/ingest/customers", #"[{"source":"card","sourceId":"9","loyaltyId":"L1","firstName":"Anna"}]"#)
    #expect(add.status == 200)
    try wait(for: "the card") { client.get("/customers/\(anna)").json.array("records")?.count == 2 }

    let rules = #"{"version":0,"reason":"cards are shared","rules":[{"name":"user_id","all":["userId"]}]}"#
    let dry = put("/identity/rules?dry_run=true", rules)
    #expect(dry.status == 200 && dry.json.int("parts") == 1 && dry.json.int("joins") == 0, "\(dry.text)")
    #expect(client.get("/identity/rules").json.int("version") == 0)
    let set = put("/identity/rules", rules)
    #expect(set.status == 200 && set.json.int("version") == 1, "\(set.text)")
    let old = put("/identity/rules", rules)
    #expect(old.status == 409 && old.code == "version_conflict")
    let stored = client.get("/identity/rules")
    #expect(stored.body == set.body)
    #expect(check.faults(of: stored, "GET", "/identity/rules") == [])
    try wait(for: "the rules to hold") {
      client.get("/customers/\(IdentifierAssignment.customerId(anchoredAt: "record:card/9"))").status == 200
    }
    // What was read can be sent back as it is.
    #expect(put("/identity/rules", stored.text).json.int("version") == 2)
    let wrong = put("/identity/rules", #"{"rules":[{"name":"a","all":["$where"]}]}"#)
    #expect(wrong.status == 400 && wrong.code == "invalid_rules")
    #expect(wrong.json.array("errors")?.compactMap(\.documentValue).first?.string("pointer") == "/rules/0/all/0")
  }

  private func put(_ path: String, _ body: String) -> Answer {
    client.send("PUT", path, ["Content-Type": "application/json"], Array(body.utf8))
  }
}
