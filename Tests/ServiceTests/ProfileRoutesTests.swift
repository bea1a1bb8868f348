import BSON
import MongoTesting
import Testing

@testable import Service

@Suite struct ProfileRoutesTests {
  @Test func `a report on the data is made in the background`() throws {
    let running = try RunningService(try TestDatabase.fresh())
    defer { running.stop() }
    let client = running.client
    let check = try SchemaCheck()
    try running.waitUntilReady()
    #expect(client.get("/identity/profile").json.string("state") == "never")
    let records = """
      [{"source":"web","sourceId":"1","userId":"U1","firstName":"Ann","email":"ann@example.com"},
       {"source":"crm","sourceId":"1","userId":"U1","firstName":"Anne","email":"ann@example.com"}]
      """
    #expect(client.post("/ingest/customers", records).status == 200)
    try wait(for: "the customer") { client.get("/customers/lookup?userId=U1").items.count == 1 }
    let started = client.post("/identity/profile:run", "{}")
    #expect(started.status == 202, "\(started.text)")
    #expect(check.faults(of: started, "POST", "/identity/profile:run") == [])
    try wait(for: "the report") { client.get("/identity/profile").json.string("state") == "done" }
    let answer = client.get("/identity/profile")
    #expect(check.faults(of: answer, "GET", "/identity/profile") == [])
    let report = try #require(answer.json.document("report"))
    #expect(report.int("customers") == 1)
    #expect(report.array("sources")?.count == 2)
    let fields =
      report.array("sources")?.compactMap(\.documentValue).first?.array("fields")?.compactMap(\.documentValue) ?? []
    #expect(fields.first { $0.string("field") == "firstName" }?.int("conflicts") == 1)
    #expect(fields.first { $0.string("field") == "email" }?.int("conflicts") == 0)
  }
}
