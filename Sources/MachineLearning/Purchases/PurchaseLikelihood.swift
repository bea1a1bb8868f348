/// Parameters stay between e⁻²⁵ and e²⁵: money that never differs would drive them on without end.
private let logarithmMax = 25.0

/// The likelihood of BG/NBD (Fader, Hardie and Lee 2005, equation 6) with its gradient, over customers that are alike counted once.
///
/// With whole x every quotient of gamma functions is a product: Γ(r + x) / Γ(r) = r (r + 1) … (r + x - 1). So what depends on x alone, and
/// what depends on a day alone, stands in tables that are made once for a point; a record then costs one exponential and one logarithm.
struct PurchaseLikelihood {
  /// Customers with the same repeats, days to the last purchase and days to the cut-off.
  struct Alike: Hashable {
    var repeats: Int
    var lastAt: Int
    var age: Int
  }

  private let records: [(key: Alike, count: Double)]
  private let total: Double
  private let repeatsMax: Int
  private let ageMax: Int

  init(_ buyers: [PurchaseHistory.Summary], cutoff: Int, recordsMax: Int) {
    var counts: [Alike: Double] = [:]
    for summary in buyers {
      guard let first = summary.days.first, let last = summary.days.last else { continue }
      counts[Alike(repeats: summary.frequency - 1, lastAt: last - first, age: cutoff - first), default: 0] += 1
    }
    var records = counts.map { (key: $0.key, count: $0.value) }
      .sorted { ($0.key.repeats, $0.key.lastAt, $0.key.age) < ($1.key.repeats, $1.key.lastAt, $1.key.age) }
    let every = (records.count + recordsMax - 1) / max(1, recordsMax)
    if every > 1 { records = records.enumerated().filter { $0.offset % every == 0 }.map(\.element) }
    self.records = records
    total = records.reduce(0) { $0 + $1.count }
    repeatsMax = records.map(\.key.repeats).max() ?? 0
    ageMax = records.map(\.key.age).max() ?? 0
  }

  /// r, α, a, b of greatest likelihood.
  func fitted() -> [Double] {
    let scale = max(1, Double(ageMax) / 10)
    // A faint pull to 1 keeps parameters finite that the data do not determine; many customers do without.
    let pull = min(1e-4, 0.1 / total)
    let point = minimized(from: [0, naturalLogarithm(scale), 0, 0]) { point, gradient in
      guard point.allSatisfy({ abs($0) < logarithmMax }) else { return .infinity }
      var loss = lossPerCustomer(point.map { exponential($0) }, &gradient)
      for index in [0, 2, 3] {
        loss += pull * point[index] * point[index]
        gradient[index] += 2 * pull * point[index]
      }
      return loss
    }
    return point.map { exponential($0) }
  }

  /// The mean negative logarithm of the likelihood at (r, α, a, b), and its derivatives by their logarithms. O(records + days + repeats).
  func lossPerCustomer(_ parameters: [Double], _ gradient: inout [Double]) -> Double {
    let (r, alpha, a, b) = (parameters[0], parameters[1], parameters[2], parameters[3])
    // By repeats x: log of Γ(r + x) / Γ(r) · B(a, b + x) / B(a, b), and the derivatives of it by r, a and b.
    var products = [SIMD4<Double>](repeating: .zero, count: repeatsMax + 1)
    for x in 0..<repeatsMax {
      let (i, j, k) = (r + Double(x), b + Double(x), a + b + Double(x))
      let next = SIMD4<Double>(naturalLogarithm(i * j / k), 1 / i, -1 / k, 1 / j - 1 / k)
      products[x + 1] = products[x] + next
    }
    let logs = (0...ageMax).map { naturalLogarithm(alpha + Double($0)) }
    let logAlpha = logs[0]
    var loss = 0.0
    var sums = SIMD4<Double>.zero
    for (key, count) in records {
      let x = Double(key.repeats)
      let product = products[key.repeats]
      let shape = r + x
      let inverseAge = 1 / (alpha + Double(key.age))
      var value = product.x + r * logAlpha - shape * logs[key.age]
      var slope = product
      slope.x = product.y + logAlpha - logs[key.age]
      slope.y = r / alpha - shape * inverseAge
      if key.repeats > 0 {
        // The chance to have left at the last purchase, in proportion to that of having stayed.
        let silence = logs[key.age] - logs[key.lastAt]
        let leave = naturalLogarithm(a / (b + x - 1)) + shape * silence
        let ratio = exponential(-abs(leave))
        value += max(0, leave) + naturalLogarithm(1 + ratio)
        let share = leave > 0 ? 1 / (1 + ratio) : ratio / (1 + ratio)
        let inverseLast = 1 / (alpha + Double(key.lastAt))
        slope.x += share * silence
        slope.y += share * shape * (inverseAge - inverseLast)
        slope.z += share / a
        slope.w -= share / (b + x - 1)
      }
      loss -= count * value
      sums -= count * slope
    }
    for index in 0..<4 { gradient[index] = sums[index] * parameters[index] / total }
    return loss / total
  }
}

/// The likelihood of the gamma-gamma model (Fader and Hardie 2013, equation 1a) with its gradient.
struct SpendingLikelihood {
  /// Repeat purchases and the mean money of each, for customers with any, ordered by the number.
  private let spent: [(repeats: Int, mean: Double)]
  /// The numbers of repeat purchases that occur, with the ranges of their customers.
  private let groups: [Range<Int>]
  /// The sums of the logarithms of their means.
  private let logMeans: [Double]

  /// nil for hardly any repeat buyers.
  init?(_ buyers: [PurchaseHistory.Summary], recordsMax: Int) {
    // Repeat purchases only, as the model's authors do: the first is often of another kind.
    var spent = buyers.compactMap { summary -> (repeats: Int, mean: Double)? in
      guard summary.frequency > 1 else { return nil }
      let mean = summary.amounts.dropFirst().reduce(0, +) / Double(summary.frequency - 1)
      return mean > 0 ? (summary.frequency - 1, mean) : nil
    }
    guard spent.count > 10 else { return nil }
    let every = (spent.count + recordsMax - 1) / recordsMax
    if every > 1 { spent = spent.enumerated().filter { $0.offset % every == 0 }.map(\.element) }
    spent.sort { ($0.repeats, $0.mean) < ($1.repeats, $1.mean) }
    self.spent = spent
    var groups: [Range<Int>] = []
    var start = 0
    for index in spent.indices where index + 1 == spent.count || spent[index + 1].repeats != spent[index].repeats {
      groups.append(start..<(index + 1))
      start = index + 1
    }
    self.groups = groups
    logMeans = groups.map { $0.reduce(0) { $0 + naturalLogarithm(spent[$1].mean) } }
  }

  /// p, q, v of greatest likelihood.
  func fitted() -> [Double] {
    let mean = spent.reduce(0) { $0 + $1.mean } / Double(spent.count)
    let pull = min(1e-4, 0.1 / Double(spent.count))
    let point = minimized(from: [1, 1, naturalLogarithm(mean)]) { point, gradient in
      guard point.allSatisfy({ abs($0) < logarithmMax }) else { return .infinity }
      var loss = lossPerCustomer(point.map { exponential($0) }, &gradient)
      for index in 0..<2 {
        loss += pull * point[index] * point[index]
        gradient[index] += 2 * pull * point[index]
      }
      return loss
    }
    return point.map { exponential($0) }
  }

  /// The mean negative logarithm of the likelihood at (p, q, v), and its derivatives by their logarithms. O(customers).
  func lossPerCustomer(_ parameters: [Double], _ gradient: inout [Double]) -> Double {
    let (p, q, v) = (parameters[0], parameters[1], parameters[2])
    let (logGammaQ, digammaQ, logV) = (logGamma(q), digamma(q), naturalLogarithm(v))
    var loss = 0.0
    var sums = SIMD3<Double>.zero
    for (group, logMeans) in zip(groups, logMeans) {
      let x = Double(spent[group.lowerBound].repeats)
      let count = Double(group.count)
      let whole = p * x + q
      var (logs, inverses) = (0.0, 0.0)
      for index in group {
        let scale = x * spent[index].mean + v
        logs += naturalLogarithm(scale)
        inverses += 1 / scale
      }
      let (digammaWhole, digammaPart) = (digamma(whole), digamma(p * x))
      let logX = naturalLogarithm(x)
      let shared: Double = logGamma(whole) - logGamma(p * x) - logGammaQ + q * logV + p * x * logX
      loss += whole * logs - count * shared - (p * x - 1) * logMeans
      sums.x -= x * (count * (digammaWhole - digammaPart + logX) + logMeans - logs)
      sums.y -= count * (digammaWhole - digammaQ + logV) - logs
      sums.z -= count * q / v - whole * inverses
    }
    let total = Double(spent.count)
    for index in 0..<3 { gradient[index] = sums[index] * parameters[index] / total }
    return loss / total
  }
}
