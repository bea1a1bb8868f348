import HTTPServer
import Models

/// `/livez`, `/readyz`, `/startupz` and `/healthz`: answered from memory, for everybody.
struct ProbeRoutes: Sendable {
  let health: HealthMonitor
  let models: ModelService

  func declare(in book: inout RouteBook) {
    book.probe("/livez") { _ in Self.answer("live") }
    book.probe("/healthz") { _ in Self.answer("live") }
    book.probe("/startupz") { _ throws(Problem) in try startup() }
    book.probe("/readyz") { request throws(Problem) in try readiness(request) }
  }

  private func startup() throws(Problem) -> HTTPResponse {
    guard health.current.hasStarted else { throw .starting }
    return Self.answer("started")
  }

  private func readiness(_ request: HTTPRequest) throws(Problem) -> HTTPResponse {
    if request.isServerDraining { throw .unavailable("draining", "The service is ending.") }
    let state = health.current
    guard state.hasStarted else { throw .starting }
    guard state.isAvailable else { throw .databaseUnavailable }
    guard models.isLoaded else { throw .unavailable("models_not_loaded", "The models are not loaded yet.") }
    return Self.answer("ready")
  }

  private static func answer(_ status: String) -> HTTPResponse {
    .json(Array("{\"status\":\"\(status)\"}".utf8), fields: ["Cache-Control": "no-store"])
  }
}

extension Problem {
  /// What must be there before the first request is not there yet.
  static var starting: Problem { .unavailable("starting", "The service is starting.") }
}
