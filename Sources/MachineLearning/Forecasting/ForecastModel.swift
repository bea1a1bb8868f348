/// Forecasts of a batch of series, computed when it was trained: immutable, shared by all threads.
public struct ForecastModel: Sendable, Equatable {
  /// Steps that were forecast.
  public let horizon: Int
  let entries: [Entry]

  struct Entry: Sendable, Equatable {
    let methods: [ForecastMethod]
    let forecast: [Double]
    let deviations: [Double]
    let isNeverNegative: Bool
    let meanAbsoluteScaledError: Double

    static func == (left: Entry, right: Entry) -> Bool {
      left.methods == right.methods && left.forecast == right.forecast && left.deviations == right.deviations
        && left.isNeverNegative == right.isNeverNegative
        && left.meanAbsoluteScaledError.bitPattern == right.meanAbsoluteScaledError.bitPattern
    }
  }

  /// One step ahead.
  public struct Point: Sendable, Equatable {
    /// 1 for the step after the last value.
    public let step: Int
    /// What is expected.
    public let forecast: Double
    /// The lower end of the interval.
    public let lower: Double
    /// The upper end of the interval.
    public let upper: Double
  }

  /// The number of series.
  public var count: Int { entries.count }

  /// The methods whose mean a series' forecast is.
  public func methods(of series: Int) -> [String] { entries[series].methods.map(\.name) }

  /// The mean absolute error at past origins, in units of the in-sample mean seasonal difference; nil for a series too short to try.
  public func meanAbsoluteScaledError(of series: Int) -> Double? {
    let error = entries[series].meanAbsoluteScaledError
    return error.isNaN ? nil : error
  }

  /// The forecast of a series with its interval: the truth lies inside with the given confidence (0...1, exclusive).
  public func forecast(_ series: Int, confidence: Double = 0.95) -> [Point] {
    let entry = entries[series]
    let width = normalQuantile(0.5 + min(0.9999, max(0.0001, confidence)) / 2)
    return (0..<horizon).map { step in
      let reach = width * entry.deviations[step]
      let lower = entry.forecast[step] - reach
      return Point(
        step: step + 1, forecast: entry.forecast[step], lower: entry.isNeverNegative ? max(0, lower) : lower,
        upper: entry.forecast[step] + reach)
    }
  }
}

/// The value below which a standard normal variable lies with probability p (Acklam's rational approximation, error below 1.2e-9).
func normalQuantile(_ p: Double) -> Double {
  let a = [
    -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
    -3.066479806614716e+01, 2.506628277459239e+00,
  ]
  let b = [
    -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
    -1.328068155288572e+01,
  ]
  let c = [
    -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00,
    4.374664141464968e+00, 2.938163982698783e+00,
  ]
  let d = [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00]
  func polynomial(_ coefficients: [Double], _ x: Double, _ start: Double = 0) -> Double {
    coefficients.reduce(start) { $0 * x + $1 }
  }
  if p < 0.02425 {
    let q = (-2 * naturalLogarithm(p)).squareRoot()
    return polynomial(c, q) / (polynomial(d, q) * q + 1)
  }
  if p > 1 - 0.02425 { return -normalQuantile(1 - p) }
  let q = p - 0.5
  let r = q * q
  return polynomial(a, r) * q / (polynomial(b, r) * r + 1)
}

extension ForecastModel {
  private static let formatVersion: UInt16 = 1

  /// The model as bytes for a registry: equal models give equal bytes.
  public func serialized() -> [UInt8] {
    var writer = ModelWriter(.forecast, version: Self.formatVersion)
    writer.count(horizon)
    writer.count(entries.count)
    for entry in entries {
      writer.count(entry.methods.count)
      for method in entry.methods { writer.integer(method.rawValue) }
      writer.doubles(entry.forecast)
      writer.doubles(entry.deviations)
      writer.bool(entry.isNeverNegative)
      writer.double(entry.meanAbsoluteScaledError)
    }
    return writer.bytes
  }

  /// Reads what ``serialized()`` wrote; throws ``MachineLearningError/unreadableModel(_:)`` on anything else.
  public init(serialized bytes: [UInt8]) throws(MachineLearningError) {
    var reader = try ModelReader(bytes, .forecast, version: Self.formatVersion)
    horizon = try reader.number(in: 1...1000)
    let count = try reader.count(of: 33)
    var entries: [Entry] = []
    for _ in 0..<count {
      var methods: [ForecastMethod] = []
      for _ in 0..<(try reader.count()) {
        guard let method = ForecastMethod(rawValue: try reader.integer()) else {
          throw .unreadableModel("a method is unknown")
        }
        methods.append(method)
      }
      let entry = Entry(
        methods: methods, forecast: try reader.doubles(), deviations: try reader.doubles(),
        isNeverNegative: try reader.bool(),
        meanAbsoluteScaledError: try reader.double())
      guard entry.forecast.count == horizon, entry.deviations.count == horizon else {
        throw .unreadableModel("a forecast does not fit")
      }
      entries.append(entry)
    }
    self.entries = entries
    try reader.finish()
  }
}
