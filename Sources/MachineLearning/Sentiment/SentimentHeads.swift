/// The regressions behind a model's heads, over one design.
struct SentimentHeads {
  let design: SentimentDesign
  let bags: [SentimentBag]
  let examples: [SentimentTraining.Example]
  let options: SentimentTraining.Options

  /// The weights of the rules that the opinion is held to: those of a plain rule scorer, Σ valence / √(Σ² + 15) of the first lexicon,
  /// and the same once more where the text is short. What one kind of text would make of the rules does not hold in another.
  private static let anchor: [Double] = {
    var weights = [Double](repeating: 0, count: SentimentRules.count)
    weights[0] = 0.4
    weights[20] = 0.2
    return weights
  }()
  /// λ of the constant.
  private static let constantPenalty = 1e-3

  private var ruleStart: Int { design.hashes.count + design.opinions.count }

  /// The design's columns weighed, head by head.
  func fit(_ context: TrainingContext) throws(MachineLearningError) -> [[Double]] {
    [
      try opinion(context.part(0...0.4)), try rating(context.part(0.4...0.7)), try isReview(context.part(0.7...1)),
    ]
  }

  /// The opinion is learned from kinds of texts that differ, and read in others. So each domain has a level of its own, which no word has
  /// to explain; the rules are held to ``anchor``; and words count for less where the rules are loud.
  private func opinion(_ context: TrainingContext) throws(MachineLearningError) -> [Double] {
    let domains = Dictionary(
      uniqueKeysWithValues: Set(examples.map(\.domain)).sorted().enumerated().map { ($0.element, $0.offset) })
    let width = ruleStart + SentimentRules.count
    var rows = design.rows
    var targets: [Double] = []
    var weights: [Double] = []
    for (index, (bag, example)) in zip(bags, examples).enumerated() {
      for entry in rows[index].indices where Int(rows[index][entry].index) < design.hashes.count {
        rows[index][entry].value *= bag.heed
      }
      rows[index].append((Int32(width + (domains[example.domain] ?? 0)), 1))
      let known = zip(bag.rules, Self.anchor).reduce(0) { $0 + Double($1.0) * $1.1 }
      let (target, weight) = told(example, bag, .opinion)
      targets.append(target - known)
      weights.append(weight)
    }
    var penalties = [Double](repeating: options.opinionPenalty, count: ruleStart)
    penalties += [Double](repeating: options.rulePenalty, count: SentimentRules.count - 1) + [Self.constantPenalty]
    penalties += [Double](repeating: options.domainPenalty, count: domains.count)
    var solution = try SparseRidge.solve(
      rows, targets: targets, weights: weights, penalties: penalties, context: context)
    for (offset, weight) in Self.anchor.enumerated() { solution[ruleStart + offset] += weight }
    // A new text's level is the mean of those with human scores; a review's is a convention of the training.
    let scored = examples.filter { if case .score = $0.target { true } else { false } }
    let level = (scored.isEmpty ? examples : scored).map { solution[width + (domains[$0.domain] ?? 0)] }
    solution[width - 1] += level.reduce(0, +) / Double(level.count)
    return Array(solution[..<width])
  }

  /// Reviews are of one kind and long: their words are heard more than parts of words and what lexicons say of them, and those first that
  /// tell one rating from the other at all.
  private func rating(_ context: TrainingContext) throws(MachineLearningError) -> [Double] {
    var penalties = [Double](repeating: options.penalty, count: ruleStart) + rulePenalties
    for (column, factor) in evenness().enumerated() { penalties[column] *= factor }
    for column in design.wordCount..<design.hashes.count { penalties[column] *= options.ratingPartFactor }
    for column in design.hashes.count..<ruleStart { penalties[column] *= options.ratingCorrectionFactor }
    let rows = bags.indices.map { design.ratingRow($0, bags[$0]) }
    return try solve(.rating, rows, penalties, context)
  }

  private func isReview(_ context: TrainingContext) throws(MachineLearningError) -> [Double] {
    let penalties = [Double](repeating: options.penalty, count: ruleStart) + rulePenalties
    return try solve(.isReview, design.rows, penalties, context)
  }

  /// The rules are few and known to be right: they are penalized less.
  private var rulePenalties: [Double] {
    [Double](repeating: options.penalty / 4, count: SentimentRules.count - 1) + [Self.constantPenalty]
  }

  private func solve(
    _ head: SentimentModel.Head, _ rows: [[(index: Int32, value: Float)]], _ penalties: [Double],
    _ context: TrainingContext
  ) throws(MachineLearningError) -> [Double] {
    let known = zip(examples, bags).map { told($0, $1, head) }
    return try SparseRidge.solve(
      rows, targets: known.map(\.target), weights: known.map(\.weight), penalties: penalties, context: context)
  }

  /// What a head is told of an example, and how much it counts.
  private func told(
    _ example: SentimentTraining.Example, _ bag: SentimentBag, _ head: SentimentModel.Head
  ) -> (target: Double, weight: Double) {
    switch (example.target, head) {
    case (.score(let score), .opinion): (score, 1)
    case (.score, .rating): (0, 0)
    // A longer text that is no review counts for more: it is the one that could be taken for a review.
    case (.score, .isReview): (0, Double(bag.sentenceCount))
    case (.praise(let isPraise), .opinion):
      (isPraise ? options.praiseOpinion : options.blameOpinion, options.reviewWeight)
    case (.praise(let isPraise), .rating): (isPraise ? options.praiseOpinion : options.blameOpinion, 1)
    case (.praise, .isReview): (1, 1)
    }
  }
}
