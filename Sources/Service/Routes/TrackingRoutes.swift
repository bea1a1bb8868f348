import BSON
import HTTPServer
import Ingestion

/// `POST /v1/{call}`: Segment's HTTP tracking API, long names and short ones, so that its SDKs work unchanged.
///
/// The write key is the user of Basic authentication. Bodies come as JSON or, from browsers that are leaving a page, as
/// JSON that calls itself text.
struct TrackingRoutes: Sendable {
  let ingestor: Ingestor
  let decoder: SegmentDecoder
  let answers: IngestAnswers

  func declare(in book: inout RouteBook) {
    let options = RouteBook.Options(
      mediaTypes: [.json, .plainText], bodyBytesMax: IngestLimits.trackingBodyBytesMax)
    book.on(.post, "/v1/{call}", options) { call in try answers.take(call) { try track(call) } }
  }

  private func track(_ call: Call) throws -> HTTPResponse {
    guard let name = SegmentCall(path: call.parameter("call")) else {
      throw Problem.notFound("There is no such call of the tracking API.")
    }
    let start = ContinuousClock.now
    let messages = try decoder.decode(name, call.request.body, receivedAt: answers.clock())
    let report = try ingestor.ingest(messages, batchId: answers.newBatchId(), since: start, deadline: call.deadline)
    return name == .batch ? answers.ofBatch(report, .events) : try answers.ofOne(report, .events)
  }
}
