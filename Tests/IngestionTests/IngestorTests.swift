import BSON
import MongoDB
import MongoTesting
import Store
import Testing

@testable import Ingestion

@Suite struct `A batch sent to the database` {
  private let store: Store
  private let ingestor: Ingestor

  init() throws {
    store = Store(try TestDatabase.fresh())
    try store.prepare(deadline: .ofTest)
    ingestor = Ingestor(store: store)
  }

  private func ingest(
    _ kind: IngestKind, _ body: String, as format: IngestFormat = .ndjson, mode: IngestMode = .partial
  ) throws(IngestError) -> IngestReport {
    try ingestor.ingest(
      kind, body: Array(body.utf8), as: format, mode: mode, batchId: "b", receivedAt: noon, deadline: .ofTest)
  }

  private func counts(_ report: IngestReport) -> [Int] {
    [report.received, report.accepted, report.duplicates, report.rejected]
  }

  private func count(_ collection: String) throws -> Int {
    try store.database.collection(collection).find(BSONDocument(), deadline: .ofTest).count
  }

  private func rejected(_ body: () throws(IngestError) -> IngestReport) -> IngestReport? {
    do throws(IngestError) {
      Issue.record("stored: \(try body())")
    } catch {
      if case .rejectedAsAWhole(let report) = error { return report }
      Issue.record("\(error)")
    }
    return nil
  }

  @Test func `is stored once, however often it is sent`() throws {
    let body = (0..<50).map { event(id: "e\($0)") }.joined(separator: "\n") + "\n{\n" + event(id: "e0")
    #expect(try counts(ingest(.events, body)) == [52, 50, 1, 1])
    #expect(try counts(ingest(.events, body)) == [52, 0, 51, 1])
    #expect(try count("events") == 50)
  }

  @Test func `of rows counts rows`() throws {
    let body = "_id,gaSessionId,eventName,price\nr1,s,view,1\nr2,s,view,2\nr3,s,view,x\nr1,s,view,1\n"
    #expect(try counts(ingest(.events, body, as: .csv)) == [4, 2, 1, 1])
    let rows = try store.database.collection("events").find(BSONDocument(), deadline: .ofTest)
    #expect(Set(rows.compactMap { $0.string("eventId") }).count == 1)
  }

  @Test func `keeps names that look like operators as data`() throws {
    let body = event(#""properties":{"$set":{"a.b":1},"$where":"x","c":[{"$gt":""}]}"#)
    #expect(try counts(ingest(.events, body)) == [1, 1, 0, 0])
    let stored = try store.database.collection("events").findOne(
      BSONDocument { $0.append("_id", "e1") }, deadline: .ofTest)
    #expect(stored?.document("properties")?.json == #"{"$set":{"a.b":1},"$where":"x","c":[{"$gt":""}]}"#)
    let record = #"{"source":"web","sourceId":"1","attributes":{"$inc":{"x.y":1}}}"#
    #expect(try counts(ingest(.customers, record)) == [1, 1, 0, 0])
    let changed = #"{"source":"web","sourceId":"1","attributes":{"$inc":{"x.y":2}}}"#
    #expect(try counts(ingest(.customers, changed)) == [1, 1, 0, 0])
    #expect(
      try store.customerRecords.find(id: "web/1", deadline: .ofTest)?.document("attributes")?.json
        == #"{"$inc":{"x.y":2}}"#)
  }

  @Test(arguments: IngestMode.allCases)
  func `of records keeps versions, in one mode as in the other`(mode: IngestMode) throws {
    func product(_ id: String, _ price: Int, _ time: String? = nil) -> String {
      let updated = time.map { #","updatedAt":"\#($0)T00:00:00Z""# } ?? ""
      return #"{"productId":"\#(id)","price":\#(price)\#(updated)}"#
    }
    let first = [product("a", 1), product("b", 1), product("a", 2), product("c", 1, "2024-01-02")].joined(
      separator: "\n")
    #expect(try counts(ingest(.products, first, mode: mode)) == [4, 4, 0, 0])
    #expect(try counts(ingest(.products, first, mode: mode)) == [4, 0, 4, 0])
    let second = [product("a", 3), product("b", 1), product("c", 9, "2024-01-01"), product("d", 1)].joined(
      separator: "\n")
    #expect(try counts(ingest(.products, second, mode: mode)) == [4, 3, 1, 0])
    #expect(try counts(ingest(.products, second, mode: mode)) == [4, 0, 4, 0])
    #expect(try store.products.find(id: "a", deadline: .ofTest)?.int("version") == 3)
    #expect(try store.products.find(id: "a", deadline: .ofTest)?.int("price") == 3)
    #expect(try store.products.find(id: "c", deadline: .ofTest)?.int("price") == 1)
    #expect(try count("products") == 4)
    #expect(try count("source_versions") == 3)
  }

  @Test(arguments: IngestKind.allCases)
  func `that is all or nothing stores nothing when one item is bad`(kind: IngestKind) throws {
    let good = [
      IngestKind.events: event(), .customers: #"{"source":"web","sourceId":"1"}"#, .products: #"{"productId":"p"}"#,
      .orders: #"{"orderId":"o","orderDate":20240229,"orderTotal":5}"#,
      .ratings: #"{"userId":"u","productId":"p","rating":1}"#,
      .interactions: #"{"interactionId":"i","channel":"chat","at":"2024-02-29T00:00:00Z"}"#,
    ]
    let item = good[kind] ?? ""
    let collection = kind == .customers ? "source_customers" : kind.rawValue
    let report = rejected { () throws(IngestError) in try ingest(kind, item + "\n{}", mode: .atomic) }
    #expect(report.map(counts) == [2, 0, 0, 1])
    #expect(try count(collection) == 0)
    #expect(try counts(ingest(kind, item, mode: .atomic)) == [1, 1, 0, 0])
    #expect(try counts(ingest(kind, item, mode: .atomic)) == [1, 0, 1, 0])
    #expect(try counts(ingest(kind, item)) == [1, 0, 1, 0])
    #expect(try count(collection) == 1)
  }

  @Test func `that is all or nothing takes what is stored already for a duplicate`() throws {
    #expect(try counts(ingest(.events, event(id: "a"))) == [1, 1, 0, 0])
    let body = [event(id: "a"), event(id: "b"), event(id: "b")].joined(separator: "\n")
    #expect(try counts(ingest(.events, body, mode: .atomic)) == [3, 1, 2, 0])
    #expect(try count("events") == 2)
  }

  @Test func `that is all or nothing may have ten thousand events`() throws {
    let body = (0..<10_000).map { event(id: "e\($0)") }.joined(separator: "\n")
    #expect(try counts(ingest(.events, body, mode: .atomic)) == [10_000, 10_000, 0, 0])
    #expect(try counts(ingest(.events, body, mode: .atomic)) == [10_000, 0, 10_000, 0])
  }

  @Test func `of empty or unreadable bytes stores nothing`() throws {
    #expect(try counts(ingest(.events, "")) == [0, 0, 0, 0])
    #expect(throws: IngestError.self) { try ingest(.events, "[", as: .json) }
  }

  @Test func `of a dialect stores events and what they say of customers`() throws {
    let body = #"""
      {"batch":[{"type":"identify","userId":"U","anonymousId":"a","messageId":"1","traits":{"email":"a@b.c"},"timestamp":"2024-02-29T12:00:00Z"},
      {"type":"page","anonymousId":"a","messageId":"2"},{"type":"dance"},{"type":"page","anonymousId":"a","messageId":"2"}]}
      """#
    let messages = try SegmentDecoder().decode(.batch, Array(body.utf8), receivedAt: noon)
    #expect(try counts(ingestor.ingest(messages, batchId: "b", deadline: .ofTest)) == [4, 2, 1, 1])
    #expect(try counts(ingestor.ingest(messages, batchId: "b", deadline: .ofTest)) == [4, 0, 3, 1])
    #expect(try count("source_customers") == 1)
    #expect(try count("source_versions") == 0)
  }

  @Test func `keeps ids apart that only look alike`() throws {
    let body = [event(id: "\u{E9}"), event(id: "e\u{301}")].joined(separator: "\n")
    #expect(try counts(ingest(.events, body)) == [2, 2, 0, 0])
    let products = ["\u{E9}", "e\u{301}"].map { "{\"productId\":\"\($0)\"}" }.joined(separator: "\n")
    #expect(try counts(ingest(.products, products)) == [2, 2, 0, 0])
    #expect(try count("products") == 2)
    #expect(try counts(ingest(.products, products)) == [2, 0, 2, 0])
  }

  @Test(arguments: IngestMode.allCases)
  func `changes only the one of two ids that look alike`(mode: IngestMode) throws {
    func product(_ id: String, _ price: Int) -> String { "{\"productId\":\"\(id)\",\"price\":\(price)}" }
    let (composed, decomposed) = ("\u{E9}", "e\u{301}")
    #expect(try counts(ingest(.products, product(composed, 1), mode: mode)) == [1, 1, 0, 0])
    let both = product(decomposed, 3) + "\n" + product(composed, 2)
    #expect(try counts(ingest(.products, both, mode: mode)) == [2, 2, 0, 0])
    #expect(try store.products.find(id: composed, deadline: .ofTest)?.int("price") == 2)
    #expect(try store.products.find(id: decomposed, deadline: .ofTest)?.int("price") == 3)
    #expect(try counts(ingest(.products, both, mode: mode)) == [2, 0, 2, 0])
  }
}
