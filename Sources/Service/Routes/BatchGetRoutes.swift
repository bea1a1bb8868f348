import BSON
import HTTPServer
import Store

/// `POST /customers:batchGet`: several customers in one answer, in the order asked for.
struct BatchGetRoutes: Sendable {
  let store: Store

  /// Ids of one request at the most.
  static let idsMax = 500

  func declare(in book: inout RouteBook) {
    book.on(.post, "/customers:batchGet", .init(query: ["fields"], reads: true)) { try batchGet($0) }
  }

  private func batchGet(_ call: Call) throws -> HTTPResponse {
    let fields = try call.request.query.words("fields", among: CustomerView.selectableFields)
    let selection = CustomerView.selection(of: fields)
    let ids = try ObjectBody(call.request.body, fields: ["ids"]).strings("ids", count: 1...Self.idsMax)
    var found = try documents(ids, call)
    let missing = ids.filter { found[ByteString($0)] == nil }
    // Ids from before a merge lead to who the customer is now.
    if !missing.isEmpty {
      let moved = try store.currentCustomerIds(for: missing, deadline: call.deadline)
      let now = try documents(moved.map(\.current), call)
      for pair in moved { found[ByteString(pair.asked)] = now[ByteString(pair.current)] }
    }
    var body = ListBody()
    var unknown: [String] = []
    for id in ids {
      guard let document = found[ByteString(id)] else {
        unknown.append(id)
        continue
      }
      body.append(call.personalData.shown(document), selection: selection)
    }
    let more = BSONDocument { $0.append("notFound", unknown) }
    return .json(body.finish(nextCursor: nil, more: more), fields: .personal)
  }

  private func documents(_ ids: [String], _ call: Call) throws -> [ByteString: BSONDocument] {
    let documents = try store.projections.customers(ids, deadline: call.deadline)
    let pairs = documents.compactMap { document in document.string("_id").map { (ByteString($0), document) } }
    return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }
}
