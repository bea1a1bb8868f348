import BSON
import Store
import Testing

@testable import Ingestion

@Suite struct `The answer to a batch` {
  private func batch(_ lines: [String]) throws -> Batch {
    Batch(try decode(.events, lines.joined(separator: "\n"), as: .ndjson), deduplicating: true)
  }

  private func report(_ batch: Batch, stored: Bool = true) -> IngestReport {
    batch.report(batchId: "b1", since: .now, stored: stored)
  }

  @Test func `counts every item once`() throws {
    var batch = try batch([
      event(id: "a"), "{", event(id: "b"), event(id: "a"), event(id: "c"), event(id: "d"), event(id: "c"),
    ])
    #expect(batch.toWrite.map(\.id) == ["a", "b", "c", "d"])
    batch.acknowledge([.accepted, .duplicate, .rejected(code: "not_stored"), .rejected(code: "document_too_large")])
    let report = report(batch)
    #expect(report.received == 7)
    #expect(report.accepted == 1)
    #expect(report.duplicates == 2)
    #expect(report.rejected == 4)
    #expect(report.received == report.accepted + report.duplicates + report.rejected)
    #expect(
      report.errors == [
        Rejection(index: 1, id: nil, code: "json_unexpected_end", field: nil),
        Rejection(index: 4, id: "c", code: "not_stored", field: nil, retryable: true),
        Rejection(index: 5, id: "d", code: "document_too_large", field: nil),
        Rejection(index: 6, id: "c", code: "not_stored", field: nil, retryable: true),
      ])
  }

  @Test func `keeps ids apart that only look alike`() throws {
    let batch = try batch([event(id: "\u{E9}"), event(id: "e\u{301}")])
    #expect(batch.toWrite.count == 2)
  }

  @Test func `to a batch that is all or nothing counts no item as stored`() throws {
    let batch = try batch([event(id: "a"), "{", event(id: "a")])
    #expect(batch.hasRejections)
    let report = report(batch, stored: false)
    #expect(report.received == 3)
    #expect(report.accepted + report.duplicates == 0)
    #expect(report.rejected == 1)
  }

  @Test func `is JSON with a null for what is not known`() {
    let report = IngestReport(
      batchId: "b\"1", received: 3, accepted: 1, duplicates: 0,
      errors: [
        Rejection(index: 0, id: nil, code: "required", field: "_id"),
        Rejection(index: 2, id: "x\n", code: "not_stored", field: nil, retryable: true),
      ], tookMs: 7)
    #expect(
      String(decoding: report.json, as: UTF8.self)
        == #"{"batchId":"b\"1","received":3,"accepted":1,"duplicates":0,"rejected":2,"errors":[{"index":0,"id":null,"code":"required","field":"_id","retryable":false},{"index":2,"id":"x\n","code":"not_stored","field":null,"retryable":true}],"tookMs":7}"#
    )
  }

  @Test func `has stable codes`() {
    #expect(
      FaultCode.allCases.map(\.rawValue) == [
        "required", "identifier_missing", "not_a_string", "not_an_id", "empty_id", "too_long", "not_a_name",
        "contains_nul", "not_a_number", "not_an_integer", "out_of_range", "not_a_boolean", "not_a_timestamp",
        "timestamp_in_future", "not_a_message", "not_a_date", "not_a_currency", "unknown_value", "not_an_object",
        "not_an_array",
        "too_many_elements", "key_not_allowed", "not_base64", "invalid_utf8", "message_too_large", "document_too_large",
      ])
  }
}
