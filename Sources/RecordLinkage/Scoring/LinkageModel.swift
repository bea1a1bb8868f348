import Glibc

/// What speaks for and against two records being one person.
public struct LinkageScore: Sendable, Equatable {
  /// What one field says.
  public struct Evidence: Sendable, Equatable {
    /// What was compared.
    public var field: LinkageField
    /// The outcome of the comparison, from 0, alike, upwards.
    public var level: Int
    /// Bits for (positive) or against one person, given the fields before.
    public var weight: Double
  }

  /// The base-2 logarithm of the odds that the two are one person.
  public var weight: Double
  /// The odds before anything was compared, as a logarithm of base 2.
  public var priorWeight: Double
  /// The fields that both records have. Their weights and the prior's add up to ``weight``.
  public var evidence: [Evidence]

  /// The probability that the two are one person, if the model is right.
  public var probability: Double { 1 / (1 + exp2(-weight)) }
}

/// Turns patterns of agreement into weights.
struct LinkageModel: Sendable {
  let classes: LatentClasses
  private let logs: [Double]
  private let priors: [Double]
  /// The records that it was estimated from.
  let records: Int
  /// How common values are; nil while the table that is compared says so itself.
  let known: ValueFrequencies?

  init(_ classes: LatentClasses, records: Int, known: ValueFrequencies? = nil) {
    self.classes = classes
    self.records = records
    self.known = known
    logs = classes.probabilities.map { log2(max($0, 1e-12)) }
    priors = classes.shares.map { log2(max($0, 1e-15)) }
  }

  /// The weight of a pair whose pattern is `pattern`.
  func weight(_ pattern: Pattern, _ a: RecordTable.Row, _ table: RecordTable) -> Double {
    var sums: InlineArray<3, Double> = [priors[0], priors[1], priors[2]]
    for field in LinkageField.allCases {
      let level = pattern[field]
      if level == Pattern.missing { continue }
      add(field, level, a, table, &sums)
    }
    return sums[LatentClasses.match] - logSum(sums[0], sums[1])
  }

  /// What one pair says, for the weights of groups.
  func evidence(_ pattern: Pattern, _ row: RecordTable.Row, _ table: RecordTable) -> GroupEvidence {
    var evidence = GroupEvidence()
    evidence.isHousehold = pattern.isHousehold
    evidence.hasAgreeingNames =
      pattern[.givenName] < NameLevel.similar
      || pattern[.givenName] >= NameLevel.exchanged && pattern[.givenName] != Pattern.missing
    for field in LinkageField.allCases {
      let level = pattern[field]
      if level == Pattern.missing { continue }
      var logs: InlineArray<3, Double> = [0, 0, 0]
      add(field, level, row, table, &logs)
      evidence.note(field, logs)
    }
    return evidence
  }

  /// The weight of two groups being one person.
  func weight(_ evidence: GroupEvidence) -> Double {
    if evidence.isHousehold, !evidence.hasAgreeingNames { return -100 }
    var sums: InlineArray<3, Double> = [priors[0], priors[1], priors[2]]
    evidence.add(to: &sums)
    return sums[LatentClasses.match] - logSum(sums[0], sums[1])
  }

  /// The weight with what each field adds to it.
  func score(_ pattern: Pattern, _ a: RecordTable.Row, _ table: RecordTable) -> LinkageScore {
    var sums: InlineArray<3, Double> = [priors[0], priors[1], priors[2]]
    var before = sums[LatentClasses.match] - logSum(sums[0], sums[1])
    var score = LinkageScore(weight: before, priorWeight: before, evidence: [])
    // What a household shares comes first, so that the rest is judged in its light.
    for field in [
      .address, .unit, .phone, .surname, .email, .generation, .givenName, .namesakeEmail, .birthDate, .loyaltyId,
      .nationalId,
    ] as [LinkageField] {
      let level = pattern[field]
      if level == Pattern.missing { continue }
      add(field, level, a, table, &sums)
      let after = sums[LatentClasses.match] - logSum(sums[0], sums[1])
      score.evidence.append(.init(field: field, level: level, weight: after - before))
      before = after
    }
    score.weight = before
    return score
  }

  @inline(__always)
  private func add(
    _ field: LinkageField, _ level: Int, _ a: RecordTable.Row, _ table: RecordTable,
    _ sums: inout InlineArray<3, Double>
  ) {
    let index = field.rawValue * 16 + level
    let stride = LinkageField.count * 16
    sums[LatentClasses.match] += logs[2 * stride + index]
    // Agreeing in a rare value says more than in a common one.
    guard level == 0, let frequency = frequency(field, a, table) else {
      sums[LatentClasses.strangers] += logs[index]
      sums[LatentClasses.household] += logs[stride + index]
      return
    }
    sums[LatentClasses.strangers] += log2(frequency)
    if Beliefs.shareOfStrangers(field) > 0 {
      let excess = max(0, classes.probabilities[stride + index] - classes.probabilities[index])
      sums[LatentClasses.household] += log2(min(1, excess + frequency))
    } else {
      sums[LatentClasses.household] += logs[stride + index]
    }
  }

  /// The chance that a stranger has the same value.
  @inline(__always)
  private func frequency(_ field: LinkageField, _ row: RecordTable.Row, _ table: RecordTable) -> Double? {
    if let known { return known.frequency(field, row, table) }
    let count: UInt32
    let lexicon: Double
    switch field {
    case .givenName: (count, lexicon) = (table.givenNames.counts[Int(row.given)], table.filled(table.givenNames))
    case .surname: (count, lexicon) = (table.surnames.counts[Int(row.surname)], table.filled(table.surnames))
    case .email, .namesakeEmail: (count, lexicon) = (table.emails.counts[Int(row.email)], table.filled(table.emails))
    case .phone: (count, lexicon) = (table.phones.counts[Int(row.phoneValue)], table.filled(table.phones))
    case .birthDate: (count, lexicon) = (table.dates.counts[Int(row.dateValue)], table.filled(table.dates))
    case .address:
      if row.address == 0 { return nil }
      (count, lexicon) = (table.addresses.counts[Int(row.address)], table.filled(table.addresses))
    case .loyaltyId: (count, lexicon) = (table.loyaltyIds.counts[Int(row.loyaltyId)], table.filled(table.loyaltyIds))
    case .nationalId:
      (count, lexicon) = (table.nationalIds.counts[Int(row.nationalId)], table.filled(table.nationalIds))
    default: return nil
    }
    return max(1, Double(count) - 1) / lexicon
  }

  @inline(__always)
  private func logSum(_ a: Double, _ b: Double) -> Double {
    let top = max(a, b)
    return top + log2(1 + exp2(min(a, b) - top))
  }
}

extension RecordTable {
  /// The records that have a value in a column.
  func filled(_ lexicon: Lexicon) -> Double { Double(max(2, lexicon.filled)) }
}
