/// Matrix factorization of implicit feedback: iALS (Hu, Koren and Volinsky 2008) with frequency-scaled regularization (Rendle et al.
/// 2021), optionally blended with item regression.
public enum ImplicitFactorization {
  /// Times of the parts of a training, in seconds, when the caller lends a clock.
  public struct Training: Sendable {
    /// The trained model.
    public let model: ImplicitModel
    /// Ranking of a validation slice by a model trained without it, nil when no slice was taken.
    public let validation: RankingMetrics?
    /// The same slice ranked by popularity.
    public let popularity: RankingMetrics?
  }

  /// Trains a model.
  ///
  /// - Parameters:
  ///   - interactions: users x items, strengths above 0 (1 for plain yes).
  ///   - weak: contacts that say less than an interaction (ratings below the threshold): never recommended again, and used as weak
  ///     evidence when the validation slice says that it helps. Same shape.
  ///   - tick: called when the search is over and the final fit begins, for timing.
  public static func train(
    _ interactions: SparseRows, weak: SparseRows? = nil, options: ImplicitOptions, seed: UInt64,
    context: TrainingContext = .init(),
    tick: () -> Void = {}
  ) throws(MachineLearningError) -> Training {
    guard interactions.values.allSatisfy({ $0 > 0 }), weak?.values.allSatisfy({ $0 > 0 }) ?? true else {
      throw .invalidInput("strengths must be above 0")
    }
    guard interactions.count >= 2 else {
      throw .tooLittleData(needed: 2, found: interactions.count, unit: "interactions")
    }
    if let weak {
      guard weak.rowCount == interactions.rowCount, weak.columnCount == interactions.columnCount else {
        throw .invalidInput("weak interactions have another shape")
      }
    }
    let search = ImplicitSearch(interactions, weak: weak, options: options, seed: seed, context: context.part(0...0.8))
    let found = try search.run()
    tick()
    let all = search.evidence(interactions, weak: weak, weakWeight: found.choices.weakWeight)
    let fit = try ImplicitFitter(
      all, settings: found.settings(isLiteral: options.isLiteral), seed: seed, context: context.part(0.8...0.95)
    ).run(
      iterationsMax: found.choices.iterations,
      relativeProgressMin: options.isLiteral && options.stopsEarly ? options.relativeProgressMin : nil)
    let regression = try ItemRegression.fit(all, found.choices, context: context.part(0.95...1))
    context.progress(1)
    var choices = found.choices
    choices.iterations = fit.iterations
    let model = ImplicitModel(
      choices: choices, isLiteral: options.isLiteral, users: fit.users, items: fit.items, eigenvalues: fit.eigenvalues,
      regression: regression)
    return Training(model: model, validation: found.validation, popularity: found.popularity)
  }
}
