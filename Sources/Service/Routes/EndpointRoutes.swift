import BSON
import HTTPServer
import Models

/// Endpoints: a traffic split over versions, sticky by customer, and a shadow with its report.
struct EndpointRoutes: Sendable {
  let models: ModelService

  func declare(in book: inout RouteBook) {
    book.on(.get, "/endpoints", .init(query: PageRequest.parameters)) { call in
      let page = try PageRequest(call.request.query, list: "endpoints")
      return try page.response(with: try models.endpoints(), key: "id", to: call.request)
    }
    book.on(.get, "/endpoints/{id}") { call in
      conditional(json(of: try models.endpoint(call.parameter("id"))), to: call.request)
    }
    book.on(.put, "/endpoints/{id}") { call in
      let body = try ObjectBody(call.request.body, fields: ["trafficSplit", "shadow", "model"])
      return changed(
        try models.setEndpoint(
          call.parameter("id"), trafficSplit: try body.object("trafficSplit"), shadow: try body.string("shadow"),
          model: try body.string("model")))
    }
    book.on(.delete, "/endpoints/{id}") { call in
      try models.removeEndpoint(call.parameter("id"))
      return HTTPResponse(status: .noContent)
    }
    book.on(.get, "/endpoints/{id}/shadow", .init(query: PageRequest.parameters)) { call in
      let id = call.parameter("id")
      let page = try PageRequest(call.request.query, list: "shadow/\(id)")
      return try page.response(with: try models.shadowReports(ofEndpoint: id), key: "deployedModelId", to: call.request)
    }
  }
}
