import BSON
import HTTPServer
import Models

/// What models say of one customer: `GET /customers/{id}/recommendations`, `/segments` and `/scores`.
struct CustomerOutputRoutes: Sendable {
  let models: ModelService
  let directory: CustomerDirectory

  let clock: @Sendable () -> BSONDate

  func declare(in book: inout RouteBook) {
    let questions = RecommendationQuery.parameters + ["exclude_purchased", "diversity", "explain"]
    book.on(.get, "/customers/{id}/recommendations", .init(query: questions)) { call in
      let id = call.parameter("id")
      let query = try RecommendationQuery(call.request.query)
      let current = try directory.currentId(of: id, deadline: call.deadline)
      let answer = try withoutModel(emptyFor: "customerId", current) { () throws(ModelsError) in
        try models.recommendations(forCustomer: current, query, now: clock())
      }
      return .json(json(of: answer), fields: .personal).located(at: current, askedFor: id, suffix: "/recommendations")
    }
    book.on(.get, "/customers/{id}/segments", .init(query: PageRequest.parameters)) { call in
      let id = call.parameter("id")
      let page = try PageRequest(call.request.query, list: "customer-segments/\(id)")
      let current = try directory.currentId(of: id, deadline: call.deadline)
      let items = try models.memberships(ofCustomer: current)
      return try page.response(with: items, key: "segmentId", to: call.request)
        .located(at: current, askedFor: id, suffix: "/segments")
    }
    book.on(.get, "/customers/{id}/scores", .init(query: PageRequest.parameters)) { call in
      let id = call.parameter("id")
      let page = try PageRequest(call.request.query, list: "customer-scores/\(id)")
      let current = try directory.currentId(of: id, deadline: call.deadline)
      return try page.response(with: try models.scores(ofCustomer: current), key: "model", to: call.request)
        .located(at: current, askedFor: id, suffix: "/scores")
    }
  }

  /// The first page of a customer's scores, for an expansion.
  func scores(of id: String, _ call: Call) throws -> [UInt8] {
    var body = ListBody()
    for item in try models.scores(ofCustomer: id).prefix(PageRequest.limitMax) { body.append(item) }
    return body.finish(nextCursor: nil)
  }

  /// The first page of a customer's segments, for an expansion.
  func segments(of id: String, _ call: Call) throws -> [UInt8] {
    var body = ListBody()
    for item in try models.memberships(ofCustomer: id).prefix(PageRequest.limitMax) { body.append(item) }
    return body.finish(nextCursor: nil)
  }

  /// A customer's stored recommendations, for an expansion.
  func recommendations(of id: String, _ call: Call) throws -> [UInt8] {
    let answer = try withoutModel(emptyFor: "customerId", id) { () throws(ModelsError) in
      try models.storedRecommendations(forCustomer: id, now: clock())
    }
    return json(of: answer)
  }
}
