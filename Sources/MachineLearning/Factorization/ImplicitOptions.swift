/// Options of matrix factorization for implicit feedback. What is nil is chosen on a validation slice.
public struct ImplicitOptions: Sendable, Equatable {
  /// NUM_FACTORS, 2...200.
  public var factorCount: Int?
  /// L2_REG: λ in  Σ observed r(1 - x·y)² + (1/α)·Σ all (x·y)² + λ·Σ_u (Σ_i r_ui + |I|/α)·|x_u|², items alike (Rendle et al. 2021).
  public var regularization: Double?
  /// WALS_ALPHA: how much more one unit of strength weighs than an unobserved pair.
  public var alpha: Double?
  /// MAX_ITERATIONS, 1...100; 16 by default.
  public var iterationsMax = 16
  /// OBJECTIVE BIGQUERY: confidence 1 + αr, preference 1, plain λ|x|², NUM_FACTORS log2 n, L2_REG 1, WALS_ALPHA 40, 20 iterations.
  public var isLiteral = false
  /// EARLY_STOP (only with the literal objective): stop when the loss falls by less than ``relativeProgressMin``.
  public var stopsEarly = true
  /// MIN_REL_PROGRESS, 0.01 by default.
  public var relativeProgressMin = 0.01
  /// HYBRID (ours): blend with item-item regression (EASE, Steck 2019); false by default.
  public var isHybrid = false

  /// The defaults.
  public init() {}
}

/// What was chosen, in the terms of ``ImplicitOptions``.
public struct ImplicitChoices: Sendable, Equatable {
  /// NUM_FACTORS.
  public var factorCount: Int
  /// L2_REG.
  public var regularization: Double
  /// WALS_ALPHA.
  public var alpha: Double
  /// Strength of a weak interaction, as a share of a positive one's.
  public var weakWeight: Double
  /// λ of the item-item regression, 0 without one.
  public var itemRegularization: Double
  /// Share of the item-item regression in the blended score, 0...1.
  public var blend: Double
  /// Iterations of the final fit.
  public var iterations: Int
  /// Directions that the item-item regression is taken along, 0 for all.
  public var itemRank = 0
}
