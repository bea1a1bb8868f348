import BSON
import HTTPServer
import Models

/// Models, their versions, trainings and jobs.
struct ModelRoutes: Sendable {
  let models: ModelService

  func declare(in book: inout RouteBook) {
    book.on(.post, "/models/{name}:train") { try train($0) }
    book.on(.get, "/jobs/{id}") { call in
      conditional(json(of: try models.job(call.parameter("id"))), to: call.request)
    }
    book.on(.get, "/models", .init(query: PageRequest.parameters)) { call in
      let page = try PageRequest(call.request.query, list: "models")
      return try page.response(with: try models.models(), key: "name", to: call.request)
    }
    book.on(.get, "/models/{name}") { call in
      conditional(json(of: try models.model(call.parameter("name"))), to: call.request)
    }
    let version = "/models/{name}/versions/{version}"
    book.on(.get, version) { call in
      let document = try models.version(call.parameter("version"), ofModel: call.parameter("name"))
      return conditional(json(of: document), to: call.request)
    }
    book.on(.get, version + "/evaluate") { call in
      let document = try models.evaluate(call.parameter("version"), ofModel: call.parameter("name"))
      return conditional(json(of: document), to: call.request)
    }
    book.on(.get, version + "/card") { call in
      let document = try models.card(call.parameter("version"), ofModel: call.parameter("name"))
      return conditional(json(of: document), to: call.request)
    }
    book.on(.get, version + "/centroids", .init(query: PageRequest.parameters)) { try centroids($0) }
  }

  private func train(_ call: Call) throws -> HTTPResponse {
    let body = try ObjectBody(call.request.body, fields: ["options", "seed"], mayBeEmpty: true)
    let options = try body.object("options") ?? BSONDocument()
    let seed = try body.integer("seed", in: .min ... .max)
    let job = try models.train(call.parameter("name"), options: options, seed: seed.map(Int64.init))
    guard let id = job.string("id") else { throw Problem.internalFault }
    return .json(
      json(of: job), status: .accepted, fields: ["Location": "/jobs/\(id)", "Cache-Control": "no-store"])
  }

  private func centroids(_ call: Call) throws -> HTTPResponse {
    let (name, version) = (call.parameter("name"), call.parameter("version"))
    let page = try PageRequest(call.request.query, list: "centroids/\(name)/\(version)")
    return try page.response(
      with: try models.centroids(version, ofModel: name), key: "centroid_id", to: call.request)
  }
}
