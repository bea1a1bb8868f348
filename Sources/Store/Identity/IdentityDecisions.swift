import BSON
import MongoDB

/// What a person decided about identities. It is kept as a source: a rebuild makes its edges again.
public struct IdentityDecision: Sendable, Equatable {
  /// What was decided.
  public enum Kind: String, Sendable {
    /// All pairs are one person.
    case merge
    /// The ends of no pair may be made one person by a rule.
    case deny
  }

  /// Who did something, when and why.
  public struct Act: Sendable, Equatable {
    /// The person, as the caller named them.
    public let actor: String
    /// Why.
    public let reason: String
    /// When.
    public let at: BSONDate

    /// An act.
    public init(actor: String, reason: String, at: BSONDate) {
      self.actor = actor
      self.reason = reason
      self.at = at
    }
  }

  /// Two identifiers.
  public struct Pair: Sendable, Hashable {
    /// One end.
    public let a: Identifier
    /// The other.
    public let b: Identifier

    /// A pair, ends in the order of their keys.
    public init(_ a: Identifier, _ b: Identifier) {
      (self.a, self.b) = a < b ? (a, b) : (b, a)
    }
  }

  /// The decision's id.
  public let id: String
  /// What was decided,
  public let kind: Kind
  /// of what.
  public let pairs: [Pair]
  /// The customers that were named, under their ids of then.
  public let customerIds: [String]
  /// Who decided.
  public let made: Act
  /// Who took it back.
  public let undone: Act?

  /// A new decision.
  public init(id: String, kind: Kind, pairs: [Pair], customerIds: [String], made: Act) {
    self.init(id: id, kind: kind, pairs: pairs, customerIds: customerIds, made: made, undone: nil)
  }

  private init(id: String, kind: Kind, pairs: [Pair], customerIds: [String], made: Act, undone: Act?) {
    self.id = id
    self.kind = kind
    self.pairs = pairs
    self.customerIds = customerIds
    self.made = made
    self.undone = undone
  }

  /// A new id; the generator decides which.
  public static func newId(_ kind: Kind, using generator: inout some RandomNumberGenerator) -> String {
    var bytes: [UInt8] = []
    for _ in 0..<16 { bytes.append(UInt8.random(in: .min ... .max, using: &generator)) }
    return (kind == .merge ? "m_" : "d_") + Digest.base32(bytes)
  }

  /// The owner of this decision's edges.
  public static func owner(_ id: String) -> String { "decision:" + id }

  /// The edges that it stands for; none once it is taken back.
  public var edges: [Edge] { undone == nil ? allEdges : [] }

  /// The edges that it stands for, or stood for.
  public var allEdges: [Edge] {
    pairs.map { pair in
      Edge(
        a: pair.a, b: pair.b, rule: kind == .merge ? Edge.mergeRule : Edge.denyRule, owner: Self.owner(id),
        actor: made.actor, at: made.at)
    }
  }

  var document: BSONDocument {
    BSONDocument { writer in
      writer.append("_id", id)
      writer.append("kind", kind.rawValue)
      writer.append(
        "pairs",
        array: { array in
          for pair in pairs {
            array.append(document: {
              $0.append("a", pair.a.key)
              $0.append("b", pair.b.key)
            })
          }
        })
      writer.append("customerIds", customerIds)
      writer.append("made", Self.document(made))
      if let undone { writer.append("undone", Self.document(undone)) }
    }
  }

  init?(_ document: BSONDocument) {
    guard let id = document.string("_id"), let kind = document.string("kind").flatMap(Kind.init(rawValue:)),
      let made = document.document("made").flatMap(Self.act)
    else { return nil }
    let pairs = (document.array("pairs") ?? BSONArray()).compactMap { value -> Pair? in
      guard let pair = value.documentValue, let a = pair.string("a").flatMap(Identifier.init(key:)),
        let b = pair.string("b").flatMap(Identifier.init(key:))
      else { return nil }
      return Pair(a, b)
    }
    self.init(
      id: id, kind: kind, pairs: pairs,
      customerIds: (document.array("customerIds") ?? BSONArray()).compactMap(\.stringValue), made: made,
      undone: document.document("undone").flatMap(Self.act))
  }

  static func document(_ act: Act) -> BSONDocument {
    BSONDocument {
      $0.append("actor", act.actor)
      $0.append("reason", act.reason)
      $0.append("at", act.at)
    }
  }

  static func act(_ document: BSONDocument) -> Act? {
    guard let actor = document.string("actor"), let reason = document.string("reason"), let at = document.date("at")
    else { return nil }
    return Act(actor: actor, reason: reason, at: at)
  }
}

/// Decisions are added, and taken back once; nothing else happens to them.
public struct IdentityDecisions: Sendable {
  let collection: MongoCollection

  static let indexes = [IndexDefinition(ascending: "kind", "_id")]

  /// Adds a decision. Its id must be new.
  public func add(_ decision: IdentityDecision, deadline: Deadline) throws(StoreError) {
    _ = try storing { try collection.insert([decision.document], deadline: deadline).confirmed() }
  }

  /// Adds a decision whose id is made of what it decides. False when that was decided before.
  public func addOnce(_ decision: IdentityDecision, deadline: Deadline) throws(StoreError) -> Bool {
    let result = try storing { try collection.insert([decision.document], deadline: deadline).confirmed() }
    return acknowledgements(of: result, count: 1)[0] == .accepted
  }

  /// One decision.
  public func find(_ id: String, deadline: Deadline) throws(StoreError) -> IdentityDecision? {
    try storing { try collection.findOne(identity(id), deadline: deadline) }.flatMap(IdentityDecision.init)
  }

  /// Several decisions.
  public func find(ids: [String], deadline: Deadline) throws(StoreError) -> [IdentityDecision] {
    try storing { try collection.find(among("_id", ids), deadline: deadline) }.compactMap(IdentityDecision.init)
  }

  /// Takes a decision back. Nil when there is none of that kind, or it is taken back already.
  public func undo(
    _ id: String, _ kind: IdentityDecision.Kind, by act: IdentityDecision.Act, deadline: Deadline
  ) throws(StoreError) -> IdentityDecision? {
    let open = BSONDocument {
      $0.append("_id", id)
      $0.append("kind", kind.rawValue)
      $0.append("undone", document: { $0.append("$exists", false) })
    }
    let change = BSONDocument {
      $0.append("$set", document: { $0.append("undone", IdentityDecision.document(act)) })
    }
    return try storing {
      try collection.findAndModify(
        filter: open, update: .update(change), upsert: false, returnNew: true, deadline: deadline)
    }.flatMap(IdentityDecision.init)
  }

  /// Decisions of one kind by id, at most `limit` after `after`.
  public func list(
    _ kind: IdentityDecision.Kind, after: String?, limit: Int, deadline: Deadline
  ) throws(StoreError) -> [IdentityDecision] {
    let filter = BSONDocument { writer in
      writer.append("kind", kind.rawValue)
      if let after { writer.append("_id", document: { $0.append("$gt", after) }) }
    }
    return try storing {
      try collection.find(filter, FindOptions(sort: ascending("_id"), limit: limit), deadline: deadline)
    }.compactMap(IdentityDecision.init)
  }

  /// Every decision, a document at a time.
  public func forEach(deadline: Deadline, _ body: (IdentityDecision) throws -> Void) throws(StoreError) {
    try storing {
      try collection.find(BSONDocument(), FindOptions(sort: ascending("_id")), deadline: deadline) { bytes in
        if let decision = IdentityDecision(BSONDocument(copying: bytes)) { try body(decision) }
        return true
      }
    }
  }
}
