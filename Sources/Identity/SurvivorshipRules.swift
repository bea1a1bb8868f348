import BSON
import Store

/// Which of several sources' values of a field survives into the golden record. Data with a fixed vocabulary.
public struct SurvivorshipRules: Sendable, Equatable {
  /// How a value is chosen. Whatever a rule leaves open, the more recent value decides, then the lower record key.
  public enum Rule: Sendable, Equatable {
    /// The value of the record that was written last.
    case mostRecent
    /// The value of the source that stands first; sources that are not listed come last.
    case sourcePriority([String])
    /// A value that its record calls verified: `attributes.verified` lists the field, or `attributes.<field>Verified` is true.
    case verified
    /// The value that most records have; capitals and spaces at the ends make no difference.
    case mostFrequent
    /// The value that was known first: kept until its record has none any more.
    case nonEmpty
    /// All values, each once. For lists and attributes.
    case union
    /// The smallest value.
    case min
    /// The largest value.
    case max

    /// As documents name it.
    public var name: String {
      switch self {
      case .mostRecent: "mostRecent"
      case .sourcePriority: "sourcePriority"
      case .verified: "verified"
      case .mostFrequent: "mostFrequent"
      case .nonEmpty: "nonEmpty"
      case .union: "union"
      case .min: "min"
      case .max: "max"
      }
    }

    static let names = [
      "mostRecent", "sourcePriority", "verified", "mostFrequent", "nonEmpty", "union", "min", "max",
    ]

    init?(name: String, sources: [String]) {
      switch name {
      case "mostRecent": self = .mostRecent
      case "sourcePriority": self = .sourcePriority(sources)
      case "verified": self = .verified
      case "mostFrequent": self = .mostFrequent
      case "nonEmpty": self = .nonEmpty
      case "union": self = .union
      case "min": self = .min
      case "max": self = .max
      default: return nil
      }
    }
  }

  /// Fields of which one value survives.
  public static let singleFields: [String] = [
    "firstName", "lastName", "email", "phone", "birthDate", "address", "loyaltyId", "device", "geo", "lifetimeValue",
  ]
  /// The field of which all values survive unless a rule says otherwise.
  public static let warranties = "warranties"
  /// What the name of an attribute's rule begins with.
  public static let attributePrefix = "attributes."
  /// Rules at the most.
  public static let fieldsMax = 200

  /// Rules by field; what is not listed has the default.
  private var rules: [ByteString: Rule] = [:]

  /// The defaults: the most recent value, and all warranties.
  public init() {}

  /// The rule of a field: one of `singleFields`, `warranties`, or `attributes.` and a name.
  public func rule(of field: String) -> Rule {
    rules[ByteString(field)] ?? (field == Self.warranties ? .union : .mostRecent)
  }

  /// Sets a field's rule.
  public mutating func set(_ rule: Rule, of field: String) { rules[ByteString(field)] = rule }

  /// The rules that were set, by field.
  var document: BSONDocument {
    BSONDocument { writer in
      for (field, rule) in rules.sorted(by: { $0.key < $1.key }) {
        writer.append(
          field.string,
          document: {
            $0.append("rule", rule.name)
            if case .sourcePriority(let sources) = rule { $0.append("sources", sources) }
          })
      }
    }
  }
}
