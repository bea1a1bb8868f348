import Glibc

/// Estimates the model from what was seen, without labels (Dempster, Laird, Rubin 1977; Winkler 1988).
///
/// Strangers are measured on random pairs. The other kinds are measured on candidates, and stand at first where they stand in
/// most files of customers; those beliefs keep a weight of some pairs, so small files do not fall into odd corners.
struct ExpectationMaximization {
  var iterationsMax = 60
  /// Stops when no probability moved more than this.
  var tolerance = 1e-5

  let candidates: PatternCounts
  let random: PatternCounts
  /// How many pairs the candidates stand for: greater than 1 when only some were looked at.
  let candidateScale: Double
  /// All pairs of records.
  let pairs: Double
  let records: Double

  func estimate() -> LatentClasses {
    var model = initial()
    let seen = candidates.sorted
    let strangers = random.sorted
    for _ in 0..<iterationsMax {
      let next = step(model, seen, strangers)
      let change = zip(model.probabilities, next.probabilities).reduce(0) { max($0, abs($1.0 - $1.1)) }
      model = next
      if change < tolerance { break }
    }
    return model
  }

  private func initial() -> LatentClasses {
    var model = LatentClasses(
      shares: [], probabilities: Array(repeating: 0, count: LatentClasses.count * LinkageField.count * 16))
    let share = min(0.2, 0.5 * records / max(1, pairs))
    model.shares = [1 - 2 * share, share, share]
    let unconditional = LevelCounts(random.sorted.map { ($0.pattern, $0.count) })
    for field in LinkageField.allCases {
      let measured = unconditional.smoothed(field, with: Beliefs.strangers(field), weight: Beliefs.strangerPairs(field))
      for level in 0..<field.levelCount {
        let index = { LatentClasses.index($0, field.rawValue, level) }
        model.probabilities[index(LatentClasses.strangers)] = measured[level]
        model.probabilities[index(LatentClasses.match)] = Beliefs.match(field)[level]
        let belief = Beliefs.household(field)
        let share = Beliefs.shareOfStrangers(field)
        model.probabilities[index(LatentClasses.household)] = share * measured[level] + (1 - share) * belief[level]
      }
    }
    return model
  }

  private func step(
    _ model: LatentClasses, _ seen: [(pattern: Pattern, count: Double)],
    _ randomPairs: [(pattern: Pattern, count: Double)]
  ) -> LatentClasses {
    let logs = model.probabilities.map { log(max($0, 1e-12)) }
    let priors = model.shares.map { log(max($0, 1e-15)) }
    var mass = [0.0, 0.0, 0.0]
    var counts = Array(repeating: LevelCounts(), count: LatentClasses.count)
    var coincidences = LevelCounts()
    for (pattern, count) in seen {
      let posterior = responsibilities(pattern, logs, priors)
      for kind in [LatentClasses.household, LatentClasses.match] where posterior[kind] > 1e-9 {
        mass[kind] += count * posterior[kind]
        counts[kind].add(pattern, count * posterior[kind])
      }
      coincidences.add(pattern, count * posterior[LatentClasses.strangers])
    }
    for (pattern, count) in randomPairs {
      let posterior = responsibilities(pattern, logs, priors)
      counts[LatentClasses.strangers].add(pattern, count * posterior[LatentClasses.strangers])
    }
    var next = model
    // A file always may hold some of each kind.
    for kind in [LatentClasses.household, LatentClasses.match] {
      next.shares[kind] = (mass[kind] * candidateScale + 1) / (pairs + 2)
    }
    next.shares[0] = max(1e-6, 1 - next.shares[1] - next.shares[2])
    for field in LinkageField.allCases {
      let u = strangers(field, counts[LatentClasses.strangers], coincidences)
      let m = counts[LatentClasses.match].smoothed(field, with: Beliefs.match(field), weight: Beliefs.pairs)
      // What a household does not share is near to what strangers do not share.
      let share = Beliefs.shareOfStrangers(field)
      let belief = zip(u, Beliefs.household(field)).map { share * $0 + (1 - share) * $1 }
      let weight = Beliefs.pairs + share * Beliefs.firmness(field) * mass[LatentClasses.household]
      let h = counts[LatentClasses.household].smoothed(field, with: belief, weight: weight)
      for level in 0..<field.levelCount {
        next.probabilities[LatentClasses.index(LatentClasses.strangers, field.rawValue, level)] = u[level]
        next.probabilities[LatentClasses.index(LatentClasses.household, field.rawValue, level)] = h[level]
        next.probabilities[LatentClasses.index(LatentClasses.match, field.rawValue, level)] = m[level]
      }
    }
    return next
  }

  /// Outcomes between strangers. What random pairs are too few to show is counted among the candidates, which hold nearly all
  /// pairs that agree in something.
  private func strangers(_ field: LinkageField, _ random: LevelCounts, _ coincidences: LevelCounts) -> [Double] {
    var levels = random.smoothed(field, with: Beliefs.strangers(field), weight: Beliefs.strangerPairs(field))
    var share = random.share(having: field)
    if field == .namesakeEmail { share = (share + random.share(having: .email)) * random.shareOfNamesakes }
    let having = pairs * share / candidateScale
    guard having > 1 else { return levels }
    for level in 0..<(field.levelCount - 1) {
      levels[level] = max(levels[level], coincidences.count(field, level) / having)
    }
    let sum = levels.reduce(0, +)
    return levels.map { $0 / sum }
  }

  private func responsibilities(_ pattern: Pattern, _ logs: [Double], _ priors: [Double]) -> InlineArray<3, Double> {
    var sums: InlineArray<3, Double> = [priors[0], priors[1], priors[2]]
    for field in LinkageField.allCases {
      let level = pattern[field]
      if level == Pattern.missing { continue }
      for kind in 0..<3 { sums[kind] += logs[LatentClasses.index(kind, field.rawValue, level)] }
    }
    let top = max(sums[0], sums[1], sums[2])
    var total = 0.0
    for kind in 0..<3 {
      sums[kind] = exp(sums[kind] - top)
      total += sums[kind]
    }
    for kind in 0..<3 { sums[kind] /= total }
    return sums
  }
}

/// How often each level of each field was seen.
private struct LevelCounts {
  private var counts = Array(repeating: 0.0, count: LinkageField.count * 16)

  init() {}

  init(_ patterns: [(Pattern, Double)]) {
    for (pattern, count) in patterns { add(pattern, count) }
  }

  mutating func add(_ pattern: Pattern, _ weight: Double) {
    for field in LinkageField.allCases { counts[field.rawValue * 16 + pattern[field]] += weight }
  }

  func count(_ field: LinkageField, _ level: Int) -> Double { counts[field.rawValue * 16 + level] }

  /// The share of pairs that have the field.
  func share(having field: LinkageField) -> Double {
    let all = counts[(field.rawValue * 16)..<(field.rawValue * 16 + 16)].reduce(0, +)
    return all > 0 ? 1 - count(field, Pattern.missing) / all : 0
  }

  /// The share of pairs whose names agree, as if first names and surnames were independent.
  var shareOfNamesakes: Double {
    func agreeing(_ field: LinkageField) -> Double {
      let levels = 0..<field.levelCount
      let all = levels.reduce(0) { $0 + count(field, $1) }
      return all > 0 ? levels.reduce(0) { $0 + (NameLevel.agrees($1) ? count(field, $1) : 0) } / all : 0
    }
    return agreeing(.givenName) * agreeing(.surname)
  }

  /// Shares of the levels among pairs that have the field, with `weight` pairs of belief.
  func smoothed(_ field: LinkageField, with belief: [Double], weight: Double) -> [Double] {
    let seen = (0..<field.levelCount).map { counts[field.rawValue * 16 + $0] }
    let total = seen.reduce(0, +) + weight
    return zip(seen, belief).map { ($0 + weight * $1) / total }
  }
}
