import Store

/// By what and how far records are joined: data with a fixed vocabulary, stored in versions.
public struct IdentityRules: Sendable, Equatable {
  /// A rule joins records that agree in all of its fields. Records are joined when any rule does so.
  public struct Rule: Sendable, Equatable {
    /// The rule's stable name, which stands on its edges.
    public let name: String
    /// What records must have in common. A record that lacks one of them is joined by nothing.
    public let fields: [MatchField]
    /// What the persons behind two records must have in common beside that.
    public let agreement: Agreement
    /// What more records than this have in common joins none of them.
    public let recordsMax: Int

    /// The identifier that alone makes the rule; nil when it has other fields.
    public var identifier: IdentifierType? { fields.count == 1 ? fields[0].identifier : nil }
  }

  /// How two records that share what a rule asks for must agree otherwise.
  public enum Agreement: String, Sendable, CaseIterable {
    /// What is shared says it all.
    case none
    /// Joined unless birth date and first name both contradict.
    case noContradiction
    /// First names must be spellings of one name, and nothing else may contradict: people of a household share telephones.
    case samePerson
  }

  /// What holds for all identifiers of one type.
  public struct Policy: Sendable, Equatable {
    /// Rules join in the order of their least important identifier; 1 is the most important.
    public var priority: Int
    /// A join that would give one customer more different values than this is not made.
    public var limit: Int?
    /// Values that stand for nobody: they join no records and stay by themselves.
    var blocked: [BlockedValue]
  }

  /// How values are made comparable.
  public struct Normalization: Sendable, Equatable {
    /// Completes telephone numbers that come without a country calling code.
    public var region = PhoneRegion.northAmerica
    /// The country under whose code the region was given.
    public var country = "US"
    /// Whether rules hold `a+x@b.c` for `a@b.c`. Identifiers keep the tag.
    public var dropsPlusTags = false
    /// Whether rules hold short forms of a first name for the full one.
    public var knowsNicknames = false

    /// The defaults.
    public init() {}
  }

  /// Joins that would give a customer more identifiers than this, anonymous ones apart, are left to people.
  public static let customerIdentifiersMax = 100
  /// The name of the edges by which a record or an event ties an anonymous history to an identifier.
  public static let anonymousRule = "anonymous_id"

  /// In the order in which they join.
  public private(set) var rules: [Rule]
  /// What holds for each type.
  public private(set) var policies: [IdentifierType: Policy]
  /// How values are compared.
  public var normalization: Normalization
  /// Which values survive into the golden record.
  public var survivorship: SurvivorshipRules
  /// What scores of likeness may do.
  public var scoredMatching: ScoredMatching

  /// Rules, put into the order in which they join; the deterministic ones unless given.
  public init(
    rules: [Rule] = IdentityRules.deterministic, policies: [IdentifierType: Policy] = IdentityRules.policies,
    normalization: Normalization = Normalization(), survivorship: SurvivorshipRules = SurvivorshipRules(),
    scoredMatching: ScoredMatching = ScoredMatching()
  ) {
    func rank(_ rule: Rule) -> Int {
      rule.fields.compactMap { $0.identifier.flatMap { policies[$0]?.priority } }.max() ?? Int.max
    }
    self.rules = rules.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
      .map(\.element)
    self.policies = policies
    self.normalization = normalization
    self.survivorship = survivorship
    self.scoredMatching = scoredMatching
  }

  /// User id, loyalty id, e-mail address, telephone number.
  public static let deterministic = [
    Rule(name: "user_id", fields: [.userId], agreement: .none, recordsMax: 100),
    Rule(name: "loyalty_id", fields: [.loyaltyId], agreement: .none, recordsMax: 100),
    Rule(name: "email", fields: [.email], agreement: .noContradiction, recordsMax: 50),
    Rule(name: "phone", fields: [.phone], agreement: .samePerson, recordsMax: 20),
  ]

  /// What holds for each type unless said otherwise.
  public static let policies: [IdentifierType: Policy] = [
    .user: Policy(priority: 1, limit: nil, blocked: anywhere),
    .loyalty: Policy(priority: 2, limit: nil, blocked: anywhere),
    .email: Policy(priority: 3, limit: nil, blocked: anywhere + roles),
    .phone: Policy(priority: 4, limit: nil, blocked: anywhere),
  ]

  /// The types that have a policy, as the rules name them.
  static let governed: [(name: String, type: IdentifierType)] = [
    ("userId", .user), ("loyaltyId", .loyalty), ("email", .email), ("phone", .phone),
  ]

  private static let anywhere = ["^[0-]*$", "-1", "null", "anonymous"].compactMap { BlockedValue($0) }

  /// Addresses of offices rather than of people.
  private static let roles = [
    "info@", "noreply@", "no-reply@", "donotreply@", "support@", "sales@", "contact@", "office@", "admin@",
    "postmaster@", "webmaster@", "service@", "help@", "abuse@",
  ].compactMap { BlockedValue($0) }

  /// Whether an identifier stands for nobody.
  func isBlocked(_ identifier: Identifier) -> Bool {
    policies[identifier.type]?.blocked.contains { $0.matches(identifier.value) } ?? false
  }

  /// Whether the rule joins by an identifier of the record itself, and not by a key made of its fields.
  func joinsByIdentifier(_ rule: Rule) -> Bool {
    guard let type = rule.identifier else { return false }
    return !(type == .email && normalization.dropsPlusTags)
  }

  /// The rule that joins by identifiers of a type.
  func rule(joiningBy type: IdentifierType) -> Rule? { rules.first { $0.identifier == type && joinsByIdentifier($0) } }

  /// The rule whose key this is.
  func rule(ofKey key: Identifier) -> Rule? {
    guard key.type == .matchKey, let slash = key.value.utf8.firstIndex(of: UInt8(ascii: "/")) else {
      return rule(joiningBy: key.type)
    }
    let name = key.value[..<slash]
    return rules.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// More claims than this and a node is not followed: it joins nobody.
  public func recordsMax(of node: Identifier) -> Int { rule(ofKey: node)?.recordsMax ?? 100 }
}
