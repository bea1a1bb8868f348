import BSON
import Dispatch
import Locks
import MongoDB
import MongoTesting
import Testing

@testable import Service

/// What a client is told when the database is slow, or unsure of what it stored.
@Suite(.serialized) struct FaultRoutesTests {
  let server: FaultyServer
  let running: RunningService
  var client: TestClient { running.client }

  init() throws {
    server = try FaultyServer("faulty-routes")
    running = try RunningService(try server.database())
    try running.waitUntilReady()
  }

  private func send(_ id: String, mode: String = "partial") -> Answer {
    client.post(
      "/ingest/events?mode=\(mode)",
      #"[{"eventId":"\#(id)","eventName":"a","eventTimestamp":"2024-05-01T10:00:00Z","userId":"u"}]"#)
  }

  private func writeConcernError(_ code: Int, _ data: inout BSONWriter) {
    data.append("writeConcernError") { error in
      error.append("code", code)
      error.append("errmsg", "made by the test")
    }
  }

  @Test(arguments: [11602, 91, 64])
  func `an event beside a write concern error is acknowledged once a majority has it`(code: Int) throws {
    defer { running.stop() }
    try server.fail(["insert"], times: 3) { writeConcernError(code, &$0) }
    let first = send("w")
    #expect(first.status == 200 && first.json.int("accepted") == 1, "\(first.text)")
    // A duplicate beside such an error is settled by a majority read, however long the fault lasts.
    try server.fail(["insert"], times: 10_000) { writeConcernError(code, &$0) }
    let second = send("w")
    #expect(second.status == 200 && second.json.int("duplicates") == 1, "\(second.text)")
    try server.heal()
  }

  @Test func `an event that no majority has is a 503 in time, also the second time`() throws {
    defer { running.stop() }
    try server.turnOn("disableSnapshotting")
    let start = ContinuousClock.now
    for _ in 0..<2 {
      let sent = ContinuousClock.now
      let answer = send("unsure")
      #expect(answer.status == 503 && answer.field("Retry-After") != nil, "\(answer.text)")
      #expect(ContinuousClock.now - sent < .milliseconds(8_500))
    }
    #expect(ContinuousClock.now - start > .seconds(1), "it was tried, not refused")
    try server.heal("disableSnapshotting")
    let settled = send("unsure").json
    #expect((settled.int("accepted") ?? 0) + (settled.int("duplicates") ?? 0) == 1)
    #expect(send("unsure").json.int("duplicates") == 1)
  }

  @Test func `a slow insert holds nobody else, and ends in time`() throws {
    defer { running.stop() }
    #expect(send("before").status == 200)
    try server.fail(["insert"], times: 100) {
      $0.append("blockConnection", true)
      $0.append("blockTimeMS", 12_000)
    }
    let slow = Guarded<(answer: Answer, took: Duration)?>(nil)
    let finished = DispatchSemaphore(value: 0)
    DispatchQueue.global().async { [client] in
      let start = ContinuousClock.now
      let answer = client.post(
        "/ingest/events", #"[{"eventId":"slow","eventName":"a","eventTimestamp":1714557600,"userId":"u"}]"#)
      slow.withLock { $0 = (answer, ContinuousClock.now - start) }
      finished.signal()
    }
    let start = ContinuousClock.now
    for _ in 0..<20 { #expect(client.get("/products/none").status == 404) }
    #expect(ContinuousClock.now - start < .seconds(5), "others do not wait for it")
    finished.wait()
    let (answer, took) = try #require(slow.withLock { $0 })
    #expect(answer.status == 503 && answer.field("Retry-After") != nil, "\(answer.text)")
    #expect(took > .seconds(6) && took < .milliseconds(8_500), "\(took)")
    try server.heal()
  }

  @Test(arguments: ["partial", "atomic"])
  func `an answer that was lost is asked for again, and nothing is stored twice`(mode: String) throws {
    defer { running.stop() }
    let command = mode == "atomic" ? "commitTransaction" : "insert"
    try server.fail([command], times: 1) { $0.append("closeConnection", true) }
    let answer = send("lost-\(mode)", mode: mode)
    #expect(answer.status == 200 && answer.json.int("accepted") == 1, "\(answer.text)")
    #expect(send("lost-\(mode)", mode: mode).json.int("duplicates") == 1)
  }
}
