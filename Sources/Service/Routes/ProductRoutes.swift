import BSON
import HTTPServer
import Models
import Store

/// `GET /products` and `/products/{id}/similar`.
struct ProductRoutes: Sendable {
  let store: Store
  let models: ModelService

  private static let view = JSONFieldSelection(dropping: VersionedCollection.ownFields)

  /// Bytes of a search text at the most.
  static let searchBytesMax = 512

  func declare(in book: inout RouteBook) {
    book.on(.get, "/products", .init(query: ["q"] + PageRequest.parameters)) { try search($0) }
    book.on(.get, "/products/{id}/similar", .init(query: RecommendationQuery.parameters)) { try similar($0) }
  }

  private func search(_ call: Call) throws -> HTTPResponse {
    let text = try call.request.query.one("q")
    guard (text ?? "").utf8.count <= Self.searchBytesMax else {
      throw Problem.unusable("q", "a text of at most \(Self.searchBytesMax) bytes")
    }
    let page = try PageRequest(call.request.query, list: "products/\(text.map { "q\($0)" } ?? "")")
    var position: ProductPosition?
    if let given = page.position {
      guard let id = given.string("i"), let isFuzzy = given.bool("f") else { throw Problem.invalidCursor }
      position = ProductPosition(isFuzzy: isFuzzy, id: id)
    }
    let found = try store.products.products(
      matching: text, after: position, limit: page.limit, deadline: call.deadline)
    var body = ListBody()
    for product in found.products { body.append(product, selection: Self.view) }
    let next = found.next.map { position in
      page.cursor(
        after: BSONDocument {
          $0.append("f", position.isFuzzy)
          $0.append("i", position.id)
        })
    }
    return body.response(to: call.request, nextCursor: next)
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
