/// Learns a ``SentimentModel`` from texts that people judged, starting from what a lexicon says.
public enum SentimentTraining {
  /// A text and what people thought of it.
  public struct Example: Sendable, Equatable {
    /// The text.
    public var text: String
    /// What is known of it.
    public var target: Target

    /// An example.
    public init(text: String, target: Target) {
      self.text = text
      self.target = target
    }
  }

  /// What is known of a text.
  public enum Target: Sendable, Equatable {
    /// A mean human score, -1 to 1.
    case score(Double)
    /// A review, and whether it gives the best mark.
    case praise(Bool)
  }

  /// Knobs, with the values that held-out texts chose.
  public struct Options: Sendable, Equatable {
    /// λ of the ridge regressions; the learned part of an example has about length 1.
    public var penalty = 1.0
    /// Examples in which a word or pair must occur.
    public var wordExamplesMin = 2
    /// Examples in which a part of a word must occur.
    public var partExamplesMin = 3
    /// What a review counts for in the head of opinions, beside an example with a score.
    public var reviewWeight = 0.1
    /// The opinion that stands for praise.
    public var praiseOpinion = 0.35
    /// The opinion that stands for a review without it.
    public var blameOpinion = -0.25

    /// The defaults.
    public init() {}
  }

  /// Fits the heads by ridge regression over the rules' findings and a bag of words, pairs and parts of words (after NBSVM, Wang and
  /// Manning 2012): opinions from all examples, ratings from reviews, and which of both a text is. `lexicon` gives words, emoticons and
  /// the like their valence, about -4 to 4. O(steps · features of all texts).
  public static func train(
    _ examples: [Example], lexicon: [String: Double], options: Options = Options(), context: TrainingContext = .init()
  ) throws(MachineLearningError) -> SentimentModel {
    guard !examples.isEmpty else { throw .tooLittleData(needed: 1, found: 0, unit: "examples") }
    var valences: [UInt32: Int16] = [:]
    for (word, weight) in lexicon {
      valences[SentimentHash.of(word.utf8)] = steps(weight, Double(SentimentModel.valenceSteps))
    }
    let table = HashTable(valences)
    let texts = examples.map { SentimentBag($0.text, lexicon: table) }.enumerated().filter {
      $0.element.sentenceCount > 0
    }
    let targets = texts.map { examples[$0.offset].target }
    let bags = texts.map(\.element)
    guard !bags.isEmpty else { throw .tooLittleData(needed: 1, found: 0, unit: "texts with words") }
    let design = SentimentDesign(bags, options: options)
    var heads: [[Double]] = []
    for (index, head) in SentimentModel.Head.allCases.enumerated() {
      let part = Double(SentimentModel.Head.allCases.count)
      let rows = zip(targets, bags).map { Self.row($0, $1, for: head, options: options) }
      heads.append(
        try SparseRidge.solve(
          design.rows, targets: rows.map(\.target), weights: rows.map(\.weight), penalties: design.penalties,
          context: context.part(Double(index) / part...Double(index + 1) / part)))
    }
    var weights: [(hash: UInt32, value: SIMD4<Int16>)] = []
    for (index, hash) in design.hashes.enumerated() {
      let lanes = heads.map { steps($0[index], Double(SentimentModel.weightSteps)) }
      weights.append((hash, SIMD4(lanes[0], lanes[1], lanes[2], design.idf[index])))
    }
    return SentimentModel(
      lexicon: table, weights: FeatureWeights(ascending: weights.sorted { $0.hash < $1.hash }),
      ruleWeights: heads.map { $0.suffix(SentimentEvidence.ruleCount).map(Float.init) })
  }

  /// What a head is told of an example, and how much it counts.
  private static func row(
    _ target: Target, _ bag: SentimentBag, for head: SentimentModel.Head, options: Options
  ) -> (target: Double, weight: Double) {
    switch (target, head) {
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

  static func steps(_ value: Double, _ unit: Double) -> Int16 {
    Int16(max(-32_000, min(32_000, (value * unit).rounded())))
  }
}
