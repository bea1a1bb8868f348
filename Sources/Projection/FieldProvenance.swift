import BSON
import Identity
import Store

/// Where a field of the golden record comes from, and what lost against it.
public struct FieldProvenance: Sendable {
  /// A value of a source record.
  public struct Origin: Sendable {
    /// What the record says.
    public let value: BSONValue
    /// `source/sourceId`.
    public let record: String
    /// The source.
    public let source: String
    /// When the source wrote it.
    public let updatedAt: BSONDate?
  }

  /// The field; an attribute is `attributes.NAME`.
  public let field: String
  /// The name of the rule that chose.
  public let rule: String
  /// What survives.
  public let value: BSONValue
  /// Whose value it is; several for a union.
  public let winners: [Origin]
  /// The others, the most recent first.
  public let losers: [Origin]
  /// The pin that decided; then nobody's value is it.
  public let pin: PinnedValue?

  /// What the rule of a pinned field is called.
  static let pinned = "pinned"

  /// The fields that these records and pins make, under the rules.
  public static func fields(
    of records: [BSONDocument], under rules: SurvivorshipRules, pins: [PinnedValue]
  ) -> [FieldProvenance] {
    let golden = GoldenRecord(records: records, rules: rules, pins: pins)
    return golden.fields.compactMap { field in
      golden.choice(of: field).map { choice in
        FieldProvenance(
          field: field, rule: choice.pin == nil ? choice.rule.name : pinned, value: choice.value,
          winners: choice.winners.map(Origin.init),
          losers: choice.losers.map(Origin.init), pin: choice.pin)
      }
    }
  }
}

extension FieldProvenance.Origin {
  fileprivate init(_ candidate: GoldenRecord.Candidate) {
    self.init(
      value: candidate.value, record: candidate.record, source: candidate.source, updatedAt: candidate.updatedAt)
  }
}
