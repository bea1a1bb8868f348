import BSON
import MongoDB

/// A value that a person holds fast in the golden record, whatever the sources say. It is kept as a source, under an identifier of the
/// customer: it follows the identifier through merges, and a rebuild finds it again.
public struct PinnedValue: Sendable, Equatable {
  /// Its id.
  public let id: String
  /// The identifier whose customer has it.
  public let identifier: Identifier
  /// The field; an attribute is `attributes.NAME`.
  public let field: String
  /// What it says.
  public let value: BSONValue
  /// Who pinned it.
  public let made: IdentityDecision.Act
  /// Who took it back.
  public let undone: IdentityDecision.Act?

  /// A new pin.
  public init(id: String, identifier: Identifier, field: String, value: BSONValue, made: IdentityDecision.Act) {
    self.init(id: id, identifier: identifier, field: field, value: value, made: made, undone: nil)
  }

  private init(
    id: String, identifier: Identifier, field: String, value: BSONValue, made: IdentityDecision.Act,
    undone: IdentityDecision.Act?
  ) {
    self.id = id
    self.identifier = identifier
    self.field = field
    self.value = value
    self.made = made
    self.undone = undone
  }

  /// What the ids of pins begin with: nothing else that is decided has it.
  public static let idPrefix = "v_"

  /// A new id; the generator decides which.
  public static func newId(using generator: inout some RandomNumberGenerator) -> String {
    var bytes: [UInt8] = []
    for _ in 0..<16 { bytes.append(UInt8.random(in: .min ... .max, using: &generator)) }
    return idPrefix + Digest.base32(bytes)
  }

  /// Whether it held at a moment.
  public func held(at time: BSONDate) -> Bool { made.at <= time && undone.map { $0.at > time } ?? true }

  var document: BSONDocument {
    BSONDocument { writer in
      writer.append("_id", id)
      writer.append("identifier", identifier.key)
      writer.append("field", field)
      writer.append("value", value)
      writer.append("made", IdentityDecision.document(made))
      if let undone { writer.append("undone", IdentityDecision.document(undone)) }
    }
  }

  init?(_ document: BSONDocument) {
    guard let id = document.string("_id"), let field = document.string("field"), let value = document["value"],
      let identifier = document.string("identifier").flatMap(Identifier.init(key:)),
      let made = document.document("made").flatMap(IdentityDecision.act)
    else { return nil }
    self.init(
      id: id, identifier: identifier, field: field, value: value, made: made,
      undone: document.document("undone").flatMap(IdentityDecision.act))
  }
}

/// Pins are added, and taken back once; nothing else happens to them.
public struct PinnedValues: Sendable {
  let collection: MongoCollection

  static let indexes = [IndexDefinition(ascending: "identifier", "_id")]

  /// Adds a pin. Its id must be new.
  public func add(_ pin: PinnedValue, deadline: Deadline) throws(StoreError) {
    _ = try storing { try collection.insert([pin.document], deadline: deadline).confirmed() }
  }

  /// Pins by id.
  public func find(ids: [String], deadline: Deadline) throws(StoreError) -> [PinnedValue] {
    try storing { try collection.find(among("_id", ids), deadline: deadline) }.compactMap(PinnedValue.init)
  }

  /// The pins of some identifiers, those that were taken back too, by id.
  public func of(_ identifiers: [Identifier], deadline: Deadline) throws(StoreError) -> [PinnedValue] {
    var found: [PinnedValue] = []
    for chunk in identifiers.map(\.key).chunked(1000) {
      found += try storing { try collection.find(among("identifier", chunk), deadline: deadline) }
        .compactMap(PinnedValue.init)
    }
    return found.sorted { ByteString($0.id) < ByteString($1.id) }
  }

  /// Takes a pin back. Nil when there is none, or it is taken back already.
  public func undo(
    _ id: String, by act: IdentityDecision.Act, deadline: Deadline
  ) throws(StoreError) -> PinnedValue? {
    let open = BSONDocument {
      $0.append("_id", id)
      $0.append("undone", document: { $0.append("$exists", false) })
    }
    let change = BSONDocument {
      $0.append("$set", document: { $0.append("undone", IdentityDecision.document(act)) })
    }
    return try storing {
      try collection.findAndModify(filter: open, update: .update(change), returnNew: true, deadline: deadline)
    }.flatMap(PinnedValue.init)
  }

  /// Every pin's id, a document at a time.
  public func forEachId(deadline: Deadline, _ body: (String) throws -> Void) throws(StoreError) {
    try storing {
      try collection.find(
        BSONDocument(), FindOptions(sort: ascending("_id"), projection: ascending("_id")), deadline: deadline
      ) { bytes in
        if let id = BSONDocument(copying: bytes).string("_id") { try body(id) }
        return true
      }
    }
  }
}
