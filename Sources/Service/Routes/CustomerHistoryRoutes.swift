import BSON
import HTTPServer
import Store

/// `GET /customers/{id}/events`, `/orders`, `/interactions` and `/timeline`.
struct CustomerHistoryRoutes: Sendable {
  let store: Store
  let directory: CustomerDirectory

  func declare(in book: inout RouteBook) {
    book.on(.get, "/customers/{id}/events", .init(query: PageRequest.parameters)) { try list(.events, $0) }
    book.on(.get, "/customers/{id}/orders", .init(query: PageRequest.parameters)) { try list(.orders, $0) }
    book.on(.get, "/customers/{id}/interactions", .init(query: PageRequest.parameters)) { try list(.interactions, $0) }
    book.on(.get, "/customers/{id}/timeline", .init(query: PageRequest.parameters)) { try list(.timeline, $0) }
  }

  private enum List: String {
    case events, orders, interactions, timeline
  }

  private func list(_ list: List, _ call: Call) throws -> HTTPResponse {
    let id = call.parameter("id")
    let page = try PageRequest(call.request.query, list: "\(list.rawValue)/\(id)")
    var position: TimelinePosition?
    if let document = page.position {
      guard let read = TimelinePosition(document) else { throw Problem.invalidCursor }
      position = read
    }
    let (subjects, current) = try directory.subjects(of: id, deadline: call.deadline)
    let (body, next) = try entries(of: list, subjects, after: position, limit: page.limit, call)
    return body.response(to: call.request, nextCursor: next.map { page.cursor(after: $0.document) })
      .located(at: current, askedFor: id, suffix: "/\(list.rawValue)")
  }

  private func entries(
    of list: List, _ subjects: [String], after position: TimelinePosition?, limit: Int, _ call: Call
  ) throws -> (ListBody, TimelinePosition?) {
    let history = CustomerHistory(store: store, subjects: subjects, deadline: call.deadline)
    let entries: [TimelineEntry]
    let hasMore: Bool
    switch list {
    case .events:
      let found = try history.events(within: position?.bound(of: .event), limit: limit)
      (entries, hasMore) = (found.events.map(TimelineEntry.event), found.hasMore)
    case .orders:
      let found = try history.orders(within: position?.bound(of: .order), limit: limit)
      (entries, hasMore) = (found.orders.map(TimelineEntry.order), found.hasMore)
    case .interactions:
      let found = try history.interactions(within: position?.bound(of: .interaction), limit: limit)
      (entries, hasMore) = (found.interactions.map(TimelineEntry.interaction), found.hasMore)
    case .timeline:
      (entries, hasMore) = try history.timeline(after: position, limit: limit)
    }
    var body = ListBody()
    for entry in entries {
      body.append(call.personalData.shown(list == .timeline ? entry.document : entry.content))
    }
    return (body, hasMore ? entries.last?.position : nil)
  }

  /// The first page of a customer's orders, for an expansion.
  func firstOrders(of id: String, _ call: Call) throws -> [UInt8] { try firstPage(.orders, of: id, call) }

  /// The first page of a customer's interactions, for an expansion.
  func firstInteractions(of id: String, _ call: Call) throws -> [UInt8] { try firstPage(.interactions, of: id, call) }

  /// The first page of a customer's events, for an expansion.
  func firstEvents(of id: String, _ call: Call) throws -> [UInt8] { try firstPage(.events, of: id, call) }

  private func firstPage(_ list: List, of id: String, _ call: Call) throws -> [UInt8] {
    let (subjects, _) = try directory.subjects(of: id, deadline: call.deadline)
    let (body, next) = try entries(of: list, subjects, after: nil, limit: PageRequest.limitDefault, call)
    let cursor = next.map { Cursor.text(of: $0.document, inList: "\(list.rawValue)/\(id)") }
    return body.finish(nextCursor: cursor)
  }
}
