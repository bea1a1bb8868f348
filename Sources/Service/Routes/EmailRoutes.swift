import HTTPServer
import Ingestion
import Store

/// `POST /ingest/emails`: one RFC 5322 message, or a mailbox of them, as interactions.
struct EmailRoutes: Sendable {
  let ingestor: Ingestor
  let decoder: EmailDecoder
  let answers: IngestAnswers

  private static let message: MediaType = "message/rfc822"
  private static let mailbox: MediaType = "application/mbox"

  func declare(in book: inout RouteBook) {
    let options = RouteBook.Options(
      mediaTypes: [Self.message, Self.mailbox], bodyBytesMax: IngestRoutes.bodyBytesMax)
    book.on(.post, "/ingest/emails", options) { call in
      try answers.take(call) { try ingest(call) }
    }
  }

  private func ingest(_ call: Call) throws -> HTTPResponse {
    let start = ContinuousClock.now
    let receivedAt = answers.clock()
    let items: [DecodedItem]
    if call.request.mediaType?.essence == Self.mailbox.essence {
      guard let found = try decoder.interactions(ofMailbox: call.request.body, receivedAt: receivedAt) else {
        throw Problem.badRequest("malformed_envelope", "The body is no mbox: it must begin with 'From '.")
      }
      items = found
    } else {
      items = [decoder.interaction(of: call.request.body, receivedAt: receivedAt)]
      if case .rejected(let rejection) = items[0], rejection.code == FaultCode.notAMessage.rawValue {
        throw Problem.badRequest("malformed_envelope", "The body is no RFC 5322 message: it has no header.")
      }
    }
    let report = try ingestor.ingest(
      .interactions, items, batchId: answers.newBatchId(), since: start, deadline: call.deadline)
    return answers.ofBatch(report, .interactions)
  }
}
