import Store

/// By what and how far records are joined. Data, not code: a later version can be stored and changed.
public struct IdentityRules: Sendable {
  /// A rule that joins customer records which share an identifier.
  public struct Rule: Sendable {
    /// The rule's stable name, which stands on its edges.
    public let name: String
    /// The kind of identifier that it looks at.
    public let type: IdentifierType
    /// What the persons behind two records must have in common beside the identifier.
    public let agreement: Agreement
    /// An identifier that more records claim than this joins none of them.
    public let recordsMax: Int
  }

  /// How two records that share an identifier must agree otherwise.
  public enum Agreement: Sendable {
    /// The identifier says it all.
    case none
    /// Joined unless birth date and first name both contradict.
    case noContradiction
    /// First names must be spellings of one name, and nothing else may contradict: people of a household share telephones.
    case samePerson
  }

  /// In the order in which they join.
  public let rules: [Rule]

  /// Completes telephone numbers that come without a country calling code.
  public let region: PhoneRegion

  /// Rules; the deterministic ones unless given.
  public init(rules: [Rule] = IdentityRules.deterministic, region: PhoneRegion = .northAmerica) {
    self.rules = rules
    self.region = region
  }

  /// User id, loyalty id, e-mail address, telephone number, in this order.
  public static let deterministic = [
    Rule(name: "user_id", type: .user, agreement: .none, recordsMax: 100),
    Rule(name: "loyalty_id", type: .loyalty, agreement: .none, recordsMax: 100),
    Rule(name: "email", type: .email, agreement: .noContradiction, recordsMax: 50),
    Rule(name: "phone", type: .phone, agreement: .samePerson, recordsMax: 20),
  ]

  /// The name of the edges by which a record or an event ties an anonymous history to an identifier.
  public static let anonymousRule = "anonymous_id"

  func rule(for type: IdentifierType) -> Rule? { rules.first { $0.type == type } }
}
