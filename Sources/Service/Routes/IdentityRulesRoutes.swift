import BSON
import HTTPServer
import Identity
import Projection
import Store

/// `GET /identity/rules` and `PUT /identity/rules`.
struct IdentityRulesRoutes: Sendable {
  let store: Store
  let clock: @Sendable () -> BSONDate

  /// What a version says beside the rules.
  private static let origin = ["version", "actor", "reason", "createdAt"]

  func declare(in book: inout RouteBook) {
    book.on(.get, "/identity/rules") { call in
      conditional(json(of: try current(call)), to: call.request)
    }
    book.on(.put, "/identity/rules", .init(query: ["dry_run"])) { try put($0) }
  }

  /// The rules that hold, with their version; 0 are the defaults.
  private func current(_ call: Call) throws -> BSONDocument {
    if let stored = try store.identityRules.latest(deadline: call.deadline) { return stored }
    return BSONDocument {
      $0.append("version", 0)
      $0.append(contentsOf: IdentityRules().document)
    }
  }

  /// Adds a version, which must follow the one that the body names, if it names one.
  private func put(_ call: Call) throws -> HTTPResponse {
    let isDryRun = try call.request.query.bool("dry_run") ?? false
    let body = try ObjectBody(call.request.body, fields: Self.origin + IdentityRules.fields)
    let proposed = try IdentityRules(body.members(IdentityRules.fields))
    let present = try current(call)
    let version = present.int("version") ?? 0
    if let expected = try body.integer("version", in: 0...Int(Int32.max)), expected != version {
      throw Problem.otherVersion(version)
    }
    if isDryRun {
      return .json(json(of: try comparison(proposed, version, call)), fields: ["Cache-Control": "no-store"])
    }
    let (actor, reason) = (try body.string("actor"), try body.string("reason"))
    let fields = BSONDocument { writer in
      writer.append("actor", actor ?? call.caller.keyId.map { "key:\($0)" } ?? "anybody")
      if let reason { writer.append("reason", reason) }
      writer.append("createdAt", clock())
      writer.append(contentsOf: proposed.document)
    }
    guard try store.identityRules.add(version + 1, fields, deadline: call.deadline) else {
      throw Problem.otherVersion(version + 1)
    }
    return conditional(json(of: try current(call)), to: call.request)
  }

  /// Who would join and who would part.
  private func comparison(_ proposed: IdentityRules, _ version: Int, _ call: Call) throws -> BSONDocument {
    var comparison = RulesComparison(now: try store.currentIdentityRules(deadline: call.deadline), then: proposed)
    var isComplete = true
    do {
      try store.customerRecords.forEach(deadline: call.deadline) { record in
        if !comparison.add(record) { throw EnoughSeen() }
      }
    } catch {
      // The reader's errors carry no other's; that enough was seen is known from the comparison itself.
      guard comparison.isFull else { throw error }
      isComplete = false
    }
    var decisions: [Edge] = []
    try store.decisions.forEach(deadline: call.deadline) { decisions += $0.edges }
    let outcome = comparison.outcome(decisions: decisions)
    return BSONDocument { writer in
      writer.append("version", version)
      writer.append("records", outcome.records)
      writer.append("complete", isComplete)
      writer.append("customersNow", outcome.customersNow)
      writer.append("customersThen", outcome.customersThen)
      writer.append("joins", outcome.joinsCount)
      writer.append("parts", outcome.partsCount)
      writer.append("joinsSample", outcome.joins.map(Self.document))
      writer.append("partsSample", outcome.parts.map(Self.document))
    }
  }

  private struct EnoughSeen: Error {}

  private static func document(_ change: RulesComparison.Change) -> BSONDocument {
    BSONDocument {
      $0.append("before", change.before)
      $0.append("after", change.after)
    }
  }
}

extension Problem {
  /// The caller wrote on a version that is not the present one.
  fileprivate static func otherVersion(_ version: Int) -> Problem {
    Problem(
      .conflict, "version_conflict",
      detail: "The rules are at version \(version) by now. Read them again and send the change on top of that.")
  }
}
