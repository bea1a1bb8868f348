import BSON
import MongoDB

/// One piece of evidence that two identifiers belong to one person.
public struct Edge: Sendable, Hashable {
  /// Of an edge of a customer record, `a` is the record.
  public let a: Identifier
  /// The identifier at the other end.
  public let b: Identifier
  /// The rule that made it: the name of an identity rule, `anonymous_id`, `event`, `merge` or `deny`.
  public let rule: String
  /// Whose edge it is: the record's key, `events`, or `decision:` and a decision's id. An owner's edges are replaced as a whole.
  public let owner: String
  /// Who made it: `rules`, or the person who decided.
  public let actor: String
  /// When a person decided.
  public let at: BSONDate?

  /// A piece of evidence.
  public init(
    a: Identifier, b: Identifier, rule: String, owner: String, actor: String = "rules", at: BSONDate? = nil
  ) {
    self.a = a
    self.b = b
    self.rule = rule
    self.owner = owner
    self.actor = actor
    self.at = at
  }

  /// Of a merge: both ends are one person because somebody says so.
  public static let mergeRule = "merge"
  /// Of a denial: no rule may make the ends one person.
  public static let denyRule = "deny"

  /// Whether a person made it.
  public var isDecision: Bool { rule == Self.mergeRule || rule == Self.denyRule }

  /// The same evidence always has the same id. Two people who decide the same make two edges, each of which can be taken back.
  public var id: String { (isDecision ? owner : rule) + " \(a.key) \(b.key)" }

  var document: BSONDocument {
    BSONDocument {
      $0.append("_id", id)
      $0.append("a", a.key)
      $0.append("b", b.key)
      $0.append("rule", rule)
      $0.append("owner", owner)
      $0.append("actor", actor)
      if let at { $0.append("at", at) }
    }
  }

  init?(_ document: BSONDocument) {
    guard let a = document.string("a").flatMap(Identifier.init(key:)),
      let b = document.string("b").flatMap(Identifier.init(key:)), let rule = document.string("rule"),
      let owner = document.string("owner")
    else { return nil }
    self.init(
      a: a, b: b, rule: rule, owner: owner, actor: document.string("actor") ?? "rules", at: document.date("at"))
  }
}

extension ProjectionCollections {
  /// How many names one query takes.
  static let namesPerQueryMax = 1000

  /// Edges that touch any of `nodes`.
  public func edges(touching nodes: [Identifier], deadline: Deadline) throws(StoreError) -> [Edge] {
    var found: [Edge] = []
    for chunk in nodes.map(\.key).chunked(Self.namesPerQueryMax) {
      found += try edges(matching: among("a", chunk), deadline: deadline)
      found += try edges(matching: among("b", chunk), deadline: deadline)
    }
    return found
  }

  /// Edges that the given records own.
  public func edges(ownedBy owners: [String], deadline: Deadline) throws(StoreError) -> [Edge] {
    var found: [Edge] = []
    for chunk in owners.chunked(Self.namesPerQueryMax) {
      found += try edges(matching: among("owner", chunk), deadline: deadline)
    }
    return found
  }

  /// Adds and removes edges; both may have happened before.
  public func change(
    adding added: [Edge], removing removed: [Edge], deadline: Deadline
  ) throws(StoreError) {
    let deletes = removed.map(\.id).chunked(Self.namesPerQueryMax).map {
      WriteStatement.delete(filter: among("_id", $0), multi: true)
    }
    // The same evidence has the same id and the same content.
    let puts = added.map { WriteStatement.replace(filter: identity($0.id), with: $0.document, upsert: true) }
    try write([(edges, deletes), (edges, puts)], deadline: deadline)
  }

  private func edges(matching filter: BSONDocument, deadline: Deadline) throws(StoreError) -> [Edge] {
    var found: [Edge] = []
    try storing {
      try edges.find(filter, deadline: deadline) { bytes in
        guard let edge = Edge(BSONDocument(copying: bytes)) else {
          throw StoreError.malformedDocument(collection: edges.name, reason: "no ends")
        }
        found.append(edge)
        return true
      }
    }
    return found
  }
}

extension Array {
  /// Slices of at most `size` elements.
  public func chunked(_ size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}
