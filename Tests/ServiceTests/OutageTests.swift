import BSON
import Glibc
import MongoDB
import MongoTesting
import Testing

@testable import Service

@Suite struct OutageTests {
  @Test func `without a database requests end in time, probes tell, and all is well again after`() throws {
    let folder = TestFolder.make("outage")
    let options = PrivateMongod.Options(cacheMegabytes: 256, oplogMegabytes: 64)
    // The folder is in use as long as its server's value lives.
    var mongod: PrivateMongod? = try PrivateMongod.start(dataFolder: folder, options: options)
    defer { mongod?.kill() }
    let running = try RunningService(try MongoDatabase(uri: try #require(mongod).uri, database: "outage"))
    defer { running.stop() }
    try running.waitUntilReady()
    let client = running.client
    let event = #"[{"eventId":"e1","eventName":"a","eventTimestamp":"2024-05-01T10:00:00Z","userId":"u"}]"#
    #expect(client.post("/ingest/events", event).json.int("accepted") == 1)

    mongod?.kill()
    mongod = nil
    let start = ContinuousClock.now
    for answer in [client.post("/ingest/events", event), client.get("/products/x")] {
      #expect(answer.status == 503)
      #expect(answer.code == "database_unavailable", "\(answer.text)")
      #expect(answer.field("Retry-After") != nil)
    }
    #expect(ContinuousClock.now - start < .milliseconds(8_500))
    try wait(for: "the probe to tell", seconds: 3) { client.get("/readyz").status == 503 }
    for path in ["/livez", "/healthz", "/startupz", "/limits", "/metrics"] { #expect(client.get(path).status == 200) }
    // Once it is known for long enough, nobody waits.
    let known = ContinuousClock.now
    #expect(client.get("/products/x").status == 503)
    #expect(ContinuousClock.now - known < .seconds(2))

    mongod = try PrivateMongod.start(dataFolder: folder, options: options)
    try wait(for: "readiness", seconds: 10) { client.get("/readyz").status == 200 }
    try wait(for: "an answer", seconds: 10) { client.post("/ingest/events", event).json.int("duplicates") == 1 }
  }

  @Test func `a database that is silent is given up in time`() throws {
    let options = PrivateMongod.Options(cacheMegabytes: 256, oplogMegabytes: 64)
    let mongod = try PrivateMongod.start(dataFolder: TestFolder.make("silence"), options: options)
    defer { mongod.kill() }
    let running = try RunningService(try MongoDatabase(uri: mongod.uri, database: "silence"))
    defer { running.stop() }
    try running.waitUntilReady()
    #expect(running.client.get("/products/x").status == 404)
    let pid = mongod.pid
    try #require(pid > 0)
    kill(pid, SIGSTOP)
    let start = ContinuousClock.now
    let answer = running.client.get("/products/x")
    #expect(answer.status == 503 && answer.field("Retry-After") != nil)
    #expect(ContinuousClock.now - start < .milliseconds(8_500))
    #expect(running.client.get("/readyz").status == 503)
    kill(pid, SIGCONT)
    try wait(for: "an answer", seconds: 10) { running.client.get("/products/x").status == 404 }
  }

  @Test func `a service starts before its database and waits for it`() throws {
    let running = try RunningService(try MongoDatabase(uri: "mongodb://127.0.0.1:1", database: "none"))
    defer { running.service.drain(timeoutMs: 1_000) }
    #expect(running.client.get("/livez").status == 200)
    #expect(running.client.get("/startupz").status == 503)
    #expect(running.client.get("/readyz").field("Retry-After") != nil)
    let answer = running.client.get("/segments")
    #expect(answer.status == 503 && answer.code == "not_ready")
  }
}
