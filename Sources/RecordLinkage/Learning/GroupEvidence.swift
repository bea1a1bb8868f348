/// What the pairs between two groups of records say together, field by field.
///
/// Pairs that lack a field say nothing about it, so a group's record with only a name does not drown what its other records know.
/// Logarithms of base 2, one for each kind of pair (see ``LatentClasses``).
struct GroupEvidence: Sendable {
  private static let fields = 11
  private var counts = InlineArray<11, Float>(repeating: 0)
  private var sums = InlineArray<33, Float>(repeating: 0)
  private var best = InlineArray<11, Float>(repeating: -.infinity)
  private var bestLogs = InlineArray<33, Float>(repeating: 0)

  /// Whether two of the records live together under different first names,
  var isHousehold = false
  /// and whether any two have first names that agree.
  var hasAgreeingNames = false

  /// Notes the only pair's outcome in a field.
  mutating func note(_ field: LinkageField, _ logs: InlineArray<3, Double>) {
    let f = field.rawValue
    counts[f] = 1
    for kind in 0..<3 {
      sums[f * 3 + kind] = Float(logs[kind])
      bestLogs[f * 3 + kind] = Float(logs[kind])
    }
    best[f] = Float(logs[LatentClasses.match] - max(logs[LatentClasses.strangers], logs[LatentClasses.household]))
  }

  /// Adds the pairs of a further group with the same other group.
  mutating func add(_ other: GroupEvidence) {
    isHousehold = isHousehold || other.isHousehold
    hasAgreeingNames = hasAgreeingNames || other.hasAgreeingNames
    for f in 0..<Self.fields where other.counts[f] > 0 {
      counts[f] += other.counts[f]
      for kind in 0..<3 { sums[f * 3 + kind] += other.sums[f * 3 + kind] }
      if other.best[f] > best[f] {
        best[f] = other.best[f]
        for kind in 0..<3 { bestLogs[f * 3 + kind] = other.bestLogs[f * 3 + kind] }
      }
    }
  }

  /// Adds to the logarithms of the kinds what the fields say: halfway between the mean of the pairs and the pair that agrees
  /// best. The mean resists chains; the best lets a person move house or change the e-mail address.
  func add(to logs: inout InlineArray<3, Double>) {
    for f in 0..<Self.fields where counts[f] > 0 {
      for kind in 0..<3 { logs[kind] += Double(sums[f * 3 + kind] / counts[f] + bestLogs[f * 3 + kind]) / 2 }
    }
  }
}
