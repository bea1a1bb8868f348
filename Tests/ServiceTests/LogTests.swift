import BSON
import Locks
import Logging
import MongoTesting
import Store
import Testing

@testable import Service

/// Every line that a service logged, as text.
private final class Lines: Sendable {
  private let lines = Guarded<[String]>([])
  var all: [String] { lines.withLock { $0 } }
  func add(_ line: String) { lines.withLock { $0.append(line) } }
}

private struct LineHandler: LogHandler {
  let lines: Lines
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    lines.add("\(event.level) \(event.message) \(event.metadata ?? [:])")
  }
}

@Suite struct LogTests {
  @Test func `a request is one line, which holds nothing of a person and no key`() throws {
    let lines = Lines()
    let running = try RunningService(
      try TestDatabase.fresh(), log: Logger(label: "test", factory: { _ in LineHandler(lines: lines) }),
      accessLog: { bytes in
        for line in bytes.split(separator: UInt8(ascii: "\n")) { lines.add(String(decoding: line, as: UTF8.self)) }
      })
    defer { running.stop() }
    try running.waitUntilReady()
    let key = try running.addKey([.admin])
    try wait(for: "the key", seconds: 5) { running.client(key + "0").get("/limits").status == 401 }
    let client = running.client(key)
    let record = #"[{"source":"crm","sourceId":"canary-id","email":"canary@example.com","phone":"+15550100555"}]"#
    #expect(client.post("/ingest/customers", record).status == 200)
    _ = client.post("/ingest/customers", "{\"canary-body")
    _ = client.post("/customers:batchGet", "{\"canary-field\":1}")
    _ = client.get("/customers/lookup?email=canary@example.com", ["X-Request-Id": "request-7"])
    _ = client.get("/customers/lookup?canary-parameter=1")
    _ = client.get("/customers/canary-path")
    _ = client.get("/canary-nowhere")
    _ = running.client(key + "0").get("/segments")
    let wanted = "/customers/lookup"
    try wait(for: "the line") { lines.all.contains { $0.contains("request-7") } }
    let line = try #require(lines.all.first { $0.contains("request-7") })
    let entry = try JSONDecoding.document(from: Array(line.utf8).span)
    #expect(entry.string("route") == wanted && entry.int("status") == 200 && entry.string("method") == "GET")
    #expect(entry.string("message") == "request" && entry.int("handler_us") != nil)
    #expect(lines.all.filter { $0.contains("request-7") }.count == 1)
    let text = try #require(APIKeyText(key))
    #expect(entry.string("key_id") == text.id)
    let marketer = try running.addKey([.marketer])
    let id = try #require(APIKeyText(marketer)).id
    let forbidden = running.client(marketer).get("/jobs/1", ["X-Request-Id": "request-8"])
    #expect([401, 403].contains(forbidden.status))
    try wait(for: "the marketer's key", seconds: 5) {
      _ = running.client(marketer).get("/jobs/1", ["X-Request-Id": "request-9"])
      return lines.all.contains {
        $0.contains("request-9") && $0.contains("403") && $0.contains("\"key_id\":\"\(id)\"")
      }
    }
    // A key that is refused is nobody's: its id may be anything.
    #expect(lines.all.filter { $0.contains("401") }.allSatisfy { !$0.contains("key_id") })
    let secret = text.secret
    for line in lines.all {
      for canary in ["canary", "0100555", secret] { #expect(!line.contains(canary), "\(line)") }
    }
  }
}
