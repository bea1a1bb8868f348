import BSON
import Glibc
import HTTPServer
import MongoDB
import Store

/// The review queue: pairs of records that may be one person, found by a scan, decided by people.
struct DuplicateRoutes: Sendable {
  let store: Store
  let scanner: DuplicateScanner
  let clock: @Sendable () -> BSONDate

  /// Decisions of one request at the most.
  static let decisionsMax = 100

  func declare(in book: inout RouteBook) {
    book.on(.get, "/identity/duplicates", .init(query: PageRequest.parameters + ["state", "min_score"])) {
      try list($0)
    }
    book.on(.post, "/identity/duplicates:scan") { call in
      _ = try ObjectBody(call.request.body, fields: [], mayBeEmpty: true)
      guard try scanner.start(deadline: call.deadline) else {
        throw Problem(.conflict, "scan_in_progress", detail: "A scan is under way.")
      }
      return .json(
        json(of: try scanner.status(deadline: call.deadline)), status: .accepted, fields: ["Cache-Control": "no-store"])
    }
    book.on(.post, "/identity/duplicates:decide") { try decide($0) }
  }

  // MARK: The queue

  private func list(_ call: Call) throws -> HTTPResponse {
    let query = call.request.query
    var state = DuplicateCandidate.State.open
    if let text = try query.one("state") {
      guard let known = DuplicateCandidate.State(rawValue: text) else {
        throw .unusable("state", DuplicateCandidate.State.allCases.map(\.rawValue).joined(separator: ", ")) as Problem
      }
      state = known
    }
    var weightMin: Double?
    if let text = try query.one("min_score") {
      guard let score = Double(text), score >= 0, score < 1 else {
        throw .unusable("min_score", "a number from 0 to below 1") as Problem
      }
      weightMin = score > 0 ? log2(score / (1 - score)) : nil
    }
    let page = try PageRequest(query, list: "duplicates/\(state.rawValue)/\(weightMin.map { "\($0)" } ?? "")")
    var after: (weight: Double, id: String)?
    if let position = page.position {
      guard let weight = position.double("w"), let id = position.string("i") else { throw Problem.invalidCursor }
      after = (weight, id)
    }
    let found = try store.duplicates.list(
      state, after: after, weightMin: weightMin, limit: page.limit + 1, deadline: call.deadline)
    let shown = found.prefix(page.limit)
    let owners = try owners(of: Array(shown), call)
    var body = ListBody()
    for candidate in shown {
      let (one, other) = (owners[ByteString(candidate.a.key)], owners[ByteString(candidate.b.key)])
      // What has become one customer since, or is gone, waits for nobody.
      if state == .open, one == nil || other == nil || one == other { continue }
      body.append(Self.document(candidate, one, other))
    }
    var next: String?
    if found.count > page.limit, let last = shown.last {
      next = page.cursor(
        after: BSONDocument {
          $0.append("w", last.weight)
          $0.append("i", last.id)
        })
    }
    let scan = try scanner.status(deadline: call.deadline)
    return body.response(to: call.request, nextCursor: next, more: BSONDocument { $0.append("scan", scan) })
  }

  private func owners(of candidates: [DuplicateCandidate], _ call: Call) throws -> [ByteString: String] {
    var owners: [ByteString: String] = [:]
    let keys = Array(Set(candidates.flatMap { [$0.a.key, $0.b.key] }))
    for assignment in try store.projections.assignments(of: keys, deadline: call.deadline) {
      owners[ByteString(assignment.key)] = assignment.customerId
    }
    return owners
  }

  private static func document(_ candidate: DuplicateCandidate, _ one: String?, _ other: String?) -> BSONDocument {
    BSONDocument { writer in
      writer.append("id", candidate.id)
      writer.append("state", candidate.state.rawValue)
      writer.append("score", candidate.score)
      writer.append("weight", candidate.weight)
      writer.append(
        "records",
        array: { array in
          for (record, owner) in [(candidate.a, one), (candidate.b, other)] {
            array.append(document: {
              $0.append("record", record.value)
              if let owner { $0.append("customerId", owner) } else { $0.appendNull("customerId") }
            })
          }
        })
      writer.append("evidence", candidate.evidence)
    }
  }

  // MARK: Decisions

  /// Accepts pairs, which merges them, or denies them, after which no rule joins them. Each pair is decided by itself; the
  /// answer says what became of each.
  private func decide(_ call: Call) throws -> HTTPResponse {
    let body = try ObjectBody(call.request.body, fields: ["ids", "decision"] + Act.fields)
    let ids = try body.strings("ids", count: 1...Self.decisionsMax)
    let kind: IdentityDecision.Kind
    switch try body.string("decision") {
    case "accept": kind = .merge
    case "deny": kind = .deny
    default: throw Problem.invalidField("/decision", "unknown_value", "It is accept or deny.")
    }
    let act = try Act.parse(body, call, at: clock())
    var known: [ByteString: DuplicateCandidate] = [:]
    for candidate in try store.duplicates.find(ids: ids, deadline: call.deadline) {
      known[ByteString(candidate.id)] = candidate
    }
    var results = ListBody()
    for id in ids {
      guard let candidate = known[ByteString(id)] else {
        results.append(Self.result(id, "not_found", nil))
        continue
      }
      // One pair has one decision, under an id made of its own: of two who decide at once the first one's holds.
      let decision = IdentityDecision(
        id: "r_" + candidate.id.dropFirst(2), kind: kind, pairs: [.init(candidate.a, candidate.b)], customerIds: [],
        made: act)
      let isFirst = try store.decisions.addOnce(decision, deadline: call.deadline)
      let standing = isFirst ? decision : try store.decisions.find(decision.id, deadline: call.deadline)
      let state: DuplicateCandidate.State = standing?.kind == .deny ? .denied : .accepted
      _ = try store.duplicates.decide(id, state, deadline: call.deadline)
      guard isFirst else {
        results.append(Self.result(id, "already_decided", decision.id))
        continue
      }
      results.append(Self.result(id, state.rawValue, decision.id))
    }
    return .json(results.finish(nextCursor: nil), fields: ["Cache-Control": "no-store"])
  }

  private static func result(_ id: String, _ outcome: String, _ decision: String?) -> BSONDocument {
    BSONDocument {
      $0.append("id", id)
      $0.append("result", outcome)
      if let decision { $0.append("decisionId", decision) }
    }
  }
}
