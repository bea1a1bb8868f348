import BSON
import HTTPServer
import MongoDB
import Store

/// `GET /customers/lookup`: who an identifier belongs to. Nobody, one or many are all answers.
struct LookupRoutes: Sendable {
  let store: Store
  /// Completes telephone numbers without a country calling code.
  let region: PhoneRegion

  /// What customers are found by.
  private static let parameters: [(name: String, type: IdentifierType?)] = [
    ("email", .email), ("phone", .phone), ("loyaltyId", .loyalty), ("userId", .user), ("orderId", nil),
  ]
  /// Customers that claim one identifier are counted up to here.
  private static let claimersCountMax = 10_000

  func declare(in book: inout RouteBook) {
    let query = Self.parameters.map(\.name) + ["q"] + PageRequest.parameters
    book.on(.get, "/customers/lookup", .init(query: query)) { try lookup($0) }
  }

  private func lookup(_ call: Call) throws -> HTTPResponse {
    let query = call.request.query
    if let question = try query.one("q") { return try search(question, call) }
    var asked: [(name: String, value: String)] = []
    for parameter in Self.parameters {
      if let value = try query.one(parameter.name) { asked.append((parameter.name, value)) }
    }
    guard !asked.isEmpty else {
      throw Problem.badRequest("missing_parameter", "Give one of email, phone, loyaltyId, userId, orderId, q.")
    }
    let name = asked.map { "\($0.name)=\(percentEncoded($0.value))" }.joined(separator: "&")
    let page = try PageRequest(query, list: "lookup?\(name)")
    var after: String?
    if let position = page.position {
      guard let id = position.string("i") else { throw Problem.invalidCursor }
      after = id
    }
    var matches: [String: Match] = [:]
    for parameter in asked {
      guard let key = try key(of: parameter.name, parameter.value, call) else { continue }
      try find(key, parameter.name, of: asked.count, after: after, limit: page.limit + 1, call, into: &matches)
    }
    let all = matches.values.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    var body = ListBody()
    for match in all.prefix(page.limit) { body.append(match.document) }
    var next: String?
    if all.count > page.limit {
      next = page.cursor(after: BSONDocument { $0.append("i", all[page.limit - 1].id) })
    }
    let sharing = all.filter { $0.matchedOn.contains("phone") }.map(\.id)
    return body.response(to: call.request, nextCursor: next, more: try verification(among: sharing, call))
  }

  /// How to tell apart those who share a telephone: `{verification: {field, question}}`, or nothing.
  private func verification(among ids: [String], _ call: Call) throws -> BSONDocument {
    guard ids.count > 1 else { return BSONDocument() }
    let customers = try store.projections.customers(
      Array(ids.prefix(VerificationQuestion.customersMax)), deadline: call.deadline)
    return BSONDocument { writer in
      if let question = VerificationQuestion.document(for: customers) { writer.append("verification", question) }
    }
  }

  /// The answer to a question in free form, which stands alone.
  private func search(_ question: String, _ call: Call) throws -> HTTPResponse {
    let query = call.request.query
    for parameter in Self.parameters where query.first(parameter.name) != nil {
      throw Problem.invalidParameter(
        parameter.name, "The query parameter 'q' stands alone.", code: "conflicting_parameters")
    }
    let page = try PageRequest(query, list: "lookup?q=\(percentEncoded(question))")
    let found = try CustomerSearch(store: store, region: region).candidates(question, call)
    let documents = found.map { candidate in
      BSONDocument {
        $0.append("customerId", candidate.id)
        // Of several who match alike, one is meant.
        let alike = found.count { $0.score == candidate.score }
        $0.append("confidence", candidate.score / Double(alike))
        $0.append("matchedOn", candidate.matchedOn)
        if let time = candidate.lastContact { $0.append("lastContact", time) } else { $0.appendNull("lastContact") }
      }
    }
    let best = found.first?.score
    let sharing = found.filter { $0.score == best && $0.matchedOn.contains("phone") }.map(\.id)
    return try page.response(
      with: documents, key: "customerId", to: call.request, more: try verification(among: sharing, call))
  }

  /// The key to look for; nil for a placeholder such as `null` or an order of nobody, which belong to no one.
  private func key(of name: String, _ value: String, _ call: Call) throws -> String? {
    guard (1...Identifier.valueBytesMax).contains(value.utf8.count) else {
      throw Problem.unusable(name, "1 to \(Identifier.valueBytesMax) bytes long")
    }
    guard let type = Self.parameters.first(where: { $0.name == name })?.type else {
      return try store.orders.find(id: value, deadline: call.deadline)?.string("subject")
    }
    // A plus sign that was not escaped arrives as the space that it stands for in a form.
    let text = type == .phone && value.utf8.first == UInt8(ascii: " ") ? "+" + value.dropFirst() : value
    if let identifier = Identifier(type, text, region: region) { return identifier.key }
    switch type {
    case .email: throw Problem.unusable(name, "an e-mail address")
    case .phone: throw Problem.unusable(name, "a telephone number")
    // Everything else of this length is a name, if only of nobody.
    case .user, .loyalty, .record, .anonymous, .matchKey: return nil
    }
  }

  private func find(
    _ key: String, _ name: String, of parameters: Int, after: String?, limit: Int, _ call: Call,
    into matches: inout [String: Match]
  ) throws {
    let found = try store.projections.customers(claiming: key, after: after, limit: limit, deadline: call.deadline)
    guard !found.isEmpty else { return }
    let claimers =
      after == nil && found.count < limit
      ? found.count
      : try store.projections.customerCount(claiming: key, limit: Self.claimersCountMax, deadline: call.deadline)
    for customer in found {
      guard let id = customer.string("_id") else { continue }
      var match = matches[id] ?? Match(id: id, lastContact: customer.document("activity")?.date("lastSeenAt"))
      match.matchedOn.append(name)
      match.confidence += 1 / Double(max(claimers, 1) * parameters)
      matches[id] = match
    }
  }
}

/// A customer that was found. `confidence` is the mean over what was asked for: 0 where it does not match, else one part in
/// as many customers as claim the same identifier.
private struct Match {
  let id: String
  let lastContact: BSONDate?
  var matchedOn: [String] = []
  var confidence = 0.0

  init(id: String, lastContact: BSONDate?) {
    self.id = id
    self.lastContact = lastContact
  }

  var document: BSONDocument {
    BSONDocument {
      $0.append("customerId", id)
      $0.append("confidence", min(confidence, 1))
      $0.append("matchedOn", matchedOn)
      if let lastContact { $0.append("lastContact", lastContact) } else { $0.appendNull("lastContact") }
    }
  }
}
