import BSON
import HTTPServer
import Store

/// `GET /sources`: where the pull sources stand.
struct PullSourceRoutes: Sendable {
  let store: Store

  func declare(in book: inout RouteBook) {
    book.on(.get, "/sources", .init(query: PageRequest.parameters)) { call in
      let page = try PageRequest(call.request.query, list: "sources")
      let waiting = try store.parked.count(deadline: call.deadline)
      let parked = BSONDocument { $0.append("parkedInteractions", waiting) }
      return try page.response(
        with: try store.shownPullSources(deadline: call.deadline), key: "name", to: call.request, more: parked)
    }
  }
}
