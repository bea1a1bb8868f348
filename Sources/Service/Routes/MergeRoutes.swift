import BSON
import HTTPServer
import Projection
import Store

/// People's word on who is who: merges, and taking them back.
struct MergeRoutes: Sendable {
  let store: Store
  let directory: CustomerDirectory
  let preview: IdentityPreview
  let diff: MergeDiff
  let clock: @Sendable () -> BSONDate

  /// Customers that one merge makes one, at the most.
  static let customersMax = 20

  func declare(in book: inout RouteBook) {
    book.on(.post, "/identity/merges", .init(query: ["dry_run"])) { try merge($0) }
    for (path, kind) in [("/identity/merges", IdentityDecision.Kind.merge), ("/identity/denials", .deny)] {
      book.on(.get, path, .init(query: PageRequest.parameters)) { try list($0, kind) }
      book.on(.get, path + "/{id}") { call in
        conditional(json(of: Self.document(try find(call, kind))), to: call.request)
      }
      book.on(.post, path + "/{id}/undo", .init(query: ["dry_run"])) { try undo($0, kind) }
    }
    book.on(.get, "/identity/frozen", .init(query: PageRequest.parameters)) { try frozen($0) }
  }

  // MARK: Merge

  private func merge(_ call: Call) throws -> HTTPResponse {
    let isDryRun = try call.request.query.bool("dry_run") ?? false
    let body = try ObjectBody(call.request.body, fields: ["customerIds"] + Act.fields)
    let asked = try body.strings("customerIds", count: 2...Self.customersMax)
    let act = isDryRun ? nil : try Act.parse(body, call, at: clock())
    let anchors = try anchors(of: asked, call)
    guard let first = anchors.first, anchors.count > 1 else {
      throw Self.mergedAlready
    }
    var generator = SystemRandomNumberGenerator()
    let decision = IdentityDecision(
      id: IdentityDecision.newId(.merge, using: &generator), kind: .merge,
      pairs: anchors.dropFirst().map { .init(first, $0) }, customerIds: asked,
      made: act ?? .init(actor: "", reason: "", at: clock()))
    let customers = try preview.customers(adding: decision.edges, deadline: call.deadline)
    let ids = Set(anchors.map { IdentifierAssignment.customerId(anchoredAt: $0.key) })
    // The graph may be ahead of the customers that were just read.
    if Self.whole(ids, among: customers.allBefore) != nil { throw Self.mergedAlready }
    guard let survivor = Self.whole(ids, among: customers.allAfter) else {
      throw Problem(
        .conflict, "denied", detail: "Somebody has said that these are different people. Take that back first.")
    }
    let difference = try diff.document(customers, for: call)
    if act != nil { try store.decisions.add(decision, deadline: call.deadline) }
    let answer = BSONDocument { writer in
      if isDryRun {
        writer.append("customerIds", asked)
      } else {
        writer.append(contentsOf: Self.document(decision))
      }
      writer.append("customerId", survivor)
      writer.append("diff", difference)
    }
    if isDryRun { return .json(json(of: answer), fields: ["Cache-Control": "no-store"]) }
    return .json(
      json(of: answer), status: .created,
      fields: ["Location": "/identity/merges/\(decision.id)", "Cache-Control": "no-store"])
  }

  /// The identifier from which each customer's id is made, each once, the first customer's first.
  private func anchors(of ids: [String], _ call: Call) throws -> [Identifier] {
    var anchors: [Identifier] = []
    for (position, id) in ids.enumerated() {
      let found: (document: BSONDocument, current: String)
      do {
        found = try directory.customer(id, fields: ["identifierKeys"], deadline: call.deadline)
      } catch let problem as Problem where problem.status == .notFound {
        throw Problem(
          .notFound, "not_found", detail: "There is no customer of that id.",
          errors: [.init(pointer: "/customerIds/\(position)", code: "not_found", detail: "There is no such customer.")])
      }
      let keys = found.document.array("identifierKeys")?.compactMap(\.stringValue) ?? []
      let anchor = keys.first { IdentifierAssignment.customerId(anchoredAt: $0) == found.current }
      guard let identifier = anchor.flatMap(Identifier.init(key:)) else { throw Problem.internalFault }
      if !anchors.contains(identifier) { anchors.append(identifier) }
    }
    return anchors
  }

  private static var mergedAlready: Problem {
    Problem(.conflict, "already_merged", detail: "These ids are one customer already.")
  }

  /// The id of the one customer to whom all of these ids lead; nil when there is none.
  private static func whole(_ ids: Set<String>, among customers: [BSONDocument]) -> String? {
    let whole = customers.first { customer in
      let keys = (customer.array("identifierKeys") ?? BSONArray()).compactMap(\.stringValue)
      return ids.isSubset(of: keys.map { IdentifierAssignment.customerId(anchoredAt: $0) })
    }
    return whole?.string("_id")
  }

  // MARK: Undo

  private func undo(_ call: Call, _ kind: IdentityDecision.Kind) throws -> HTTPResponse {
    let isDryRun = try call.request.query.bool("dry_run") ?? false
    let body = try ObjectBody(call.request.body, fields: Act.fields, mayBeEmpty: isDryRun)
    let decision = try find(call, kind)
    if decision.undone != nil { throw Self.undoneAlready }
    let difference = try diff.document(
      try preview.customers(removing: decision.edges, deadline: call.deadline), for: call)
    var result = decision
    if !isDryRun {
      let act = try Act.parse(body, call, at: clock())
      guard let undone = try store.decisions.undo(decision.id, kind, by: act, deadline: call.deadline) else {
        throw Self.undoneAlready
      }
      result = undone
    }
    return .json(
      json(
        of: BSONDocument { writer in
          writer.append(contentsOf: Self.document(result))
          writer.append("diff", difference)
        }), fields: ["Cache-Control": "no-store"])
  }

  private static var undoneAlready: Problem {
    Problem(.conflict, "already_undone", detail: "This was taken back before.")
  }

  // MARK: Reading

  private func find(_ call: Call, _ kind: IdentityDecision.Kind) throws -> IdentityDecision {
    guard let decision = try store.decisions.find(call.parameter("id"), deadline: call.deadline),
      decision.kind == kind
    else { throw Problem.notFound("There is no \(kind == .merge ? "merge" : "denial") of that id.") }
    return decision
  }

  private func list(_ call: Call, _ kind: IdentityDecision.Kind) throws -> HTTPResponse {
    let page = try PageRequest(call.request.query, list: "decisions/\(kind.rawValue)")
    let found = try store.decisions.list(
      kind, after: try page.text("i"), limit: page.limit + 1, deadline: call.deadline)
    var body = ListBody()
    for decision in found.prefix(page.limit) { body.append(Self.document(decision)) }
    var next: String?
    if found.count > page.limit { next = page.cursor(after: BSONDocument { $0.append("i", found[page.limit - 1].id) }) }
    return body.response(to: call.request, nextCursor: next)
  }

  /// Customers whose rules stopped at the bound: for people to look at.
  private func frozen(_ call: Call) throws -> HTTPResponse {
    let page = try PageRequest(call.request.query, list: "frozen")
    let found = try store.projections.frozenCustomers(
      after: try page.text("i"), limit: page.limit + 1, deadline: call.deadline)
    var body = ListBody()
    for customer in found.prefix(page.limit) {
      body.append(
        BSONDocument { writer in
          writer.append("customerId", customer.string("_id") ?? "")
          writer.append("identifiers", customer.array("identifierKeys")?.count ?? 0)
          writer.append("records", customer.array("records")?.count ?? 0)
          if let asOf = customer.date("asOf") { writer.append("asOf", asOf) }
        })
    }
    var next: String?
    if found.count > page.limit, let last = found[page.limit - 1].string("_id") {
      next = page.cursor(after: BSONDocument { $0.append("i", last) })
    }
    return body.response(to: call.request, nextCursor: next)
  }

  /// A merge as the API shows it.
  static func document(_ decision: IdentityDecision) -> BSONDocument {
    BSONDocument { writer in
      writer.append("id", decision.id)
      writer.append("state", decision.undone == nil ? "active" : "undone")
      writer.append("customerIds", decision.customerIds)
      writer.append(
        "edges",
        array: { array in
          for pair in decision.pairs {
            array.append(document: { edge in
              for (name, end) in [("a", pair.a), ("b", pair.b)] {
                edge.append(name, identifier: end)
              }
            })
          }
        })
      writer.append("actor", decision.made.actor)
      writer.append("reason", decision.made.reason)
      writer.append("createdAt", decision.made.at)
      writer.append(undone: decision.undone)
    }
  }
}
