import BSON
import MongoDB

/// One piece of evidence that two identifiers belong to one person.
public struct Edge: Sendable, Hashable {
  /// Of an edge of a customer record, `a` is the record.
  public let a: Identifier
  /// The identifier at the other end.
  public let b: Identifier
  /// The rule that made it: `user_id`, `loyalty_id`, `email`, `phone`, `anonymous_id`, `event`.
  public let rule: String
  /// Whose edge it is: the record's key, or `events`. A record's edges are replaced as a whole.
  public let owner: String

  /// A piece of evidence.
  public init(a: Identifier, b: Identifier, rule: String, owner: String) {
    self.a = a
    self.b = b
    self.rule = rule
    self.owner = owner
  }

  /// The same evidence always has the same id.
  public var id: String { "\(rule) \(a.key) \(b.key)" }

  var document: BSONDocument {
    BSONDocument {
      $0.append("_id", id)
      $0.append("a", a.key)
      $0.append("b", b.key)
      $0.append("rule", rule)
      $0.append("owner", owner)
      $0.append("actor", "rules")
    }
  }

  init?(_ document: BSONDocument) {
    guard let a = document.string("a").flatMap(Identifier.init(key:)),
      let b = document.string("b").flatMap(Identifier.init(key:)), let rule = document.string("rule"),
      let owner = document.string("owner")
    else { return nil }
    self.init(a: a, b: b, rule: rule, owner: owner)
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
    try storing {
      if !removed.isEmpty {
        for chunk in removed.map(\.id).chunked(Self.namesPerQueryMax) {
          _ = try edges.write([.delete(filter: among("_id", chunk), multi: true)], deadline: deadline).confirmed()
        }
      }
      if !added.isEmpty { _ = try edges.insert(added.map(\.document), deadline: deadline).confirmed() }
    }
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
