import BSON
import MongoTesting
import Store
import Testing

@testable import Service

/// Pinned values, paths of evidence and questions that tell callers apart, over HTTP on a service of its own.
@Suite struct PinRoutesTests {
  private let running: RunningService
  private let client: TestClient
  private let ann = IdentifierAssignment.customerId(anchoredAt: "user:U1")
  private let check: SchemaCheck

  init() throws {
    running = try RunningService(try TestDatabase.fresh())
    client = running.client
    check = try SchemaCheck()
    try running.waitUntilReady()
    let records = """
      [{"source":"web","sourceId":"1","userId":"U1","firstName":"Ann","email":"ann@example.com","updatedAt":"2024-01-02T00:00:00Z"},
       {"source":"crm","sourceId":"1","loyaltyId":"L1","firstName":"Anne","email":"ann@example.com","phone":"+12125550101",
        "birthDate":"1980-01-01","updatedAt":"2024-01-01T00:00:00Z"},
       {"source":"crm","sourceId":"2","firstName":"Bob","phone":"+12125550101","birthDate":"1979-05-05"}]
      """
    let answer = client.post("/ingest/customers", records)
    guard answer.status == 200, answer.json.int("rejected") == 0 else { throw NeverHappened(what: answer.text) }
    let (client, ann) = (self.client, self.ann)
    try wait(for: "the customers") {
      client.get("/customers/\(ann)").json.array("records")?.count == 2
        && client.get("/customers/lookup?phone=%2B12125550101").items.count == 2
    }
  }

  @Test func `a pinned value survives what sources say, says who pinned it, and goes when it is taken back`() throws {
    defer { running.stop() }
    let (client, ann) = (self.client, self.ann)
    let before = client.get("/customers/\(ann)").text
    let made = client.post(
      "/customers/\(ann)/pins", #"{"field":"firstName","value":"Annette","actor":"kim","reason":"passport seen"}"#)
    #expect(made.status == 201, "\(made.text)")
    #expect(check.faults(of: made, "POST", "/customers/{id}/pins") == [])
    try wait(for: "the pin") { client.get("/customers/\(ann)").json.string("firstName") == "Annette" }
    let record =
      #"[{"source":"web","sourceId":"1","userId":"U1","firstName":"Anja","updatedAt":"2025-01-01T00:00:00Z"}]"#
    #expect(client.post("/ingest/customers", record).status == 200)
    let provenance = client.get("/customers/\(ann)?provenance=true")
    let field = provenance.json.document("provenance")?.document("firstName")
    #expect(field?.string("rule") == "pinned")
    #expect(field?.document("pin")?.string("actor") == "kim")
    #expect(field?.array("losers")?.count == 2)
    #expect(check.faults(of: provenance, "GET", "/customers/{id}") == [])
    #expect(client.get("/customers/\(ann)?as_of=2024-02-01T00:00:00Z").json.string("firstName") == "Ann")
    let listed = client.get("/customers/\(ann)/pins")
    #expect(listed.items.count == 1)
    #expect(check.faults(of: listed, "GET", "/customers/{id}/pins") == [])
    let id = try #require(made.json.string("id"))
    let undone = client.post("/identity/pins/\(id)/undo", #"{"reason":"mistaken"}"#)
    #expect(undone.status == 200, "\(undone.text)")
    #expect(check.faults(of: undone, "POST", "/identity/pins/{id}/undo") == [])
    #expect(client.post("/identity/pins/\(id)/undo", #"{"reason":"again"}"#).status == 409)
    let old = record.replacing("Anja", with: "Ann").replacing("2025-01-01", with: "2026-01-02")
      .replacing(#""userId":"U1""#, with: #""userId":"U1","email":"ann@example.com""#)
    #expect(client.post("/ingest/customers", old).status == 200)
    try wait(for: "the sources' word") { client.get("/customers/\(ann)").json.string("firstName") == "Ann" }
    #expect(before.contains("\"firstName\":\"Ann\""))
  }

  @Test(arguments: [
    (#"{"field":"nickname","value":"x","reason":"r"}"#, "/field"),
    (#"{"field":"email","value":{"a":1},"reason":"r"}"#, "/value"),
    (#"{"field":"firstName","reason":"r"}"#, "/value"), (#"{"field":"firstName","value":"x"}"#, "/reason"),
    (#"{"field":"birthDate","value":"yesterday","reason":"r"}"#, "/value"), (#"{"value":"x","reason":"r"}"#, "/field"),
    (#"{"field":"attributes.","value":"x","reason":"r"}"#, "/field"),
  ]) func `what no source could say nobody can pin`(_ body: String, _ pointer: String) throws {
    defer { running.stop() }
    let answer = client.post("/customers/\(ann)/pins", body)
    #expect(answer.status == 400, "\(answer.text)")
    #expect(answer.text.contains("\"\(pointer)\""), "\(answer.text)")
    #expect(client.get("/customers/\(ann)/pins").items.isEmpty)
  }

  @Test func `the chain of evidence between two identifiers is shown`() throws {
    defer { running.stop() }
    let answer = client.get("/customers/\(ann)/identities?from=user:U1&to=loyalty:L1")
    #expect(answer.status == 200, "\(answer.text)")
    #expect(check.faults(of: answer, "GET", "/customers/{id}/identities") == [])
    let path = answer.json.array("path")?.compactMap { $0.documentValue?.document("to")?.string("value") }
    #expect(path == ["web/1", "ann@example.com", "crm/1", "L1"])
    #expect(client.get("/customers/\(ann)/identities").json.array("path") == nil)
    #expect(client.get("/customers/\(ann)/identities?from=user:U1").status == 400)
    #expect(client.get("/customers/\(ann)/identities?from=user:U1&to=user:U2").status == 400)
  }

  @Test(arguments: ["phone=%2B12125550101", "q=212-555-0101"])
  func `who shares a telephone is told apart by a question that gives no answer away`(_ query: String) throws {
    defer { running.stop() }
    let answer = client.get("/customers/lookup?" + query)
    #expect(answer.items.count == 2, "\(answer.text)")
    #expect(check.faults(of: answer, "GET", "/customers/lookup") == [])
    #expect(answer.json.document("verification")?.string("field") == "birthDate")
    #expect(!answer.text.contains("1980") && !answer.text.contains("1979"))
    #expect(client.get("/customers/lookup?email=ann@example.com").json.document("verification") == nil)
  }
}
