import BSON
import HTTPServer

/// `GET /metrics` and `/limits`.
struct OperationsRoutes: Sendable {
  let metrics: ServiceMetrics
  let limits: ServiceLimits

  func declare(in book: inout RouteBook) {
    book.on(.get, "/metrics") { _ in
      HTTPResponse(
        contentType: .prometheus, fields: ["Cache-Control": "no-store"], body: .bytes(metrics.text()))
    }
    book.on(.get, "/limits") { call in
      var json: [UInt8] = []
      JSONEncoding.append(limits.document, to: &json)
      return conditional(json, to: call.request, fields: ["Cache-Control": "no-cache"])
    }
  }
}

extension MediaType {
  /// The text exposition format; the literal is one that the parser takes.
  static let prometheus = MediaType(parsing: "text/plain; charset=utf-8") ?? .plainText
}
