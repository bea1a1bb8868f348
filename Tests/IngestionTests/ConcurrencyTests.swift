import BSON
import Dispatch
import Locks
import MongoDB
import MongoTesting
import Store
import Testing

@testable import Ingestion

@Suite struct `The same batch on five connections at once` {
  @Test(arguments: IngestMode.allCases, [IngestKind.events, .products])
  func `is stored once, and every sender is told so`(mode: IngestMode, kind: IngestKind) throws {
    let store = Store(try TestDatabase.fresh())
    try store.prepare(deadline: .ofTest)
    let ingestor = Ingestor(store: store)
    let lines = (0..<100).map { kind == .events ? event(id: "e\($0)") : "{\"productId\":\"p\($0)\",\"price\":\($0)}" }
    let body = Array(lines.joined(separator: "\n").utf8)
    let reports = Guarded<[IngestReport]>([])
    DispatchQueue.concurrentPerform(iterations: 5) { _ in
      do throws(IngestError) {
        let report = try ingestor.ingest(
          kind, body: body, as: .ndjson, mode: mode, batchId: "b", receivedAt: noon, deadline: .ofTest)
        reports.withLock { $0.append(report) }
      } catch {
        Issue.record("\(error)")
      }
    }
    let all = reports.withLock { $0 }
    #expect(all.count == 5)
    #expect(all.reduce(0) { $0 + $1.accepted } == 100)
    #expect(all.reduce(0) { $0 + $1.duplicates } == 400)
    #expect(all.allSatisfy { $0.rejected == 0 })
  }
}
