/// The ways to continue a series that compete for each of them. Gaps are NaN and stay gaps.
enum ForecastMethod: UInt8, Sendable, CaseIterable {
  case naive, seasonalNaive, drift, mean8, mean13, mean26, meanAll, median8, median13, median26, geometric8,
    geometric26, smoothing, damped, croston, ets,
    logETS, theta, etsAndTheta, all

  /// A stable name for reports.
  var name: String {
    switch self {
    case .naive: "naive"
    case .seasonalNaive: "seasonal_naive"
    case .drift: "drift"
    case .mean8: "mean_8"
    case .mean13: "mean_13"
    case .mean26: "mean_26"
    case .meanAll: "mean"
    case .median8: "median_8"
    case .median13: "median_13"
    case .median26: "median_26"
    case .geometric8: "geometric_mean_8"
    case .geometric26: "geometric_mean_26"
    case .smoothing: "ses"
    case .damped: "damped_trend"
    case .croston: "croston_sba"
    case .ets: "ets"
    case .logETS: "log_ets"
    case .theta: "theta"
    case .etsAndTheta: "ets_theta_median"
    case .all: "ets_log_ets_theta_mean"
    }
  }

  /// All forecasts of a series that can be had, by method. The costly parts are computed once and shared.
  static func forecasts(_ series: [Double], period: Int, horizon: Int) -> [ForecastMethod: [Double]] {
    let values = Array(series.drop { $0.isNaN })
    let present = values.filter { !$0.isNaN }
    guard let last = present.last else { return [:] }
    var result: [ForecastMethod: [Double]] = [.naive: flat(last, horizon)]
    for (method, count) in [(ForecastMethod.mean8, 8), (.mean13, 13), (.mean26, 26), (.meanAll, present.count)] {
      let tail = present.suffix(count)
      result[method] = flat(tail.reduce(0, +) / Double(tail.count), horizon)
    }
    for (method, count) in [(ForecastMethod.median8, 8), (.median13, 13), (.median26, 26)] {
      result[method] = flat(median(Array(present.suffix(count))) ?? last, horizon)
    }
    let isPositive = present.allSatisfy { $0 > 0 }
    if isPositive {
      for (method, count) in [(ForecastMethod.geometric8, 8), (.geometric26, 26)] {
        let tail = present.suffix(count)
        result[method] = flat(exponential(tail.reduce(0) { $0 + naturalLogarithm($1) } / Double(tail.count)), horizon)
      }
    }
    if present.count > 1 {
      let slope = (last - present[0]) / Double(max(1, values.count - 1))
      result[.drift] = (1...max(1, horizon)).map { last + slope * Double($0) }
    }
    if let fit = smoothed(
      values, period: 1, .init(hasTrend: false, isDamped: false, season: .none, isRelative: false), horizon)
    {
      result[.smoothing] = fit.values
    }
    if let fit = smoothed(
      values, period: 1, .init(hasTrend: true, isDamped: true, season: .none, isRelative: false), horizon)
    {
      result[.damped] = fit.values
    }
    if present.contains(0), let forecast = croston(values, horizon) { result[.croston] = forecast }
    if period > 1 { addSeasonal(values, period: period, horizon: horizon, isPositive: isPositive, to: &result) }
    return result
  }

  private static func addSeasonal(
    _ values: [Double], period: Int, horizon: Int, isPositive: Bool, to result: inout [ForecastMethod: [Double]]
  ) {
    if values.count >= period {
      result[.seasonalNaive] = (0..<horizon).compactMap { step in
        // The latest value of the same season that is no gap.
        stride(from: values.count - period + step % period, through: 0, by: -period).map { values[$0] }.first {
          !$0.isNaN
        }
      }
      if result[.seasonalNaive]?.count != horizon { result[.seasonalNaive] = nil }
    }
    result[.ets] = bestETS(values, period: period, horizon: horizon, allowsMultiplicative: isPositive)
    if isPositive,
      let logs = bestETS(
        values.map { naturalLogarithm($0) }, period: period, horizon: horizon, allowsMultiplicative: false)
    {
      result[.logETS] = logs.map { exponential($0) }
    }
    result[.theta] = theta(values, period: period, horizon: horizon, isMultiplicative: isPositive)
    if let ets = result[.ets], let theta = result[.theta] {
      result[.etsAndTheta] = zip(ets, theta).map { ($0 + $1) / 2 }
      if let logs = result[.logETS] { result[.all] = (0..<horizon).map { (ets[$0] + theta[$0] + logs[$0]) / 3 } }
    }
  }

  private static func flat(_ value: Double, _ horizon: Int) -> [Double] { [Double](repeating: value, count: horizon) }

  private static func smoothed(
    _ values: [Double], period: Int, _ form: ExponentialSmoothing.Form, _ horizon: Int
  ) -> (values: [Double], criterion: Double)? {
    guard let fit = ExponentialSmoothing(values, period: period, form: form)?.forecast(horizon),
      fit.criterion.isFinite, fit.values.allSatisfy(\.isFinite)
    else { return nil }
    return fit
  }

  /// The form with the least corrected Akaike criterion.
  private static func bestETS(_ values: [Double], period: Int, horizon: Int, allowsMultiplicative: Bool) -> [Double]? {
    var best: (values: [Double], criterion: Double)?
    for season in allowsMultiplicative
      ? [ExponentialSmoothing.Season.none, .additive, .multiplicative] : [.none, .additive]
    {
      for (hasTrend, isDamped) in [(false, false), (true, false), (true, true)] {
        for isRelative in allowsMultiplicative ? [false, true] : [false] where season != .multiplicative || isRelative {
          let form = ExponentialSmoothing.Form(
            hasTrend: hasTrend, isDamped: isDamped, season: season, isRelative: isRelative)
          if let fit = smoothed(values, period: period, form, horizon), fit.criterion < best?.criterion ?? .infinity {
            best = fit
          }
        }
      }
    }
    return best?.values
  }

  /// Theta (Assimakopoulos and Nikolopoulos 2000), as Hyndman and Billah (2003) compute it: smoothing of the seasonally adjusted series
  /// with half its slope as drift.
  private static func theta(_ values: [Double], period: Int, horizon: Int, isMultiplicative: Bool) -> [Double]? {
    guard values.count >= 2 * period + 2 else { return nil }
    let seasonality = Seasonality(values, period: period, isMultiplicative: isMultiplicative)
    let adjusted = seasonality.adjusted(values)
    let slope = straightLine(adjusted).slope / 2
    // The line theta = 2 is smoothed; its drift is taken out first and put back step by step.
    let detrended = adjusted.enumerated().map { $0.element - slope * Double($0.offset) }
    guard
      let level = smoothed(
        detrended, period: 1, .init(hasTrend: false, isDamped: false, season: .none, isRelative: false), 1)?.values
        .first
    else { return nil }
    return (0..<horizon).map { seasonality.restored(level + slope * Double(values.count + $0), at: values.count + $0) }
  }

  /// Croston's method with Syntetos and Boylan's correction (2005), for demand that is mostly zero.
  private static func croston(_ values: [Double], _ horizon: Int) -> [Double]? {
    let share = 0.1
    var (size, interval, since): (Double?, Double, Double) = (nil, 1, 0)
    for value in values where !value.isNaN {
      since += 1
      guard value != 0 else { continue }
      if let known = size {
        size = known + share * (value - known)
        interval += share * (since - interval)
      } else {
        (size, interval) = (value, since)
      }
      since = 0
    }
    return size.map { flat((1 - share / 2) * $0 / max(1, interval), horizon) }
  }
}
