import BSON
import HTTPServer
import Ingestion
import Store

/// `POST /ingest/{events,customers,products,orders,ratings}`: batches of source data.
struct IngestRoutes: Sendable {
  let ingestor: Ingestor
  let metrics: IngestMetrics
  let clock: @Sendable () -> BSONDate

  /// The largest decoded body of a batch.
  static let bodyBytesMax = 8 * 1_048_576

  func declare(in book: inout RouteBook) {
    for kind in IngestKind.allCases {
      let options = RouteBook.Options(
        query: ["mode"], mediaTypes: [.json, .ndjson, .csv], bodyBytesMax: Self.bodyBytesMax)
      book.on(.post, "/ingest/\(kind.rawValue)", options) { try ingest(kind, $0) }
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
    // No lines are no items; no JSON is no envelope.
    if call.request.body.isEmpty, format == .json { throw Problem.badRequest("missing_body", "The body is empty.") }
    do throws(IngestError) {
      let report = try ingestor.ingest(
        kind, body: call.request.body, as: format, mode: mode, batchId: Self.newBatchId(),
        receivedAt: clock(), deadline: call.deadline)
      metrics.record(report, of: kind)
      return .json(report.json, fields: ["Cache-Control": "no-store"])
    } catch {
      if case .rejectedAsAWhole(let report) = error { metrics.record(report, of: kind) }
      throw error
    }
  }

  private static func newBatchId() -> String {
    "batch_" + Digest.hexadecimal((0..<12).map { _ in UInt8.random(in: .min ... .max) })
  }

  private static func format(of request: HTTPRequest) -> IngestFormat {
    switch request.mediaType?.essence {
    case MediaType.ndjson.essence: .ndjson
    case MediaType.csv.essence: .csv
    default: .json
    }
  }
}
