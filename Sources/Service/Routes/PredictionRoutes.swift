import BSON
import HTTPServer
import Models

/// `POST /models/{name}:predict` and `/models/{name}/versions/{version}:predict`, in the shape of Vertex AI.
struct PredictionRoutes: Sendable {
  let models: ModelService

  func declare(in book: inout RouteBook) {
    book.on(.post, "/models/{name}:predict") { try predict(nil, $0) }
    book.on(.post, "/models/{name}/versions/{version}:predict") { try predict($0.parameter("version"), $0) }
  }

  private func predict(_ version: String?, _ call: Call) throws -> HTTPResponse {
    let body = try ObjectBody(call.request.body, fields: ["instances", "parameters"])
    // Vertex sends parameters with every call; these models have none.
    if let parameters = try body.object("parameters"), let first = parameters.first(where: { _ in true }) {
      throw Problem.invalidField(
        "/parameters/\(escapedPointer(shortened(first.key)))", "unknown_field", "There is no parameter of that name.")
    }
    let answer = try models.predict(call.parameter("name"), version: version, instances: try body.array("instances"))
    return .json(json(of: answer), fields: .personal)
  }
}
