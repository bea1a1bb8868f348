import BSON
import Store

/// Rules as a document, with a fixed vocabulary.
///
/// ```json
/// {"identifiers": {"email": {"priority": 3, "limit": 5, "blocked": ["^[0-]*$", "info@"]}},
///  "normalization": {"country": "US", "plusTags": "keep", "nicknames": false},
///  "rules": [{"name": "email", "all": ["email"], "agreement": "noContradiction", "recordsMax": 50}],
///  "matchOnBlank": false,
///  "survivorship": {"email": {"rule": "sourcePriority", "sources": ["crm", "web"]}},
///  "scoredMatching": {"reviewScoreMin": 0.5, "automatic": false, "automaticScoreMin": 0.999}}
/// ```
extension IdentityRules {
  /// Members of the document.
  public static let fields = [
    "identifiers", "normalization", "rules", "matchOnBlank", "survivorship", "scoredMatching",
  ]
  /// Rules at the most.
  public static let rulesMax = 50
  /// Blocked values of one type at the most.
  public static let blockedMax = 1000
  /// The largest `recordsMax`.
  static let recordsMaxMax = 1000

  /// Reads rules. A member that is absent keeps its default; one that is not known is a fault.
  public init(_ document: BSONDocument) throws(IdentityError) {
    var reader = RulesReader()
    let policies = reader.policies(document["identifiers"])
    let normalization = reader.normalization(document["normalization"])
    let rules = reader.rules(document["rules"])
    let survivorship = reader.survivorship(document["survivorship"])
    let scoredMatching = reader.scoredMatching(document["scoredMatching"])
    if let blank = document["matchOnBlank"], blank.boolValue != false {
      reader.fault("/matchOnBlank", "not_supported", "Blank values match nothing: false is the only value.")
    }
    for element in document where !Self.fields.contains(where: { element.keyEquals($0) }) {
      reader.fault("/" + element.key, "unknown_field", "There is no member of that name here.")
    }
    guard reader.faults.isEmpty else { throw .invalidRules(reader.faults) }
    self.init(
      rules: rules, policies: policies, normalization: normalization, survivorship: survivorship,
      scoredMatching: scoredMatching)
  }

  /// Reads rules as they are stored, beside their version and who set it.
  public init(stored: BSONDocument) throws(IdentityError) {
    try self.init(
      BSONDocument { writer in
        for element in stored where Self.fields.contains(where: { element.keyEquals($0) }) { writer.append(element) }
      })
  }

  /// The rules as a document, every member written out.
  public var document: BSONDocument {
    BSONDocument { writer in
      writer.append(
        "identifiers",
        document: { identifiers in
          for (name, type) in Self.governed {
            guard let policy = policies[type] else { continue }
            identifiers.append(
              name,
              document: {
                $0.append("priority", policy.priority)
                if let limit = policy.limit { $0.append("limit", limit) } else { $0.appendNull("limit") }
                $0.append("blocked", policy.blocked.map(\.text))
              })
          }
        })
      writer.append(
        "normalization",
        document: {
          $0.append("country", normalization.country)
          $0.append("plusTags", normalization.dropsPlusTags ? "drop" : "keep")
          $0.append("nicknames", normalization.knowsNicknames)
        })
      writer.append(
        "rules",
        array: { array in
          for rule in rules {
            array.append(document: {
              $0.append("name", rule.name)
              $0.append("all", rule.fields.map(\.rawValue))
              $0.append("agreement", rule.agreement.rawValue)
              $0.append("recordsMax", rule.recordsMax)
            })
          }
        })
      writer.append("matchOnBlank", false)
      writer.append("survivorship", survivorship.document)
      writer.append("scoredMatching", scoredMatching.document)
    }
  }
}

/// Reads members one by one and collects what is wrong with them.
private struct RulesReader {
  private(set) var faults: [IdentityError.Fault] = []

  mutating func fault(_ pointer: String, _ code: String, _ detail: String) {
    if faults.count < 50 { faults.append(.init(pointer: pointer, code: code, detail: detail)) }
  }

  // MARK: Parts

  mutating func policies(_ value: BSONValue?) -> [IdentifierType: IdentityRules.Policy] {
    var policies = IdentityRules.policies
    guard let value else { return policies }
    guard let document = object(value, "/identifiers") else { return policies }
    for element in document {
      let path = "/identifiers/\(element.key)"
      guard let type = IdentityRules.governed.first(where: { $0.name == element.key })?.type else {
        fault(path, "unknown_field", "Known are \(IdentityRules.governed.map(\.name).joined(separator: ", ")).")
        continue
      }
      guard let given = object(element.value, path), var policy = policies[type] else { continue }
      allow(given, ["priority", "limit", "blocked"], path)
      if let priority = integer(given["priority"], 1...100, path + "/priority") { policy.priority = priority }
      if given.contains("limit") {
        policy.limit = given["limit"] == .null ? nil : integer(given["limit"], 1...1000, path + "/limit")
      }
      if let blocked = given["blocked"] { policy.blocked = values(blocked, path + "/blocked") }
      policies[type] = policy
    }
    return policies
  }

  mutating func normalization(_ value: BSONValue?) -> IdentityRules.Normalization {
    var normalization = IdentityRules.Normalization()
    guard let value, let given = object(value, "/normalization") else { return normalization }
    allow(given, ["country", "plusTags", "nicknames"], "/normalization")
    if let country = given["country"] {
      if let code = country.stringValue, let region = PhoneRegion(country: code) {
        normalization.region = region
        normalization.country = code.uppercased()
      } else {
        fault("/normalization/country", "unknown_country", "A country's two letters (ISO 3166-1) are expected.")
      }
    }
    if let tags = given["plusTags"] {
      switch tags.stringValue {
      case "drop": normalization.dropsPlusTags = true
      case "keep": normalization.dropsPlusTags = false
      default: fault("/normalization/plusTags", "unknown_value", "It is keep or drop.")
      }
    }
    if let nicknames = given["nicknames"] {
      if let known = nicknames.boolValue {
        normalization.knowsNicknames = known
      } else {
        fault("/normalization/nicknames", "not_a_boolean", "True or false is expected.")
      }
    }
    return normalization
  }

  mutating func rules(_ value: BSONValue?) -> [IdentityRules.Rule] {
    guard let value else { return IdentityRules.deterministic }
    guard let array = value.arrayValue else {
      fault("/rules", "not_an_array", "A list is expected.")
      return []
    }
    guard array.count <= IdentityRules.rulesMax else {
      fault("/rules", "too_many_elements", "There are at most \(IdentityRules.rulesMax) rules.")
      return []
    }
    var rules: [IdentityRules.Rule] = []
    for (position, value) in array.enumerated() {
      let path = "/rules/\(position)"
      guard let given = object(value, path), let rule = rule(given, path) else { continue }
      if rules.contains(where: { $0.name == rule.name }) {
        fault(path + "/name", "repeated", "Another rule has this name.")
      } else if rules.contains(where: { Set($0.fields) == Set(rule.fields) }) {
        fault(path + "/all", "repeated", "Another rule asks for the same fields.")
      } else {
        rules.append(rule)
      }
    }
    return rules
  }

  private mutating func rule(_ given: BSONDocument, _ path: String) -> IdentityRules.Rule? {
    allow(given, ["name", "all", "agreement", "recordsMax"], path)
    let name = given.string("name") ?? ""
    let isPlain = name.utf8.allSatisfy {
      ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
        || $0 == UInt8(ascii: "_")
    }
    guard isPlain, (1...64).contains(name.utf8.count), !Self.reserved.contains(name) else {
      fault(path + "/name", "invalid_name", "1 to 64 of a-z, 0-9 and _ are expected, and no name of the service's own.")
      return nil
    }
    guard let fields = matchFields(given["all"], path + "/all") else { return nil }
    var agreement = IdentityRules.Agreement.noContradiction
    if let text = given["agreement"] {
      guard let known = text.stringValue.flatMap(IdentityRules.Agreement.init(rawValue:)) else {
        let all = IdentityRules.Agreement.allCases.map(\.rawValue).joined(separator: ", ")
        fault(path + "/agreement", "unknown_value", "It is one of \(all).")
        return nil
      }
      agreement = known
    }
    let recordsMax =
      given.contains("recordsMax")
      ? integer(given["recordsMax"], 2...IdentityRules.recordsMaxMax, path + "/recordsMax") : 20
    return recordsMax.map { .init(name: name, fields: fields, agreement: agreement, recordsMax: $0) }
  }

  /// Names that stand on edges which no rule makes.
  private static let reserved = [IdentityRules.anonymousRule, "event", "key", Edge.mergeRule, Edge.denyRule]

  private mutating func matchFields(_ value: BSONValue?, _ path: String) -> [MatchField]? {
    guard let array = value?.arrayValue, (1...8).contains(array.count) else {
      fault(path, "not_an_array", "A list of 1 to 8 fields is expected.")
      return nil
    }
    var fields: [MatchField] = []
    for (position, value) in array.enumerated() {
      guard let field = value.stringValue.flatMap(MatchField.init(rawValue:)), !fields.contains(field) else {
        let known = MatchField.allCases.map(\.rawValue).joined(separator: ", ")
        fault("\(path)/\(position)", "unknown_field", "Known are, each once, \(known).")
        return nil
      }
      fields.append(field)
    }
    // Two people in a thousand share a name; three fields are the least that may tell people apart.
    guard fields.contains(where: { $0.identifier != nil }) || fields.count >= 3 else {
      fault(path, "too_weak", "A rule without an identifier needs at least three fields.")
      return nil
    }
    return fields
  }

  mutating func scoredMatching(_ value: BSONValue?) -> ScoredMatching {
    var matching = ScoredMatching()
    guard let value, let given = object(value, "/scoredMatching") else { return matching }
    allow(given, ScoredMatching.fields, "/scoredMatching")
    func score(_ name: String, _ range: ClosedRange<Double>) -> Double? {
      guard let value = given[name] else { return nil }
      if let score = value.doubleValue ?? value.intValue.map(Double.init), range.contains(score) { return score }
      fault(
        "/scoredMatching/" + name, "out_of_range",
        "A number from \(range.lowerBound) to \(range.upperBound) is expected.")
      return nil
    }
    if let score = score("reviewScoreMin", 0.01...0.9999) { matching.reviewScoreMin = score }
    if let score = score("automaticScoreMin", 0.9...0.999999) { matching.automaticScoreMin = score }
    if let automatic = given["automatic"] {
      if let known = automatic.boolValue {
        matching.mergesAutomatically = known
      } else {
        fault("/scoredMatching/automatic", "not_a_boolean", "True or false is expected.")
      }
    }
    return matching
  }

  mutating func survivorship(_ value: BSONValue?) -> SurvivorshipRules {
    var rules = SurvivorshipRules()
    guard let value, let given = object(value, "/survivorship") else { return rules }
    guard given.count <= SurvivorshipRules.fieldsMax else {
      fault("/survivorship", "too_many_fields", "There are at most \(SurvivorshipRules.fieldsMax) rules.")
      return rules
    }
    for element in given {
      let path = "/survivorship/\(element.key)"
      let isAttribute =
        element.key.hasPrefix(SurvivorshipRules.attributePrefix)
        && element.key.utf8.count > SurvivorshipRules.attributePrefix.utf8.count
      let isSingle = SurvivorshipRules.singleFields.contains(element.key)
      guard isSingle || isAttribute || element.key == SurvivorshipRules.warranties else {
        let known = (SurvivorshipRules.singleFields + [SurvivorshipRules.warranties]).joined(separator: ", ")
        fault(path, "unknown_field", "Known are \(known) and attributes.NAME.")
        continue
      }
      guard let entry = object(element.value, path) else { continue }
      allow(entry, ["rule", "sources"], path)
      let sources = entry.array("sources")?.compactMap(\.stringValue) ?? []
      guard let name = entry.string("rule"), let rule = SurvivorshipRules.Rule(name: name, sources: sources) else {
        fault(path + "/rule", "unknown_value", "It is one of \(SurvivorshipRules.Rule.names.joined(separator: ", ")).")
        continue
      }
      if rule == .union, isSingle {
        fault(path + "/rule", "not_a_list", "Only warranties and attributes can have all values at once.")
      } else if rule == .sourcePriority([]) {
        fault(path + "/sources", "required", "The sources are needed, the best first.")
      } else {
        rules.set(rule, of: element.key)
      }
    }
    return rules
  }

  // MARK: Values

  private mutating func object(_ value: BSONValue, _ path: String) -> BSONDocument? {
    if let document = value.documentValue { return document }
    fault(path, "not_an_object", "An object is expected.")
    return nil
  }

  private mutating func allow(_ document: BSONDocument, _ known: [String], _ path: String) {
    for element in document where !known.contains(where: { element.keyEquals($0) }) {
      fault("\(path)/\(element.key)", "unknown_field", "Known are \(known.joined(separator: ", ")).")
    }
  }

  private mutating func integer(_ value: BSONValue?, _ range: ClosedRange<Int>, _ path: String) -> Int? {
    switch value {
    case nil: return nil
    case .int32, .int64:
      if let number = value?.intValue, range.contains(number) { return number }
    default: break
    }
    fault(path, "out_of_range", "A whole number from \(range.lowerBound) to \(range.upperBound) is expected.")
    return nil
  }

  private mutating func values(_ value: BSONValue, _ path: String) -> [BlockedValue] {
    guard let array = value.arrayValue, array.count <= IdentityRules.blockedMax else {
      fault(path, "not_an_array", "A list of at most \(IdentityRules.blockedMax) texts is expected.")
      return []
    }
    var blocked: [BlockedValue] = []
    for (position, value) in array.enumerated() {
      if let entry = value.stringValue.flatMap(BlockedValue.init) {
        blocked.append(entry)
      } else {
        fault("\(path)/\(position)", "not_a_string", "A text of 1 to \(BlockedValue.bytesMax) bytes is expected.")
      }
    }
    return blocked
  }
}
