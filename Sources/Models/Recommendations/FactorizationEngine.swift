import MachineLearning

/// The two kinds of learned factors behind one face. Items are numbers here.
enum FactorizationEngine: Sendable {
  /// From what customers did.
  case implicit(ImplicitModel)
  /// From ratings.
  case explicit(ExplicitModel)

  /// What an engine makes of one customer.
  struct Profile: Sendable {
    let vector: [Float]
    /// What the regression of items on items scores from.
    let history: ImplicitModel.History
  }

  /// An item with its score.
  typealias Scored = ImplicitModel.Recommendation

  init(serialized bytes: [UInt8], isExplicit: Bool) throws(MachineLearningError) {
    if isExplicit {
      self = .explicit(try ExplicitModel(serialized: bytes))
    } else {
      self = .implicit(try ImplicitModel(serialized: bytes))
    }
  }

  func serialized() -> [UInt8] {
    switch self {
    case .implicit(let model): model.serialized()
    case .explicit(let model): model.serialized()
    }
  }

  var isExplicit: Bool { if case .explicit = self { true } else { false } }

  /// Whether scores are blended with the regression of items on items.
  var isBlended: Bool { if case .implicit(let model) = self { model.choices.blend > 0 } else { false } }

  var itemCount: Int {
    switch self {
    case .implicit(let model): model.itemCount
    case .explicit(let model): model.itemCount
    }
  }

  /// Folds a customer in: each item once, with its strength or rating. Some microseconds, no retraining.
  func profile(items: [Int32], values: [Float]) -> Profile {
    switch self {
    case .implicit(let model):
      let history = ImplicitModel.History(items: items, strengths: values)
      return Profile(vector: model.foldIn(history), history: history)
    case .explicit(let model):
      return Profile(vector: model.foldIn(items: items, ratings: values), history: ImplicitModel.History())
    }
  }

  /// The best items, best first. `admits` is asked only for items that would make it into the list.
  func top(_ count: Int, for profile: Profile, where admits: (Int) -> Bool) -> [Scored] {
    switch self {
    case .implicit(let model):
      model.topK(profile.vector, history: profile.history, k: count, excluding: { !admits($0) })
    case .explicit(let model):
      model.topK(profile.vector, k: count, excluding: { !admits($0) })
    }
  }

  /// The score of one item: a confidence near 0...1, or a rating on its scale.
  func score(_ profile: Profile, item: Int) -> Double {
    switch self {
    case .implicit(let model) where isBlended: Double(model.scores(profile.vector, history: profile.history)[item])
    case .implicit(let model): Double(model.score(profile.vector, item: item))
    case .explicit(let model): model.predict(profile.vector, item: item)
    }
  }

  /// The score where the customer or the item is unknown: what is popular, or the mean of the ratings.
  func coldScore(popularity: Float?) -> Double {
    if let popularity { return Double(popularity) }
    switch self {
    case .implicit: return 0
    case .explicit(let model): return model.predict(user: nil, item: nil)
    }
  }

  /// The items that are most like one, best first.
  func similar(to item: Int, count: Int, where admits: (Int) -> Bool) -> [Scored] {
    switch self {
    case .implicit(let model): model.similarItems(item, k: count, excluding: { !admits($0) })
    case .explicit(let model): model.similarItems(item, k: count, excluding: { !admits($0) })
    }
  }

  /// How alike two items are, -1...1.
  func likeness(_ item: Int, _ other: Int) -> Float {
    switch self {
    case .implicit(let model): model.likeness(item, other)
    case .explicit(let model): model.likeness(item, other)
    }
  }
}
