import BSON
import HTTPServer
import Ingestion
import Store

/// `POST /ingest/pubsub`: messages that Google Pub/Sub pushes, wrapped or not.
///
/// Pub/Sub takes a 2xx for an acknowledgement and sends everything else again. So a message that is stored, or was before,
/// is a 200; one that can never be stored is kept as a dead letter and is a 200 too; a database that is away is a 503.
struct PubSubRoutes: Sendable {
  let ingestor: Ingestor
  let decoder: PubSubDecoder
  let store: Store
  let answers: IngestAnswers

  /// What an unwrapped push calls its body, whatever that is.
  static let unwrapped: MediaType = "application/x-www-form-urlencoded"

  static let path = "/ingest/pubsub"

  func declare(in book: inout RouteBook) {
    let options = RouteBook.Options(mediaTypes: [.json, Self.unwrapped], bodyBytesMax: IngestRoutes.bodyBytesMax)
    book.on(.post, Self.path, options) { try ingest($0) }
  }

  private func ingest(_ call: Call) throws -> HTTPResponse {
    try answers.throttle.admit()
    let start = ContinuousClock.now
    let receivedAt = answers.clock()
    let message = try message(of: call.request)
    let item = decoder.event(of: message, receivedAt: receivedAt)
    let report = try ingestor.ingest(
      .events, [item], batchId: answers.newBatchId(), since: start, deadline: call.deadline)
    if let rejection = report.errors.first {
      if rejection.retryable { throw Problem.databaseUnavailable }
      try store.deadLetters.put([DeadLetter(message, rejection)], at: receivedAt, deadline: call.deadline)
    }
    return answers.ofBatch(report, .events)
  }

  private func message(of request: HTTPRequest) throws -> PubSubMessage {
    guard let id = request.header("x-goog-pubsub-message-id") else { return try decoder.message(wrapped: request.body) }
    guard !id.isEmpty else { throw Problem.badRequest("empty_id", "The field x-goog-pubsub-message-id is empty.") }
    let time = request.header("x-goog-pubsub-publish-time").map { BSONValue.string($0) }
    return PubSubMessage(unwrapped: request.body, id: id, publishTime: time)
  }
}
