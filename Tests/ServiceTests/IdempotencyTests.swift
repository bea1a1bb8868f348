import BSON
import Dispatch
import Locks
import MongoDB
import MongoTesting
import Store
import Testing

@testable import Service

private enum Keyed {
  static let started: Result<RunningService, any Error> = Result {
    let running = try RunningService(try TestDatabase.fresh())
    try running.waitUntilReady()
    return running
  }
}

@Suite struct IdempotencyTests {
  let running: RunningService

  init() throws { running = try Keyed.started.get() }

  private func send(_ key: String, _ body: String, path: String = "/ingest/events") -> Answer {
    running.client.send(
      "POST", path, ["Content-Type": "application/json", "Idempotency-Key": key], Array(body.utf8))
  }

  private func event(_ id: String) -> String {
    #"[{"eventId":"\#(id)","eventName":"page","eventTimestamp":"2024-05-01T10:00:00Z","userId":"k"}]"#
  }

  @Test func `the same answer comes again, to the byte`() {
    let first = send("k-1", event("i1"))
    let second = send("\"k-1\"", event("i1"))
    #expect(first.status == 200 && first.json.int("accepted") == 1)
    #expect(second.status == 200 && second.body == first.body, "accepted again, where a new request says duplicate")
    #expect(running.client.post("/ingest/events", event("i1")).json.int("duplicates") == 1)
    #expect(send("k-1", event("i1"), path: "/ingest/events?mode=atomic").status == 422, "another query")
  }

  @Test func `a key that was used for another body is refused`() {
    #expect(send("k-2", event("i2")).status == 200)
    let other = send("k-2", event("i3"))
    #expect(other.status == 422 && other.code == "idempotency_key_reused", "\(other.text)")
    #expect(send("k-2", #"{"userId":"u","event":"e"}"#, path: "/v1/track").status == 200, "another path")
  }

  @Test func `a problem gives the key back`() {
    #expect(send("k-3", "[").status == 400)
    #expect(send("k-3", "[{}]", path: "/ingest/events?mode=atomic").status == 422)
    #expect(send("k-3", event("i4")).json.int("accepted") == 1)
  }

  @Test func `of requests at the same moment one is carried out, the others wait their turn`() {
    let answers = Guarded<[Answer]>([])
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      let answer = send("k-4", event("i5"))
      answers.withLock { $0.append(answer) }
    }
    let all = answers.withLock { $0 }
    let done = all.filter { $0.status == 200 }
    #expect(!done.isEmpty && done.allSatisfy { $0.body == done[0].body && $0.json.int("accepted") == 1 })
    for answer in all where answer.status != 200 {
      #expect(answer.status == 409 && answer.code == "idempotency_key_in_progress", "\(answer.text)")
      #expect(answer.field("Retry-After") != nil)
    }
    #expect(send("k-4", event("i5")).body == done[0].body)
  }

  @Test func `a claim whose service died is granted again when its time is up`() throws {
    let store = running.store
    func claim(_ owner: String, _ milliseconds: Int) throws -> IdempotencyClaim {
      try store.claimIdempotencyKey(
        "dead", request: "r", owner: owner, leaseMilliseconds: milliseconds, deadline: .ofTest)
    }
    guard case .granted = try claim("a", 300) else { return #expect(Bool(false), "not granted") }
    guard case .inProgress = try claim("b", 300) else { return #expect(Bool(false), "granted twice") }
    try wait(for: "the end of the claim") { if case .granted = try claim("c", 60_000) { true } else { false } }
    #expect(try !store.settleIdempotencyKey("dead", owner: "a", status: 200, body: [], deadline: .ofTest))
    #expect(try store.settleIdempotencyKey("dead", owner: "c", status: 200, body: [1], deadline: .ofTest))
    guard case .answered(200, [1]) = try claim("d", 300) else { return #expect(Bool(false), "not answered") }
  }

  @Test func `keys are removed after a day`() throws {
    let indexes = try running.store.database.run(
      BSONDocument { $0.append("listIndexes", "idempotency_keys") }, deadline: .ofTest)
    let ttl = indexes.document("cursor")?.array("firstBatch")?.compactMap {
      $0.documentValue?.int("expireAfterSeconds")
    }
    #expect(ttl == [86_400])
  }

  @Test(arguments: ["", "\"\"", "a b", "é", "a\"b", String(repeating: "k", count: 256)])
  func `a key that cannot be read is a 400`(key: String) {
    let answer = send(key, event("i6"))
    #expect(answer.status == 400 && answer.code == "invalid_idempotency_key", "\(answer.text)")
  }
}
