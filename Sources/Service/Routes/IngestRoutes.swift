import BSON
import HTTPServer
import Ingestion
import Store

/// `POST /ingest/{events,customers,products,orders,ratings,interactions}`: batches of source data.
struct IngestRoutes: Sendable {
  let ingestor: Ingestor
  let answers: IngestAnswers

  /// The largest decoded body of a batch.
  static let bodyBytesMax = 8 * 1_048_576

  func declare(in book: inout RouteBook) {
    for kind in IngestKind.allCases {
      let options = RouteBook.Options(
        query: ["mode"], mediaTypes: [.json, .ndjson, .csv], bodyBytesMax: Self.bodyBytesMax)
      book.on(.post, "/ingest/\(kind.rawValue)", options) { call in
        try answers.take(call) { try ingest(kind, call) }
      }
    }
  }

  private func ingest(_ kind: IngestKind, _ call: Call) throws -> HTTPResponse {
    var mode = IngestMode.partial
    if let name = try call.request.query.one("mode") {
      guard let known = IngestMode(rawValue: name) else {
        throw Problem.unusable("mode", "partial or atomic")
      }
      mode = known
    }
    let format = Self.format(of: call.request)
    // No lines are no items; no JSON, but white space at the most, is no envelope.
    if format == .json, call.request.body.allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
      throw Problem.badRequest("missing_body", "The body is empty.")
    }
    do throws(IngestError) {
      let report = try ingestor.ingest(
        kind, body: call.request.body, as: format, mode: mode, batchId: answers.newBatchId(),
        receivedAt: answers.clock(), deadline: call.deadline)
      return answers.ofBatch(report, kind)
    } catch {
      if case .rejectedAsAWhole(let report) = error { answers.metrics.record(report, of: kind) }
      throw error
    }
  }

  private static func format(of request: HTTPRequest) -> IngestFormat {
    switch request.mediaType?.essence {
    case MediaType.ndjson.essence: .ndjson
    case MediaType.csv.essence: .csv
    default: .json
    }
  }
}
