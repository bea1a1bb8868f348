import BSON
import HTTPServer
import Identity
import Store

/// `GET /customers/{id}/identities`: every identifier of a customer, what ties it to the others, and with `from` and `to` the chain of
/// evidence between two of them.
struct IdentityRoutes: Sendable {
  let store: Store
  let directory: CustomerDirectory

  func declare(in book: inout RouteBook) {
    book.on(.get, "/customers/{id}/identities", .init(query: PageRequest.parameters + ["from", "to"])) {
      try identities($0)
    }
  }

  private func identities(_ call: Call) throws -> HTTPResponse {
    let id = call.parameter("id")
    let page = try PageRequest(call.request.query, list: "identities/\(id)")
    var after: String?
    if let position = page.position {
      guard let key = position.string("k") else { throw Problem.invalidCursor }
      after = key
    }
    let (document, current) = try directory.customer(
      id, fields: ["identifiers", "records"], deadline: call.deadline)
    let members = Self.members(of: document)
    let all = members.filter { member in
      after.map { $0.utf8.lexicographicallyPrecedes(member.identifier.key.utf8) } ?? true
    }
    let shown = all.prefix(page.limit)
    let edges = try edges(among: members, shown: Array(shown), call)
    var body = ListBody()
    for member in shown { body.append(call.personalData.shown(item(member, edges))) }
    var next: String?
    if all.count > page.limit, let last = shown.last {
      next = page.cursor(after: BSONDocument { $0.append("k", last.identifier.key) })
    }
    var more = BSONDocument()
    if let ends = try ends(among: members, call) {
      let path = try path(between: ends, among: members, call)
      more = BSONDocument { $0.append("path", path) }
    }
    return body.response(to: call.request, nextCursor: next, more: more)
      .located(at: current, askedFor: id, suffix: "/identities")
  }

  private struct Member {
    let identifier: Identifier
    let isShared: Bool
  }

  /// Identifiers and records of a customer, by key.
  private static func members(of document: BSONDocument) -> [Member] {
    let identifiers = (document.array("identifiers") ?? BSONArray()).compactMap { value -> Member? in
      guard let entry = value.documentValue, let type = entry.string("type"), let text = entry.string("value"),
        let identifier = Identifier(key: "\(type):\(text)")
      else { return nil }
      return Member(identifier: identifier, isShared: entry.bool("shared") ?? false)
    }
    let records = (document.array("records") ?? BSONArray()).compactMap { value in
      value.stringValue.flatMap { Identifier(key: "record:\($0)") }.map { Member(identifier: $0, isShared: false) }
    }
    return (identifiers + records).sorted { $0.identifier < $1.identifier }
  }

  /// What ties the members that are shown, each edge once, by id. An identifier that others claim too may have edges without
  /// end: of these only the ones that this customer's own records make are read.
  private func edges(among members: [Member], shown: [Member], _ call: Call) throws -> [Edge] {
    let records = members.filter { $0.identifier.type == .record }.map(\.identifier.key)
    let own = try store.projections.edges(ownedBy: records, deadline: call.deadline)
    // Two records may be tied by a person's decision alone, which neither owns.
    let alone = shown.filter { !$0.isShared }.map(\.identifier)
    let touching = try store.projections.edges(touching: alone, deadline: call.deadline)
      .filter { $0.rule != Edge.denyRule }
    return Set(own + touching).sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
  }

  // MARK: The path between two

  /// The identifiers that `from` and `to` name, as `type:value`; both or neither are given.
  private func ends(among members: [Member], _ call: Call) throws -> (from: Identifier, to: Identifier)? {
    let query = call.request.query
    func end(_ name: String) throws -> Identifier? {
      guard let text = try query.one(name) else { return nil }
      // A plus sign that was not escaped arrives as the space that it stands for in a form.
      let keys = [text, text.replacing("phone: ", with: "phone:+")]
      guard
        let member = members.first(where: { member in
          keys.contains { $0.utf8.elementsEqual(member.identifier.key.utf8) }
        })
      else {
        throw Problem.unusable(name, "an identifier of this customer as type:value, such as email:ann@example.com")
      }
      return member.identifier
    }
    switch (try end("from"), try end("to")) {
    case (let from?, let to?): return (from, to)
    case (nil, nil): return nil
    default: throw Problem.badRequest("missing_parameter", "Give both of from and to.")
    }
  }

  private func path(
    between ends: (from: Identifier, to: Identifier), among members: [Member], _ call: Call
  ) throws -> [BSONDocument] {
    let all = Set(members.map(\.identifier))
    let records = members.filter { $0.identifier.type == .record }.map(\.identifier.key)
    let own = try store.projections.edges(ownedBy: records, deadline: call.deadline)
    let alone = members.filter { !$0.isShared }.map(\.identifier)
    // What the customer's own records claim, and what ties its members together otherwise.
    let touching = try store.projections.edges(touching: alone, deadline: call.deadline)
      .filter { all.contains($0.a) && all.contains($0.b) }
    let steps = EvidencePath.between(ends.from, ends.to, among: Array(Set(own + touching))) ?? []
    return steps.map { step in
      call.personalData.shown(
        BSONDocument { writer in
          for (name, end) in [("from", step.from), ("to", step.to)] {
            writer.append(name, identifier: end)
          }
          writer.append("rule", step.edge.rule)
          writer.append("owner", step.edge.owner)
          writer.append("actor", step.edge.actor)
          if let at = step.edge.at { writer.append("at", at) }
        })
    }
  }

  private func item(_ member: Member, _ edges: [Edge]) -> BSONDocument {
    BSONDocument { writer in
      writer.append("type", member.identifier.type.rawValue)
      writer.append("value", member.identifier.value)
      writer.append("shared", member.isShared)
      writer.append(
        "evidence",
        array: { array in
          for edge in edges where edge.a == member.identifier || edge.b == member.identifier {
            let other = edge.a == member.identifier ? edge.b : edge.a
            array.append(document: {
              $0.append("rule", edge.rule)
              $0.append("type", other.type.rawValue)
              $0.append("value", other.value)
              $0.append("owner", edge.owner)
            })
          }
        })
    }
  }
}
