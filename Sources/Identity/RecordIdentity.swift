import BSON
import Store

/// What a customer record says about who it is.
public struct RecordIdentity: Sendable {
  /// The record itself: `record:source/sourceId`.
  public let record: Identifier
  /// The identifiers that it claims, in the order of types.
  public let identifiers: [Identifier]
  /// What rules over several fields compare, in the order of the rules.
  public let matchKeys: [Identifier]
  /// Folded for comparison; empty when the record has none.
  public let firstName: [UInt8]
  /// Folded like the first name.
  public let lastName: [UInt8]
  /// `yyyy-MM-dd`, as its source wrote it.
  public let birthDate: String?

  /// Reads a stored customer record. Nil when its id is none.
  public init?(_ document: BSONDocument, under rules: IdentityRules) {
    guard let id = document.string("_id"), let record = Identifier(key: "record:" + id) else { return nil }
    self.record = record
    var claimed: [Identifier] = []
    func claim(_ type: IdentifierType, _ field: String) {
      if let raw = document.string(field), let identifier = Identifier(type, raw, region: rules.normalization.region) {
        claimed.append(identifier)
      }
    }
    claim(.user, "userId")
    claim(.loyalty, "loyaltyId")
    claim(.email, "email")
    claim(.phone, "phone")
    claim(.anonymous, "anonymousId")
    identifiers = claimed
    matchKeys = rules.rules.compactMap { rule in
      if rules.joinsByIdentifier(rule) { return nil }
      var values: [String] = []
      for field in rule.fields {
        guard let value = field.value(in: document, under: rules) else { return nil }
        values.append(value)
      }
      return Identifier(rule: rule.name, values: values)
    }
    firstName = FoldedName.fold(document.string("firstName") ?? "")
    lastName = FoldedName.fold(document.string("lastName") ?? "")
    birthDate = document.string("birthDate")
  }

  /// The edges that this record is evidence for.
  public func edges(under rules: IdentityRules) -> [Edge] {
    let claims = identifiers.map { identifier in
      Edge(a: record, b: identifier, rule: Self.name(of: identifier.type, rules), owner: record.key)
    }
    let keys = matchKeys.map { key in
      Edge(a: record, b: key, rule: rules.rule(ofKey: key)?.name ?? "key", owner: record.key)
    }
    return claims + keys
  }

  /// What stands on the edge to a claimed identifier: the rule that joins by it, else what the record calls it.
  private static func name(of type: IdentifierType, _ rules: IdentityRules) -> String {
    if let rule = rules.rule(joiningBy: type) { return rule.name }
    switch type {
    case .user: return "user_id"
    case .loyalty: return "loyalty_id"
    case .email: return "email"
    case .phone: return "phone"
    case .anonymous, .record, .matchKey: return IdentityRules.anonymousRule
    }
  }

  /// Whether the two cannot be one person: first names and birth dates both contradict.
  func contradicts(_ other: RecordIdentity) -> Bool {
    birthDateContradicts(other) && !FoldedName.compatible(firstName, other.firstName)
  }

  /// Whether nothing at all speaks against one person: first names may be spellings of one, birth dates agree, and neither
  /// has a loyalty card or user account that differs from the other's. Namesakes share telephones too: father and son.
  func mayBeOnePerson(with other: RecordIdentity) -> Bool {
    guard !birthDateContradicts(other), FoldedName.compatible(firstName, other.firstName) else { return false }
    if firstName.isEmpty || other.firstName.isEmpty, !FoldedName.compatible(lastName, other.lastName) { return false }
    return !differs(from: other, in: .loyalty) && !differs(from: other, in: .user)
  }

  private func differs(from other: RecordIdentity, in type: IdentifierType) -> Bool {
    guard let mine = identifiers.first(where: { $0.type == type }),
      let theirs = other.identifiers.first(where: { $0.type == type })
    else { return false }
    return mine != theirs
  }

  /// Both have a birth date and they differ by more than one mistyped or two swapped digits.
  private func birthDateContradicts(_ other: RecordIdentity) -> Bool {
    guard let birthDate, let theirs = other.birthDate else { return false }
    return EditDistance.between(Array(birthDate.utf8), Array(theirs.utf8), atMost: 1) > 1
  }
}
