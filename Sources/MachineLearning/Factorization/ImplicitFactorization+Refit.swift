import CKernels

extension ImplicitFactorization {
  /// Fits with choices that were made before, without a search: on other data than they were made on, or to compare two choices on the
  /// same data. `interactions` as in ``train(_:weak:options:seed:context:tick:)``.
  public static func fit(
    _ interactions: SparseRows, options: ImplicitOptions, choices: ImplicitChoices, seed: UInt64,
    context: TrainingContext = .init()
  ) throws(MachineLearningError) -> ImplicitModel {
    guard interactions.values.allSatisfy({ $0 > 0 }) else { throw .invalidInput("strengths must be above 0") }
    guard interactions.count >= 2 else {
      throw .tooLittleData(needed: 2, found: interactions.count, unit: "interactions")
    }
    let settings = ImplicitFitter.Settings(
      rank: choices.factorCount, regularization: choices.regularization, alpha: choices.alpha,
      isLiteral: options.isLiteral)
    let fit = try ImplicitFitter(interactions, settings: settings, seed: seed, context: context.part(0...0.9)).run(
      iterationsMax: options.iterationsMax,
      relativeProgressMin: options.isLiteral && options.stopsEarly ? options.relativeProgressMin : nil)
    let regression = try ItemRegression.fit(interactions, choices, context: context.part(0.9...1))
    var used = choices
    used.iterations = fit.iterations
    // More items than the regression can hold: the factors stand alone.
    if regression == nil { used.blend = 0 }
    context.progress(1)
    return ImplicitModel(
      choices: used, isLiteral: options.isLiteral, users: fit.users, items: fit.items, eigenvalues: fit.eigenvalues,
      regression: regression)
  }
}

extension ImplicitModel {
  /// How alike two items are: the cosine of their factors, 0 when one of them has none.
  public func likeness(_ item: Int, _ other: Int) -> Float {
    precondition(item >= 0 && item < itemCount && other >= 0 && other < itemCount, "items of this model")
    let stride = items.stride
    // Rows of `stride` floats, by the precondition, in all three calls.
    let product = unsafe ck_dot(items.values.at(item * stride), items.values.at(other * stride), stride)
    // As above.
    let left = unsafe ck_dot(items.values.at(item * stride), items.values.at(item * stride), stride)
    // As above.
    let right = unsafe ck_dot(items.values.at(other * stride), items.values.at(other * stride), stride)
    return left > 0 && right > 0 ? product / (left * right).squareRoot() : 0
  }
}

extension RankingMetrics {
  /// Judges any scores on held-out pairs. `scores` returns one number per item for a user and may be called from all of the context's
  /// threads; `known` items are no candidates.
  public static func judge(
    targets: SparseRows, known: SparseRows, context: TrainingContext = .init(),
    scores: @escaping @Sendable (_ user: Int) -> [Float]
  ) -> RankingMetrics {
    evaluate(targets: targets, known: known, context: context) { user, values in values = scores(user) }
  }
}
