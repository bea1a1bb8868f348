import BSON
import HTTPServer
import Models
import Store

/// Models, their versions and aliases, trainings and jobs.
struct ModelRoutes: Sendable {
  let models: ModelService

  func declare(in book: inout RouteBook) {
    declareTraining(in: &book)
    book.on(.get, "/models", .init(query: PageRequest.parameters)) { call in
      let page = try PageRequest(call.request.query, list: "models")
      return try page.response(with: try models.models(), key: "name", to: call.request)
    }
    book.on(.get, "/models/{name}") { call in
      conditional(json(of: try models.model(call.parameter("name"))), to: call.request)
    }
    book.on(.get, "/models/{name}/versions", .init(query: PageRequest.parameters)) { call in
      let name = call.parameter("name")
      let page = try PageRequest(call.request.query, list: "versions/\(name)")
      return try page.response(with: try models.versions(ofModel: name), key: "version", to: call.request)
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
    book.on(.put, "/models/{name}/aliases/{alias}") { try setAlias($0) }
    book.on(.delete, "/models/{name}/aliases/{alias}") { call in
      changed(try models.removeAlias(call.parameter("alias"), ofModel: call.parameter("name")))
    }
    book.on(.get, "/models/{name}/drift") { call in
      conditional(json(of: try models.drift(call.parameter("name"))), to: call.request)
    }
    book.on(.get, "/models/{name}/schedule") { call in
      conditional(json(of: try models.schedule(ofModel: call.parameter("name"))), to: call.request)
    }
    book.on(.put, "/models/{name}/schedule") { call in
      let body = try ObjectBody(call.request.body, fields: ["every", "options", "seed"])
      let seed = try body.integer("seed", in: .min ... .max)
      return changed(
        try models.setSchedule(
          try body.string("every") ?? "", options: try body.object("options") ?? BSONDocument(),
          seed: seed.map(Int64.init), ofModel: call.parameter("name")))
    }
    book.on(.delete, "/models/{name}/schedule") { call in
      try models.removeSchedule(ofModel: call.parameter("name"))
      return HTTPResponse(status: .noContent)
    }
    book.on(.post, "/models/{name}:rollback") { call in
      _ = try ObjectBody(call.request.body, fields: [], mayBeEmpty: true)
      return changed(try models.rollback(call.parameter("name")))
    }
  }

  private func declareTraining(in book: inout RouteBook) {
    book.on(.post, "/models/{name}:train") { try train($0) }
    book.on(.post, "/models/{name}:plan") { call in
      let body = try ObjectBody(call.request.body, fields: ["options", "seed"], mayBeEmpty: true)
      let options = try body.object("options") ?? BSONDocument()
      // A plan is the same for every seed, but what is no seed is refused as a training would.
      _ = try body.integer("seed", in: .min ... .max)
      return changed(try models.plan(call.parameter("name"), options: options))
    }
    book.on(.get, "/jobs", .init(query: PageRequest.parameters + ["model"])) { call in
      let model = try call.request.query.one("model")
      let page = try PageRequest(call.request.query, list: "jobs/\(model ?? "")")
      let jobs = try models.jobs(ofModel: model, limit: Self.jobsMax)
      return try page.response(with: jobs, key: "id", to: call.request)
    }
    book.on(.get, "/jobs/{id}") { call in
      conditional(json(of: try models.job(call.parameter("id"))), to: call.request)
    }
    book.on(.post, "/jobs/{id}:cancel") { call in
      _ = try ObjectBody(call.request.body, fields: [], mayBeEmpty: true)
      return changed(try models.cancelJob(call.parameter("id")))
    }
  }

  /// Jobs that the list goes back to.
  static let jobsMax = 500

  private func train(_ call: Call) throws -> HTTPResponse {
    let body = try ObjectBody(call.request.body, fields: ["options", "seed"], mayBeEmpty: true)
    let options = try body.object("options") ?? BSONDocument()
    let seed = try body.integer("seed", in: .min ... .max)
    let job = try models.train(call.parameter("name"), options: options, seed: seed.map(Int64.init))
    guard let id = job.string("id") else { throw Problem.internalFault }
    return .json(
      json(of: job), status: .accepted, fields: ["Location": "/jobs/\(id)", "Cache-Control": "no-store"])
  }

  private func setAlias(_ call: Call) throws -> HTTPResponse {
    let body = try ObjectBody(call.request.body, fields: ["version", "force"])
    guard let version = try body.string("version") else {
      throw Problem.invalidField("/version", "required", "The field 'version' is required.")
    }
    return changed(
      try models.setAlias(
        call.parameter("alias"), toVersion: version, ofModel: call.parameter("name"),
        force: try body.bool("force") ?? false))
  }

  private func centroids(_ call: Call) throws -> HTTPResponse {
    let (name, version) = (call.parameter("name"), call.parameter("version"))
    let page = try PageRequest(call.request.query, list: "centroids/\(name)/\(version)")
    return try page.response(
      with: try models.centroids(version, ofModel: name), key: "centroid_id", to: call.request)
  }
}

/// The answer that shows what a call left behind.
func changed(_ document: BSONDocument) -> HTTPResponse {
  .json(json(of: document), fields: ["Cache-Control": "no-store"])
}
