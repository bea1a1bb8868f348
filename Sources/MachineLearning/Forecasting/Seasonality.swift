/// A series up to some time, without the gaps before its first value.
struct SeriesPast: Sendable {
  let values: [Double]
  let period: Int
  /// Values that are no gaps.
  let presentCount: Int
  /// Every value is above 0.
  let isPositive: Bool
  private let additive: Seasonality?
  private let multiplicative: Seasonality?

  init(_ series: some Sequence<Double>, period: Int) {
    values = Array(series.drop { $0.isNaN })
    self.period = period
    presentCount = values.count { !$0.isNaN }
    isPositive = presentCount > 0 && values.allSatisfy { $0.isNaN || $0 > 0 }
    let isSeasonal = period > 1 && values.count >= 2 * period + 2
    additive = isSeasonal ? Seasonality(values, period: period, isMultiplicative: false) : nil
    multiplicative = isSeasonal && isPositive ? Seasonality(values, period: period, isMultiplicative: true) : nil
  }

  /// The seasons of at least two years and two values.
  func seasonality(isMultiplicative: Bool) -> Seasonality? { isMultiplicative ? multiplicative : additive }
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
