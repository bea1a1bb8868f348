import CKernels

extension ExplicitFactorization {
  /// Fits with the settings of another model, without a search: on other data than they were chosen on, or to compare two choices on
  /// the same data. `ratings` as in ``train(_:options:seed:context:tick:)``.
  public static func fit(
    _ ratings: SparseRows, options: ExplicitOptions, settingsOf model: ExplicitModel, seed: UInt64,
    context: TrainingContext = .init()
  ) throws(MachineLearningError) -> ExplicitModel {
    guard ratings.count >= 2 else { throw .tooLittleData(needed: 2, found: ratings.count, unit: "ratings") }
    let fitted = try fit(ratings, settings: model.settings, options: options, seed: seed, context: context)
    context.progress(1)
    return fitted
  }
}

extension ExplicitModel {
  /// How alike two items are: the cosine of their factors, biases left out, 0 when one of them has none.
  public func likeness(_ item: Int, _ other: Int) -> Float {
    precondition(item >= 0 && item < itemCount && other >= 0 && other < itemCount, "items of this model")
    let (left, right) = (product(item, item), product(other, other))
    return left > 0 && right > 0 ? product(item, other) / (left * right).squareRoot() : 0
  }

  /// The k items whose factors point the most alike (cosine), best first, the item itself left out. O(items · factors).
  public func similarItems(
    _ item: Int, k: Int, excluding: (_ item: Int) -> Bool = { _ in false }
  ) -> [ImplicitModel.Recommendation] {
    var top = TopK(k)
    for other in 0..<itemCount where other != item {
      let cosine = likeness(item, other)
      if cosine > 0, cosine > top.threshold, !excluding(other) { top.insert(cosine, Int32(other)) }
    }
    return top.recommendations
  }

  /// x·y of two items' factors.
  private func product(_ item: Int, _ other: Int) -> Float {
    let stride = items.stride
    // Two rows of `stride` floats, the biases first: their product is taken off again.
    let dot = unsafe ck_dot(items.means.at(item * stride), items.means.at(other * stride), stride)
    return dot - items.bias(item) * items.bias(other)
  }
}
