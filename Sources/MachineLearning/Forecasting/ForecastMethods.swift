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

  /// All forecasts that can be had of several pasts of a series (``SmoothingLanes/countMax`` at most), by method. The costly parts are
  /// computed once and shared.
  static func forecasts(_ series: [ArraySlice<Double>], period: Int, horizon: Int) -> [[ForecastMethod: [Double]]] {
    let pasts = series.map { SeriesPast($0, period: period) }
    let lanes = SmoothingLanes(pasts, period: period)
    var results = pasts.map { simple($0, horizon: horizon) }
    let plain = ExponentialSmoothing.Form(hasTrend: false, isDamped: false, season: .none, isRelative: false)
    let damped = ExponentialSmoothing.Form(hasTrend: true, isDamped: true, season: .none, isRelative: false)
    for (method, form) in [(ForecastMethod.smoothing, plain), (.damped, damped)] {
      for (index, fit) in lanes.fits(form, horizon: horizon).enumerated() { results[index][method] = fit?.values }
    }
    guard period > 1 else { return results }
    let ets = lanes.best(of: forms(allowingRelative: true), horizon: horizon)
    let logarithms = pasts.map { past in
      SeriesPast(past.isPositive ? past.values.map { naturalLogarithm($0) } : [], period: period)
    }
    let logETS = SmoothingLanes(logarithms, period: period).best(of: forms(allowingRelative: false), horizon: horizon)
    let thetas = theta(pasts, period: period, horizon: horizon, plain: plain)
    for (index, past) in pasts.enumerated() {
      results[index][.seasonalNaive] = seasonalNaive(past.values, period: period, horizon: horizon)
      results[index][.ets] = ets[index]?.values
      results[index][.logETS] = logETS[index]?.values.map { exponential($0) }
      results[index][.theta] = thetas[index]
      guard let ets = ets[index]?.values, let theta = thetas[index] else { continue }
      results[index][.etsAndTheta] = zip(ets, theta).map { ($0 + $1) / 2 }
      guard let logs = results[index][.logETS] else { continue }
      results[index][.all] = (0..<horizon).map { (ets[$0] + theta[$0] + logs[$0]) / 3 }
    }
    return results
  }

  /// What needs no search.
  private static func simple(_ past: SeriesPast, horizon: Int) -> [ForecastMethod: [Double]] {
    let present = past.values.filter { !$0.isNaN }
    guard let last = present.last else { return [:] }
    var result: [ForecastMethod: [Double]] = [.naive: flat(last, horizon)]
    for (method, count) in [(ForecastMethod.mean8, 8), (.mean13, 13), (.mean26, 26), (.meanAll, present.count)] {
      let tail = present.suffix(count)
      result[method] = flat(tail.reduce(0, +) / Double(tail.count), horizon)
    }
    for (method, count) in [(ForecastMethod.median8, 8), (.median13, 13), (.median26, 26)] {
      result[method] = flat(median(Array(present.suffix(count))) ?? last, horizon)
    }
    if past.isPositive {
      for (method, count) in [(ForecastMethod.geometric8, 8), (.geometric26, 26)] {
        let tail = present.suffix(count)
        result[method] = flat(exponential(tail.reduce(0) { $0 + naturalLogarithm($1) } / Double(tail.count)), horizon)
      }
    }
    if present.count > 1 {
      let slope = (last - present[0]) / Double(max(1, past.values.count - 1))
      result[.drift] = (1...max(1, horizon)).map { last + slope * Double($0) }
    }
    if present.contains(0), let forecast = croston(past.values, horizon) { result[.croston] = forecast }
    return result
  }

  /// The latest value of the same season that is no gap.
  private static func seasonalNaive(_ values: [Double], period: Int, horizon: Int) -> [Double]? {
    guard values.count >= period else { return nil }
    let result = (0..<horizon).compactMap { step in
      stride(from: values.count - period + step % period, through: 0, by: -period).map { values[$0] }.first {
        !$0.isNaN
      }
    }
    return result.count == horizon ? result : nil
  }

  private static func flat(_ value: Double, _ horizon: Int) -> [Double] { [Double](repeating: value, count: horizon) }

  /// The family that competes, those that win most often first: what cannot win any more is then given up early.
  private static func forms(allowingRelative: Bool) -> [ExponentialSmoothing.Form] {
    let seasons: [ExponentialSmoothing.Season] =
      allowingRelative ? [.multiplicative, .additive, .none] : [.additive, .none]
    return seasons.flatMap { season in
      [(true, true), (true, false), (false, false)].flatMap { hasTrend, isDamped in
        (allowingRelative ? [true, false] : [false]).filter { $0 || season != .multiplicative }.map {
          ExponentialSmoothing.Form(hasTrend: hasTrend, isDamped: isDamped, season: season, isRelative: $0)
        }
      }
    }
  }

  /// Theta (Assimakopoulos and Nikolopoulos 2000), as Hyndman and Billah (2003) compute it: smoothing of the seasonally adjusted series
  /// with half its slope as drift.
  private static func theta(
    _ pasts: [SeriesPast], period: Int, horizon: Int, plain: ExponentialSmoothing.Form
  ) -> [[Double]?] {
    let parts = pasts.map { past -> (line: [Double], slope: Double, seasonality: Seasonality)? in
      guard let seasonality = past.seasonality(isMultiplicative: past.isPositive) else { return nil }
      let adjusted = seasonality.adjusted(past.values)
      let slope = straightLine(adjusted).slope / 2
      // The line theta = 2 is smoothed; its drift is taken out first and put back step by step.
      return (adjusted.enumerated().map { $0.element - slope * Double($0.offset) }, slope, seasonality)
    }
    let lanes = SmoothingLanes(parts.map { SeriesPast($0?.line ?? [], period: 1) }, period: 1)
    return zip(pasts, zip(parts, lanes.fits(plain, horizon: 1))).map { past, found in
      guard let part = found.0, let level = found.1?.values.first else { return nil }
      return (0..<horizon).map {
        let index = past.values.count + $0
        return part.seasonality.restored(level + part.slope * Double(index), at: index)
      }
    }
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
