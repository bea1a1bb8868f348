/// Options of matrix factorization under their BigQuery ML names, for either kind of feedback.
public enum FactorizationOptions: Sendable, Equatable {
  /// FEEDBACK_TYPE IMPLICIT.
  case implicit(ImplicitOptions)
  /// FEEDBACK_TYPE EXPLICIT, the default.
  case explicit(ExplicitOptions)

  private enum Feedback: String, CaseIterable {
    case implicit = "IMPLICIT"
    case explicit = "EXPLICIT"
  }

  private enum Objective: String, CaseIterable {
    case tuned = "DEFAULT"
    case literal = "BIGQUERY"
  }

  /// Reads options by name: FEEDBACK_TYPE, NUM_FACTORS 2...200, L2_REG, WALS_ALPHA, MAX_ITERATIONS 1...100, EARLY_STOP,
  /// MIN_REL_PROGRESS, OBJECTIVE DEFAULT|BIGQUERY and HYBRID (ours); MODEL_TYPE may be given. What is left out is chosen by validation, or
  /// with OBJECTIVE BIGQUERY is BigQuery ML's default. Unknown names, other types and values out of range throw
  /// ``MachineLearningError/invalidOption(name:reason:)``.
  public init(parsing values: [String: OptionValue]) throws(MachineLearningError) {
    var reader = try OptionReader(values)
    if let type = reader.value("MODEL_TYPE"), type != .string("matrix_factorization"),
      type != .string("MATRIX_FACTORIZATION")
    {
      throw .invalidOption(name: "MODEL_TYPE", reason: "must be MATRIX_FACTORIZATION")
    }
    let feedback: Feedback = try reader.choice("FEEDBACK_TYPE") ?? .explicit
    let objective: Objective = try reader.choice("OBJECTIVE") ?? .tuned
    let factorCount = try reader.int("NUM_FACTORS", in: 2...200)
    let regularization = try reader.double("L2_REG", in: 0...Double.infinity)
    let alpha = try reader.double("WALS_ALPHA", in: 1e-6...Double.infinity)
    let iterations = try reader.int("MAX_ITERATIONS", in: 1...100) ?? (objective == .literal ? 20 : nil)
    let stopsEarly = try reader.bool("EARLY_STOP")
    let progress = try reader.double("MIN_REL_PROGRESS", in: 0...1)
    let isHybrid = try reader.bool("HYBRID")
    try reader.finish()
    switch feedback {
    case .implicit:
      if objective == .literal, isHybrid == true {
        throw .invalidOption(name: "HYBRID", reason: "does not go with OBJECTIVE BIGQUERY")
      }
      var options = ImplicitOptions()
      options.factorCount = factorCount
      options.regularization = regularization
      options.alpha = alpha
      options.isLiteral = objective == .literal
      options.iterationsMax = iterations ?? options.iterationsMax
      options.stopsEarly = stopsEarly ?? options.stopsEarly
      options.relativeProgressMin = progress ?? options.relativeProgressMin
      options.isHybrid = isHybrid ?? options.isHybrid
      self = .implicit(options)
    case .explicit:
      if alpha != nil { throw .invalidOption(name: "WALS_ALPHA", reason: "is for implicit feedback only") }
      if isHybrid != nil { throw .invalidOption(name: "HYBRID", reason: "is for implicit feedback only") }
      var options = ExplicitOptions()
      options.factorCount = factorCount
      options.regularization = regularization
      options.isLiteral = objective == .literal
      options.iterationsMax = iterations ?? options.iterationsMax
      options.stopsEarly = stopsEarly ?? options.stopsEarly
      options.relativeProgressMin = progress ?? options.relativeProgressMin
      self = .explicit(options)
    }
  }
}
