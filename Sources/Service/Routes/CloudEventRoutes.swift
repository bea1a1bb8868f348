import BSON
import HTTPServer
import Ingestion

/// `POST /ingest/cloudevents`: CloudEvents 1.0 in the three content modes of its HTTP binding.
struct CloudEventRoutes: Sendable {
  let ingestor: Ingestor
  let decoder: CloudEventDecoder
  let answers: IngestAnswers

  /// One event with its attributes, as JSON.
  static let structured: MediaType = "application/cloudevents+json"
  /// A list of such events.
  static let batched: MediaType = "application/cloudevents-batch+json"

  func declare(in book: inout RouteBook) {
    let options = RouteBook.Options(
      mediaTypes: [Self.structured, Self.batched, .json], bodyBytesMax: IngestRoutes.bodyBytesMax)
    book.on(.post, "/ingest/cloudevents", options) { call in
      try answers.take(call) { try ingest(call) }
    }
  }

  private func ingest(_ call: Call) throws -> HTTPResponse {
    let start = ContinuousClock.now
    let isBatch = call.request.mediaType?.essence == Self.batched.essence
    let report = try ingestor.ingest(
      .events, try items(of: call.request), batchId: answers.newBatchId(), since: start, deadline: call.deadline)
    return isBatch ? answers.ofBatch(report, .events) : try answers.ofOne(report, .events)
  }

  private func items(of request: HTTPRequest) throws(IngestError) -> [DecodedItem] {
    let receivedAt = answers.clock()
    switch request.mediaType?.essence {
    case Self.structured.essence: return try decoder.decode(structured: request.body, receivedAt: receivedAt)
    case Self.batched.essence: return try decoder.decode(batch: request.body, receivedAt: receivedAt)
    default:
      // Names of fields have no case, those of attributes are lower case.
      let attributes = request.headers.compactMap { field -> (name: String, value: String)? in
        let name = field.name.lowercased()
        return name.hasPrefix("ce-") ? (String(name.dropFirst(3)), field.value) : nil
      }
      return try decoder.decode(binary: request.body, attributes: attributes, receivedAt: receivedAt)
    }
  }
}
