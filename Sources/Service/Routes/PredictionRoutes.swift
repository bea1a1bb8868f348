import BSON
import HTTPServer
import Models

/// `POST /models/{name}:predict`, `/models/{name}/versions/{version}:predict` and `/endpoints/{id}:predict`, in the shape of Vertex AI.
struct PredictionRoutes: Sendable {
  let models: ModelService

  func declare(in book: inout RouteBook) {
    book.on(.post, "/models/{name}:predict") { call in
      prediction(try models.predict(call.parameter("name"), instances: try instances(of: call)))
    }
    book.on(.post, "/models/{name}/versions/{version}:predict") { call in
      prediction(
        try models.predict(
          call.parameter("name"), version: call.parameter("version"), instances: try instances(of: call)))
    }
    book.on(.post, "/endpoints/{id}:predict") { call in
      prediction(try models.predict(endpoint: call.parameter("id"), instances: try instances(of: call)))
    }
  }

  private func prediction(_ answer: BSONDocument) -> HTTPResponse { .json(json(of: answer), fields: .personal) }

  private func instances(of call: Call) throws -> BSONArray {
    let body = try ObjectBody(call.request.body, fields: ["instances", "parameters"])
    // Vertex sends parameters with every call; these models have none.
    if let parameters = try body.object("parameters"), let first = parameters.first(where: { _ in true }) {
      throw Problem.invalidField(
        "/parameters/\(escapedPointer(shortened(first.key)))", "unknown_field", "There is no parameter of that name.")
    }
    return try body.array("instances")
  }
}
