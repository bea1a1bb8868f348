import BSON
import HTTPServer
import Models
import Store

/// `GET /products/{id}` and `/products/{id}/similar`.
struct ProductRoutes: Sendable {
  let store: Store
  let models: ModelService

  private static let view = JSONFieldSelection(dropping: ["_id", "version", "contentHash"])

  func declare(in book: inout RouteBook) {
    book.on(.get, "/products/{id}") { try product($0) }
    book.on(.get, "/products/{id}/similar", .init(query: RecommendationQuery.parameters)) { try similar($0) }
  }

  private func product(_ call: Call) throws -> HTTPResponse {
    guard let product = try store.products.find(id: call.parameter("id"), deadline: call.deadline) else {
      throw Self.notFound
    }
    var json: [UInt8] = []
    JSONEncoding.append(product, selection: Self.view, to: &json)
    return conditional(json, to: call.request)
  }

  private func similar(_ call: Call) throws -> HTTPResponse {
    let id = call.parameter("id")
    let query = try RecommendationQuery(call.request.query)
    guard try store.products.find(id: id, deadline: call.deadline) != nil else { throw Self.notFound }
    let answer = try withoutModel(emptyFor: "productId", id) { () throws(ModelsError) in
      try models.similarProducts(to: id, query)
    }
    return conditional(json(of: answer), to: call.request)
  }

  private static let notFound = Problem.notFound("There is no product of that id.")
}
