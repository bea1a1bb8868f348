/// Options of matrix factorization for explicit ratings. What is nil is chosen on a validation slice.
public struct ExplicitOptions: Sendable, Equatable {
  /// NUM_FACTORS, 2...200.
  public var factorCount: Int?
  /// L2_REG: λ in Σ(r - μ - b_u - b_i - x·y)² + λ(Σ|x|² + Σ|y|²).
  public var regularization: Double?
  /// MAX_ITERATIONS, 1...100.
  public var iterationsMax = 10
  /// OBJECTIVE BIGQUERY: no biases, Σ(r - x·y)² + λ(Σ|x|² + Σ|y|²), NUM_FACTORS log2 n, L2_REG 1, 20 iterations.
  public var isLiteral = false
  /// EARLY_STOP, with the literal objective.
  public var stopsEarly = true
  /// MIN_REL_PROGRESS.
  public var relativeProgressMin = 0.01

  /// The defaults.
  public init() {}
}

/// Matrix factorization of explicit ratings: damped biases first, variational factors on top, never worse than the biases.
public enum ExplicitFactorization {
  /// What a training gives.
  public struct Training: Sendable {
    /// The trained model.
    public let model: ExplicitModel
    /// Errors on a validation slice of a model trained without it, nil when there were too few ratings for one.
    public let validation: RegressionMetrics?
    /// The same slice predicted by biases alone.
    public let biases: RegressionMetrics?
    /// The same slice predicted by the items' means (damped): the popularity baseline of ratings.
    public let popularity: RegressionMetrics?
  }

  /// Trains a model.
  ///
  /// - Parameters:
  ///   - ratings: users x items; the last of equal places should have been kept.
  ///   - tick: called when the search is over and the final fit begins, for timing.
  public static func train(
    _ ratings: SparseRows, options: ExplicitOptions, seed: UInt64, context: TrainingContext = .init(),
    tick: () -> Void = {}
  ) throws(MachineLearningError) -> Training {
    guard ratings.count >= 2 else { throw .tooLittleData(needed: 2, found: ratings.count, unit: "ratings") }
    let search = ExplicitSearch(ratings, options: options, seed: seed, context: context.part(0...0.8))
    let found = try search.run()
    tick()
    let model = try fit(ratings, settings: found.settings, options: options, seed: seed, context: context.part(0.8...1))
    context.progress(1)
    return Training(model: model, validation: found.validation, biases: found.biases, popularity: found.popularity)
  }

  static func fit(
    _ ratings: SparseRows, settings: VariationalFitter.Settings, options: ExplicitOptions, seed: UInt64,
    context: TrainingContext
  ) throws(MachineLearningError) -> ExplicitModel {
    let mean =
      settings.isLiteral ? 0 : Float(ratings.values.reduce(0.0) { $0 + Double($1) } / Double(max(1, ratings.count)))
    let fitter = VariationalFitter(ratings, mean: mean, settings: settings, seed: seed, context: context)
    let stops = options.isLiteral && options.stopsEarly
    let (users, items, iterations) = try fitter.run(
      iterationsMax: options.iterationsMax, relativeProgressMin: stops ? options.relativeProgressMin : 0)
    return ExplicitModel(
      settings: settings, mean: mean, range: (ratings.values.min() ?? 0)...(ratings.values.max() ?? 0),
      iterations: iterations,
      users: users, items: items, itemCovariance: ExplicitModel.pooled(items, weights: fitter.byItem))
  }
}
