/// How far predictions lie from what happened, under BigQuery ML's names.
public struct RegressionMetrics: Sendable, Equatable {
  /// Mean of |p - a|.
  public let meanAbsoluteError: Double
  /// Mean of (p - a)².
  public let meanSquaredError: Double
  /// Mean of (log(1 + p) - log(1 + a))², over pairs above -1.
  public let meanSquaredLogError: Double
  /// Median of |p - a|.
  public let medianAbsoluteError: Double
  /// 1 - Σ(p - a)² / Σ(a - ā)².
  public let r2Score: Double
  /// 1 - Var(a - p) / Var(a).
  public let explainedVariance: Double

  /// The root of ``meanSquaredError``.
  public var rootMeanSquaredError: Double { meanSquaredError.squareRoot() }

  /// Compares pairs; at least one.
  public init(predicted: [Double], actual: [Double]) {
    precondition(predicted.count == actual.count && !actual.isEmpty, "a prediction for every value")
    let count = Double(actual.count)
    let errors = zip(predicted, actual).map { $0 - $1 }
    let absolute = errors.map { abs($0) }.sorted()
    let squares = errors.reduce(0) { $0 + $1 * $1 }
    let mean = actual.reduce(0, +) / count
    let spread = actual.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let bias = errors.reduce(0, +) / count
    meanAbsoluteError = absolute.reduce(0, +) / count
    meanSquaredError = squares / count
    let logs = zip(predicted, actual).filter { $0 > -1 && $1 > -1 }.map {
      naturalLogarithm(1 + $0) - naturalLogarithm(1 + $1)
    }
    meanSquaredLogError = logs.reduce(0) { $0 + $1 * $1 } / Double(max(1, logs.count))
    let middle = absolute.count / 2
    medianAbsoluteError = absolute.count % 2 == 1 ? absolute[middle] : (absolute[middle - 1] + absolute[middle]) / 2
    r2Score = spread > 0 ? 1 - squares / spread : 0
    explainedVariance = spread > 0 ? 1 - (squares - count * bias * bias) / spread : 0
  }
}
