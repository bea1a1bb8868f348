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

  private struct States {
    var level: Double
    var trend: Double
    var seasons: [Double]
  }

  private let form: Form
  private let period: Int
  private let values: [Double]
  private let start: States

  /// nil when the series is too short for the form, or not positive where the form needs it.
  init?(_ values: [Double], period: Int, form: Form) {
    let present = values.count { !$0.isNaN }
    let isSeasonal = form.season != .none
    guard present >= (isSeasonal ? 2 * period + 2 : 4), !isSeasonal || period > 1 else { return nil }
    if form.isRelative || form.season == .multiplicative {
      guard values.allSatisfy({ $0.isNaN || $0 > 0 }) else { return nil }
    }
    self.form = form
    self.period = period
    self.values = values
    let adjusted =
      isSeasonal ? Seasonality(values, period: period, isMultiplicative: form.season == .multiplicative) : nil
    let line = adjusted.map { $0.adjusted(values) } ?? values
    // The first two years (or ten values) give level and trend.
    let head = Array(line.prefix(max(10, isSeasonal ? 2 * period : 10)))
    let (intercept, slope) = straightLine(head)
    start = States(
      level: form.hasTrend
        ? intercept - slope
        : head.filter { !$0.isNaN }.prefix(10).reduce(0, +)
          / Double(max(1, head.filter { !$0.isNaN }.prefix(10).count)),
      trend: form.hasTrend ? slope : 0, seasons: adjusted?.indices ?? [])
  }

  /// Fits the smoothing parameters and forecasts; with the corrected Akaike criterion of the fit.
  func forecast(_ horizon: Int) -> (values: [Double], criterion: Double) {
    // Logits of α, β/α, γ/(1 - α), and of φ in 0.8...0.98.
    let begin = [-0.8, -2.5, -2.5, 1.0]
    let used = usedParameters
    let fit = minimized(from: used.map { begin[$0] }, step: 1, evaluationsMax: 60 + 60 * used.count, tolerance: 1e-6) {
      point in
      run(parameters(point, used)).loss
    }
    let final = run(parameters(fit.point, used))
    let count = Double(values.count { !$0.isNaN })
    let k = Double(form.parameterCount + 1 + (form.hasTrend ? 1 : 0) + (form.season == .none ? 0 : period - 1) + 1)
    let correction = count - k - 1 > 0 ? 2 * k * (k + 1) / (count - k - 1) : 1e6
    let phi = parameters(fit.point, used)[3]
    var result: [Double] = []
    var (growth, damping) = (0.0, 1.0)
    for step in 0..<horizon {
      damping *= phi
      growth += damping
      let level = final.states.level + growth * final.states.trend
      switch form.season {
      case .none: result.append(level)
      case .additive: result.append(level + final.states.seasons[(values.count + step) % period])
      case .multiplicative: result.append(level * final.states.seasons[(values.count + step) % period])
      }
    }
    return (result, final.loss + 2 * k + correction)
  }

  private var usedParameters: [Int] {
    [0] + (form.hasTrend ? [1] : []) + (form.season == .none ? [] : [2]) + (form.isDamped ? [3] : [])
  }

  private func parameters(_ point: [Double], _ used: [Int]) -> [Double] {
    var all = [0.0, 0, 0, 1]
    for (value, index) in zip(point, used) {
      switch index {
      case 0: all[0] = 0.001 + 0.998 * logistic(value)
      case 1: all[1] = all[0] * logistic(value)
      case 2: all[2] = (1 - all[0]) * logistic(value)
      default: all[3] = 0.8 + 0.18 * logistic(value)
      }
    }
    return all
  }

  /// Runs through the series; the loss is n·log of the mean square, plus 2·Σlog|forecast| for relative errors, as the likelihood has it.
  private func run(_ parameters: [Double]) -> (loss: Double, states: States) {
    let (alpha, beta, gamma, phi) = (parameters[0], parameters[1], parameters[2], parameters[3])
    var states = start
    var squares = 0.0
    var logs = 0.0
    var count = 0.0
    for (index, value) in values.enumerated() {
      let base = states.level + phi * states.trend
      let season = period > 1 && form.season != .none ? index % period : 0
      let seasonal = form.season == .none ? 0 : states.seasons[season]
      let expected: Double =
        switch form.season {
        case .none: base
        case .additive: base + seasonal
        case .multiplicative: base * seasonal
        }
      guard !value.isNaN else {
        states.level = base
        states.trend *= phi
        continue
      }
      let error = value - expected
      count += 1
      if form.isRelative {
        let scale = max(abs(expected), 1e-9)
        squares += error / scale * (error / scale)
        logs += naturalLogarithm(scale)
      } else {
        squares += error * error
      }
      let levelError = form.season == .multiplicative ? error / max(seasonal, 1e-9) : error
      states.level = base + alpha * levelError
      states.trend = phi * states.trend + beta * levelError
      switch form.season {
      case .none: break
      case .additive: states.seasons[season] += gamma * error
      case .multiplicative: states.seasons[season] = max(1e-6, seasonal + gamma * error / max(abs(base), 1e-9))
      }
    }
    return (count * naturalLogarithm(max(squares / max(1, count), 1e-300)) + 2 * logs, states)
  }
}

/// Classical decomposition: seasonal indices from a centred moving average of a year.
struct Seasonality {
  /// One per season, starting with the series' first value; mean 0 (additive) or 1 (multiplicative).
  let indices: [Double]
  private let isMultiplicative: Bool

  init(_ values: [Double], period: Int, isMultiplicative: Bool) {
    self.isMultiplicative = isMultiplicative
    var sums = [[Double]](repeating: [], count: period)
    let half = period / 2
    for center in half..<max(half, values.count - half) {
      var total = 0.0
      var weight = 0.0
      for offset in -half...half {
        // An even year has half weights at both ends.
        let share = period % 2 == 0 && abs(offset) == half ? 0.5 : 1
        let value = values[center + offset]
        guard !value.isNaN else { continue }
        total += share * value
        weight += share
      }
      guard weight > Double(half), !values[center].isNaN else { continue }
      let average = total / weight
      if isMultiplicative {
        if average > 0 { sums[center % period].append(values[center] / average) }
      } else {
        sums[center % period].append(values[center] - average)
      }
    }
    let neutral = isMultiplicative ? 1.0 : 0.0
    let raw = sums.map { median($0) ?? neutral }
    let mean = raw.reduce(0, +) / Double(period)
    indices = raw.map { isMultiplicative ? max(1e-6, $0 / (mean > 0 ? mean : 1)) : $0 - mean }
  }

  /// The series without its seasons.
  func adjusted(_ values: [Double]) -> [Double] {
    values.enumerated().map {
      isMultiplicative
        ? $0.element / indices[$0.offset % indices.count] : $0.element - indices[$0.offset % indices.count]
    }
  }

  /// A value of the adjusted series with the season of position `index` put back.
  func restored(_ value: Double, at index: Int) -> Double {
    isMultiplicative ? value * indices[index % indices.count] : value + indices[index % indices.count]
  }
}

/// The middle value, the mean of the two middle ones; nil for none. NaN must have been left out.
func median(_ values: [Double]) -> Double? {
  guard !values.isEmpty else { return nil }
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// The least-squares line through (0, y0), (1, y1), …; gaps are left out.
func straightLine(_ values: [Double]) -> (intercept: Double, slope: Double) {
  let points = values.enumerated().filter { !$0.element.isNaN }
  guard points.count > 1 else { return (points.first?.element ?? 0, 0) }
  let count = Double(points.count)
  let meanX = points.reduce(0) { $0 + Double($1.offset) } / count
  let meanY = points.reduce(0) { $0 + $1.element } / count
  let covariance = points.reduce(0) { $0 + (Double($1.offset) - meanX) * ($1.element - meanY) }
  let variance = points.reduce(0) { $0 + (Double($1.offset) - meanX) * (Double($1.offset) - meanX) }
  let slope = variance > 0 ? covariance / variance : 0
  return (meanY - slope * meanX, slope)
}
