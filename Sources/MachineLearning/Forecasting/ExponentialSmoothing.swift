/// Exponential smoothing in its error-correction form (Hyndman et al. 2008). A gap (NaN) moves the states on without correcting them.
struct ExponentialSmoothing {
  /// How the seasons enter.
  enum Season { case none, additive, multiplicative }

  /// One of the family.
  struct Form {
    var hasTrend: Bool
    var isDamped: Bool
    var season: Season
    /// Errors grow with the level: squares of relative errors are minimized.
    var isRelative: Bool

    var parameterCount: Int { 1 + (hasTrend ? 1 : 0) + (isDamped ? 1 : 0) + (season == .none ? 0 : 1) }
  }

  /// A fit and how good it is.
  struct Fit {
    var values: [Double]
    /// The corrected Akaike criterion.
    var criterion: Double
  }

  struct States {
    var level: Double
    var trend: Double
    var seasons: [Double]
  }

  let form: Form
  let start: States
  /// Values that are no gaps.
  let presentCount: Double
  private let past: SeriesPast
  private var period: Int { past.period }

  /// nil when the past is too short for the form, or not positive where the form needs it.
  init?(_ past: SeriesPast, form: Form) {
    let isSeasonal = form.season != .none
    guard past.presentCount >= (isSeasonal ? 2 * past.period + 2 : 4), !isSeasonal || past.period > 1 else {
      return nil
    }
    guard past.isPositive || !(form.isRelative || form.season == .multiplicative) else { return nil }
    var adjusted: Seasonality?
    if isSeasonal {
      guard let found = past.seasonality(isMultiplicative: form.season == .multiplicative) else { return nil }
      adjusted = found
    }
    self.form = form
    self.past = past
    presentCount = Double(past.presentCount)
    // The first two years (or ten values) give level and trend.
    let headCount = min(past.values.count, max(10, isSeasonal ? 2 * past.period : 10))
    let head = Array(past.values[..<headCount])
    let line = adjusted.map { $0.adjusted(head) } ?? head
    let (intercept, slope) = straightLine(line)
    let first = line.filter { !$0.isNaN }.prefix(10)
    start = States(
      level: form.hasTrend ? intercept - slope : first.reduce(0, +) / Double(max(1, first.count)),
      trend: form.hasTrend ? slope : 0, seasons: adjusted?.indices ?? [])
  }

  /// What the corrected Akaike criterion adds to the loss.
  var penalty: Double {
    let k = Double(
      form.parameterCount + 1 + (form.hasTrend ? 1 : 0) + (form.season == .none ? 0 : period - 1) + 1)
    return 2 * k + (presentCount - k - 1 > 0 ? 2 * k * (k + 1) / (presentCount - k - 1) : 1e6)
  }

  /// The search for the smoothing parameters: logits of α, β/α, γ/(1 - α), and of φ in 0.8...0.98, those that the form has.
  var search: Simplex {
    let begin = [-0.8, -2.5, -2.5, 1.0]
    let used = usedParameters
    var point = SIMD4<Double>.zero
    for (place, index) in used.enumerated() { point[place] = begin[index] }
    return Simplex(
      from: point, variables: used.count, step: 1, evaluationsMax: 60 + 60 * used.count, tolerance: 1e-6)
  }

  /// -2 log of the likelihood but for a constant: n·log of the mean square, plus 2·Σlog|forecast| for relative errors.
  func loss(squares: Double, logs: Double) -> Double {
    presentCount * naturalLogarithm(max(squares / max(1, presentCount), 1e-300)) + 2 * logs
  }

  /// Forecasts with α, β, γ, φ.
  func forecast(_ horizon: Int, parameters: SIMD4<Double>) -> [Double] {
    let states = finalStates(parameters)
    var result: [Double] = []
    result.reserveCapacity(horizon)
    var (growth, damping) = (0.0, 1.0)
    for step in 0..<horizon {
      damping *= parameters.w
      growth += damping
      let level = states.level + growth * states.trend
      switch form.season {
      case .none: result.append(level)
      case .additive: result.append(level + states.seasons[(past.values.count + step) % period])
      case .multiplicative: result.append(level * states.seasons[(past.values.count + step) % period])
      }
    }
    return result
  }

  /// α, β, γ, φ at a point of ``search``.
  func parameters(_ point: SIMD4<Double>) -> SIMD4<Double> {
    var place = 0
    func next() -> Double {
      place += 1
      return logistic(point[place - 1])
    }
    var all = SIMD4<Double>(0, 0, 0, 1)
    all.x = 0.001 + 0.998 * next()
    if form.hasTrend { all.y = all.x * next() }
    if form.season != .none { all.z = (1 - all.x) * next() }
    if form.isDamped { all.w = 0.8 + 0.18 * next() }
    return all
  }

  private var usedParameters: [Int] {
    [0] + (form.hasTrend ? [1] : []) + (form.season == .none ? [] : [2]) + (form.isDamped ? [3] : [])
  }

  /// Runs through the past, as `ck_smooth` does for many.
  private func finalStates(_ parameters: SIMD4<Double>) -> States {
    let (alpha, beta, gamma, phi) = (parameters.x, parameters.y, parameters.z, parameters.w)
    var states = start
    var season = 0
    for value in past.values {
      let growth = phi * states.trend
      let base = states.level + growth
      switch form.season {
      case .none:
        let error = value.isNaN ? 0 : value - base
        states.level = base + alpha * error
        states.trend = growth + beta * error
      case .additive:
        let error = value.isNaN ? 0 : value - base - states.seasons[season]
        states.level = base + alpha * error
        states.trend = growth + beta * error
        states.seasons[season] += gamma * error
      case .multiplicative:
        let seasonal = states.seasons[season]
        let size = max(abs(base), 1e-9)
        let share = value.isNaN ? 0 : (value - base * seasonal) / max(size * seasonal, 1e-9)
        states.level = base + alpha * share * size
        states.trend = growth + beta * share * size
        states.seasons[season] = max(1e-6, seasonal + gamma * share * seasonal)
      }
      season = season + 1 == period ? 0 : season + 1
    }
    return states
  }
}
