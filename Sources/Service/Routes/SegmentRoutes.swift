import BSON
import HTTPServer
import Models

/// `GET /segments`, `/segments/{id}`, `/segments/{id}/members` and `/segments/{id}/count`.
struct SegmentRoutes: Sendable {
  let models: ModelService

  func declare(in book: inout RouteBook) {
    book.on(.get, "/segments", .init(query: PageRequest.parameters)) { call in
      let page = try PageRequest(call.request.query, list: "segments")
      return try page.response(with: try models.segments(), key: "id", to: call.request)
    }
    book.on(.get, "/segments/{id}") { call in
      conditional(json(of: try models.segment(call.parameter("id"))), to: call.request)
    }
    book.on(.get, "/segments/{id}/count") { call in
      conditional(json(of: try models.memberCount(ofSegment: call.parameter("id"))), to: call.request)
    }
    book.on(.get, "/segments/{id}/members", .init(query: PageRequest.parameters)) { try members($0) }
  }

  private func members(_ call: Call) throws -> HTTPResponse {
    let id = call.parameter("id")
    let page = try PageRequest(call.request.query, list: "members/\(id)")
    var after: String?
    if let position = page.position {
      guard let customer = position.string("i") else { throw Problem.invalidCursor }
      after = customer
    }
    let found = try models.members(ofSegment: id, after: after, limit: page.limit + 1)
    var body = ListBody()
    for member in found.prefix(page.limit) { body.append(member) }
    var next: String?
    if found.count > page.limit, let last = found[page.limit - 1].string("customerId") {
      next = page.cursor(after: BSONDocument { $0.append("i", last) })
    }
    return body.response(to: call.request, nextCursor: next)
  }
}

/// A document as the JSON of a single resource.
func json(of document: BSONDocument) -> [UInt8] {
  var json: [UInt8] = []
  JSONEncoding.append(document, to: &json)
  return json
}
