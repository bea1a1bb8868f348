import BSON
import HTTPServer
import Models

/// `POST /models/{name}:predict`, `/models/{name}/versions/{version}:predict` and `/endpoints/{id}:predict`, in the shape of Vertex AI.
struct PredictionRoutes: Sendable {
  let models: ModelService

  func declare(in book: inout RouteBook) {
    book.onQuick(
      .post, "/models/{name}:predict",
      quick: { call in
        try quickly(call) { try models.predictFromMemory(call.parameter("name"), instances: $0) }
      },
      handler: { call in
        prediction(try models.predict(call.parameter("name"), instances: try instances(of: call)))
      })
    book.onQuick(
      .post, "/models/{name}/versions/{version}:predict",
      quick: { call in
        try quickly(call) {
          try models.predictFromMemory(call.parameter("name"), version: call.parameter("version"), instances: $0)
        }
      },
      handler: { call in
        prediction(
          try models.predict(
            call.parameter("name"), version: call.parameter("version"), instances: try instances(of: call)))
      })
    book.onQuick(
      .post, "/endpoints/{id}:predict",
      quick: { call in
        try quickly(call) { try models.predictFromMemory(endpoint: call.parameter("id"), instances: $0) }
      },
      handler: { call in
        prediction(try models.predict(endpoint: call.parameter("id"), instances: try instances(of: call)))
      })
  }

  /// Bodies up to this size may be answered on a connection's loop.
  private static let quickBodyBytesMax = 4096

  private func quickly(
    _ call: Call, _ predict: (BSONArray) throws -> BSONDocument?
  ) throws -> HTTPResponse? {
    guard call.request.body.count <= Self.quickBodyBytesMax else { return nil }
    return try predict(try instances(of: call)).map(prediction)
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
