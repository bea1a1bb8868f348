import BSON
import Foundation
import Ingestion
import Logging
import MongoDB
import MongoTesting
import Store
import Testing

@testable import Connectors

@Suite(.serialized) struct PullSupervisorTests {
  private let bench: Bench
  private let folder = TestFolder.make("pulls")
  init() throws { bench = try Bench() }

  private func file() throws -> PullFile {
    try PullFile(
      parsing: Array(
        #"{"sources":[{"name":"drops","type":"files","kind":"orders","paths":["\#(folder)"],"everySeconds":1}]}"#.utf8),
      environment: { _ in nil })
  }

  private func write(_ orders: Range<Int>, to name: String) throws {
    let lines = orders.map { #"{"orderId":"o\#($0)","userId":"u1","orderDate":"2024-03-01","orderTotal":1}"# + "\n" }
    try lines.joined().write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
  }

  private func count() throws -> Int {
    var count = 0
    try bench.store.orders.forEach(deadline: bench.deadline) { _ in count += 1 }
    return count
  }

  private func until(_ what: () throws -> Bool) throws {
    for _ in 0..<200 {
      if try what() { return }
      // Workers are on threads of their own.
      usleep(50_000)
    }
    Issue.record("it did not happen within 10 s")
  }

  @Test func `a worker follows, one of two reads, a stop lets the other go on`() throws {
    try write(0..<10, to: "a.ndjson")
    let one = PullSupervisor(try file(), store: bench.store, log: Logger(label: "test"))
    let two = PullSupervisor(try file(), store: bench.store, log: Logger(label: "test"))
    one.start()
    try until { try count() == 10 }
    two.start()
    try write(10..<20, to: "b.ndjson")
    try until { try count() == 20 }
    one.stop()
    try write(20..<30, to: "c.ndjson")
    try until { try count() == 30 }
    // The end is seen a look after the last piece is stored.
    try until { try bench.store.pullSource("drops", deadline: bench.deadline)?.lastSuccessAt != nil }
    two.stop()
    let source = try #require(try bench.store.pullSource("drops", deadline: bench.deadline))
    #expect(source.received == 30 && source.accepted == 30 && source.error == nil)
    #expect(source.lastSuccessAt != nil && source.lag == PullSource.Lag(0, "bytes"))
    // Each tells what it read itself.
    let (first, second) = (try #require(one.activity.first), try #require(two.activity.first))
    #expect(first.name == "drops" && first.type == "files" && first.state == .standby && first.lag == nil)
    #expect(first.accepted == 20 && second.accepted == 10 && second.failures == 0 && second.lastSuccessAt != nil)
  }

  @Test func `what is refused becomes a dead letter that can be corrected and replayed`() throws {
    try #"{"orderId":"bad","userId":"u1","orderDate":"2024-03-01","orderTotal":-1}"#.appending("\n")
      .write(toFile: folder + "/a.ndjson", atomically: true, encoding: .utf8)
    let supervisor = PullSupervisor(try file(), store: bench.store, log: Logger(label: "test"))
    supervisor.start()
    try until { try !bench.store.deadLetters.list(of: .pull, limit: 2, deadline: bench.deadline).isEmpty }
    supervisor.stop()
    let letter = try #require(try bench.store.deadLetters.list(of: .pull, limit: 2, deadline: bench.deadline).first)
    #expect(letter.kind == "orders" && letter.field == "orderTotal" && letter.itemId == "drops/bad")
    let replay = DeadLetterReplay(store: bench.store)
    let now = WallClock.now()
    guard case .failed = try replay.replay(letter, batchId: "b", at: now, deadline: bench.deadline) else {
      return #expect(Bool(false), "it cannot be applied as it is")
    }
    let edited = try JSONDecoding.document(
      from: Array(#"{"orderId":"bad","userId":"u1","orderDate":"2024-03-01","orderTotal":1}"#.utf8).span)
    guard case .applied = try replay.replay(letter, edited: edited, batchId: "b", at: now, deadline: bench.deadline)
    else { return #expect(Bool(false), "it can be applied now") }
    #expect(try count() == 1)
    #expect(try bench.store.deadLetters.list(of: .pull, limit: 2, deadline: bench.deadline).isEmpty)
  }

  @Test func `a source that is away is told and tried again`() throws {
    let file = try PullFile(
      parsing: Array(
        #"{"sources":[{"name":"away","type":"postgres","kind":"orders","dsn":"host=/nowhere","query":"SELECT 1","watermark":"a","rowKey":"b"}]}"#
          .utf8), environment: { _ in nil })
    let supervisor = PullSupervisor(file, store: bench.store, log: Logger(label: "test"))
    supervisor.start()
    try until { try bench.store.pullSource("away", deadline: bench.deadline)?.error != nil }
    supervisor.stop()
    #expect(try bench.store.pullSource("away", deadline: bench.deadline)?.errorAt != nil)
    #expect((supervisor.activity.first?.failures ?? 0) >= 1)
  }

  @Test func `a lease lasts as long as its worker reads, and a worker that lost it stops`() throws {
    var limits = PullSupervisor.Limits()
    limits.leaseMs = 400
    limits.standbyMs = 500
    try write(0..<10, to: "a.ndjson")
    let one = PullSupervisor(try file(), store: bench.store, limits: limits, log: Logger(label: "test"))
    let two = PullSupervisor(try file(), store: bench.store, limits: limits, log: Logger(label: "test"))
    one.start()
    try until { try count() == 10 }
    two.start()
    // Several times as long as a lease lasts without being renewed.
    usleep(1_500_000)
    #expect(one.activity.first?.state != .standby && two.activity.first?.state == .standby)
    // Somebody asks for it: the first gives it back.
    try bench.store.requestLease("pull/drops", for: "test", deadline: bench.deadline)
    try until { one.activity.first?.state == .standby || two.activity.first?.state != .standby }
    try write(10..<20, to: "b.ndjson")
    try until { try count() == 20 }
    one.stop()
    two.stop()
    let source = try #require(try bench.store.pullSource("drops", deadline: bench.deadline))
    #expect(source.accepted == 20 && source.duplicates == 0)
  }

  @Test(arguments: [
    "{", #"{"source":[]}"#, #"{"sources":[{"name":"a b","type":"files","kind":"orders","paths":["x"]}]}"#,
    #"{"sources":[{"name":"a","type":"ftp"}]}"#,
    #"{"sources":[{"name":"a","type":"files","kind":"things","paths":["x"]}]}"#,
    #"{"sources":[{"name":"a","type":"files","kind":"orders","paths":["x"],"evrySeconds":1}]}"#,
    #"{"sources":[{"name":"a","type":"files","kind":"orders","paths":[]}]}"#,
    #"{"sources":[{"name":"a","type":"imap","server":"imaps://x","user":"u","passwordEnv":"NOT_SET"}]}"#,
    #"{"sources":[{"name":"a","type":"files","kind":"orders","paths":["x"]},{"name":"a","type":"files","kind":"orders","paths":["y"]}]}"#,
  ]) func `a file of sources with a mistake is refused`(json: String) {
    #expect(throws: PullError.self) { try PullFile(parsing: Array(json.utf8), environment: { _ in nil }) }
  }

  @Test func `sources and their mappings may be YAML, and are read as they are in JSON`() throws {
    let declared = """
      sources:
        - name: drops
          type: files
          kind: orders
          paths: ["\(folder)/in.csv"]
          everySeconds: 1
          map: map.yaml
      """
    try "columns:\n  no: orderId\n  who: userId\n  day: orderDate\n  cents: orderTotal\nscales: {cents: 0.01}\n"
      .write(toFile: folder + "/map.yaml", atomically: true, encoding: .utf8)
    try declared.write(toFile: folder + "/sources.yml", atomically: true, encoding: .utf8)
    try "no,who,day,cents\n1,u1,2024-03-01,1999\n".write(
      toFile: folder + "/in.csv", atomically: true, encoding: .utf8)
    let file = try PullFile(folder + "/sources.yml", environment: { _ in nil })
    #expect(file.entries.map(\.name) == ["drops"] && file.entries.map(\.everySeconds) == [1])
    let supervisor = PullSupervisor(file, store: bench.store, log: Logger(label: "test"))
    supervisor.start()
    try until { try count() == 1 }
    supervisor.stop()
    let order = try #require(try bench.store.orders.find(id: "1", deadline: bench.deadline))
    #expect(order["orderTotal"]?.doubleValue == 19.99)
    try declared.replacingOccurrences(of: "everySeconds", with: "kind")
      .write(toFile: folder + "/sources.yml", atomically: true, encoding: .utf8)
    let error = try #require(throws: PullError.self) {
      try PullFile(folder + "/sources.yml", environment: { _ in nil })
    }
    #expect(error.message == "\(folder)/sources.yml: line 6, column 5: the key occurs twice in one mapping")
  }
}
