import BSON
import Store

/// What a customer record says about who it is.
public struct RecordIdentity: Sendable {
  /// The record itself: `record:source/sourceId`.
  public let record: Identifier
  /// The identifiers that it claims, in the order of types.
  public let identifiers: [Identifier]
  /// Folded for comparison; empty when the record has none.
  public let firstName: [UInt8]
  /// Folded like the first name.
  public let lastName: [UInt8]
  /// `yyyy-MM-dd`, as its source wrote it.
  public let birthDate: String?

  /// Reads a stored customer record. Nil when its id is none.
  public init?(_ document: BSONDocument, region: PhoneRegion) {
    guard let id = document.string("_id"), let record = Identifier(key: "record:" + id) else { return nil }
    self.record = record
    var claimed: [Identifier] = []
    func claim(_ type: IdentifierType, _ field: String) {
      if let raw = document.string(field), let identifier = Identifier(type, raw, region: region) {
        claimed.append(identifier)
      }
    }
    claim(.user, "userId")
    claim(.loyalty, "loyaltyId")
    claim(.email, "email")
    claim(.phone, "phone")
    claim(.anonymous, "anonymousId")
    identifiers = claimed
    firstName = FoldedName.fold(document.string("firstName") ?? "")
    lastName = FoldedName.fold(document.string("lastName") ?? "")
    birthDate = document.string("birthDate")
  }

  /// The edges that this record is evidence for.
  public func edges(under rules: IdentityRules) -> [Edge] {
    identifiers.map { identifier in
      Edge(
        a: record, b: identifier,
        rule: rules.rule(for: identifier.type)?.name ?? IdentityRules.anonymousRule, owner: record.key)
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
