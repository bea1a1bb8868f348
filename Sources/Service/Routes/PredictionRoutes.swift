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
        let name = call.parameter("name")
        return try quickly(
          call, instantly: { models.answerInstantly(name, body: $0) },
          from: { try models.predictFromMemory(name, instances: $0) })
      },
      handler: { call in
        prediction(try models.predict(call.parameter("name"), instances: try instances(of: call)))
      })
    book.onQuick(
      .post, "/models/{name}/versions/{version}:predict",
      quick: { call in
        let (name, version) = (call.parameter("name"), call.parameter("version"))
        return try quickly(
          call, instantly: { models.answerInstantly(name, version: version, body: $0) },
          from: { try models.predictFromMemory(name, version: version, instances: $0) })
      },
      handler: { call in
        prediction(
          try models.predict(
            call.parameter("name"), version: call.parameter("version"), instances: try instances(of: call)))
      })
    book.onQuick(
      .post, "/endpoints/{id}:predict",
      quick: { call in
        let id = call.parameter("id")
        return try quickly(
          call, instantly: { models.answerInstantly(endpoint: id, body: $0) },
          from: { try models.predictFromMemory(endpoint: id, instances: $0) })
      },
      handler: { call in
        prediction(try models.predict(endpoint: call.parameter("id"), instances: try instances(of: call)))
      })
  }

  /// Bodies up to this size may be answered on a connection's loop.
  private static let quickBodyBytesMax = 4096

  private func quickly(
    _ call: Call, instantly: ([UInt8]) -> [UInt8]?, from memory: (BSONArray) throws -> BSONDocument?
  ) throws -> HTTPResponse? {
    let body = call.request.body
    guard body.count <= Self.quickBodyBytesMax else { return nil }
    if let answer = instantly(body) { return .json(answer, fields: .personal) }
    return try memory(try instances(of: call)).map(prediction)
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
