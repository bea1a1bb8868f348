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
    public var penalty = 2.0
    /// Examples in which a word or pair must occur.
    public var wordExamplesMin = 2
    /// Examples in which a part of a word must occur.
    public var partExamplesMin = 3
    /// Words, pairs and parts that are kept, those that matter most.
    public var featuresMax = 24_000
    /// What a word that is not kept counts for in the length of a text, as an inverse document frequency: who says much that is not
    /// known says less for sure.
    public var unknownFrequency = 4.0
    /// What a review counts for in the head of opinions, beside an example with a score.
    public var reviewWeight = 0.3
    /// The opinion that stands for praise.
    public var praiseOpinion = 0.35
    /// The opinion that stands for a review without it.
    public var blameOpinion = -0.25

    /// The defaults.
    public init() {}
  }

  /// Fits the heads by ridge regression over the rules' findings and a bag of words, pairs and parts of words (after NBSVM, Wang and
  /// Manning 2012): opinions from all examples, ratings from reviews, and which of both a text is. Then only what matters most is kept,
  /// and the heads are fitted again. `lexicons`, at most ``lexiconsMax``, give words, emoticons and the like their valence, about -4 to
  /// 4. O(steps · features of all texts).
  public static func train(
    _ examples: [Example], lexicons: [[String: Double]], options: Options = Options(),
    context: TrainingContext = .init()
  ) throws(MachineLearningError) -> SentimentModel {
    guard !examples.isEmpty else { throw .tooLittleData(needed: 1, found: 0, unit: "examples") }
    guard lexicons.count <= lexiconsMax else { throw .invalidInput("at most \(lexiconsMax) lexicons are read") }
    var valences = Self.valences(lexicons)
    let table = HashTable(valences)
    let texts = examples.map { SentimentBag($0.text, lexicon: table) }.enumerated().filter {
      $0.element.sentenceCount > 0
    }
    let targets = texts.map { examples[$0.offset].target }
    let bags = texts.map(\.element)
    guard !bags.isEmpty else { throw .tooLittleData(needed: 1, found: 0, unit: "texts with words") }
    var design = SentimentDesign(bags, options: options)
    var heads: [[Double]]
    if design.hashes.count > options.featuresMax {
      heads = try Self.heads(design, bags, targets, options: options, context: context.part(0...0.6))
      design = SentimentDesign(bags, options: options, kept: design.strongest(options.featuresMax, heads: heads))
    }
    heads = try Self.heads(design, bags, targets, options: options, context: context.part(0.6...1))
    func lanes(_ column: Int) -> SIMD4<Int16> {
      var lanes = SIMD4<Int16>.zero
      for (head, weights) in heads.enumerated() {
        lanes[head] = steps(weights[column], Double(SentimentModel.weightSteps))
      }
      return lanes
    }
    var weights: [(hash: UInt32, value: SIMD4<Int16>)] = []
    for (index, hash) in design.hashes.enumerated() {
      var value = lanes(index)
      value.w = design.idf[index]
      weights.append((hash, value))
    }
    for (index, hash) in design.opinions.enumerated() {
      valences[hash, default: .init()].corrections = lanes(design.hashes.count + index)
    }
    return SentimentModel(
      lexicon: HashTable(valences),
      weights: FeatureWeights(
        ascending: weights.sorted { $0.hash < $1.hash },
        unknown: Self.steps(options.unknownFrequency, Double(SentimentModel.idfSteps))),

      ruleWeights: heads.map { SentimentRules($0.suffix(SentimentRules.count).map(Float.init)) })
  }

  /// Lexicons that a model reads at most: what one says of a word does not hide what another says.
  public static let lexiconsMax = SentimentValence.lexiconCount

  private static func valences(_ lexicons: [[String: Double]]) -> [UInt32: SentimentValence] {
    var valences: [UInt32: SentimentValence] = [:]
    for (lane, lexicon) in lexicons.enumerated() {
      for (word, weight) in lexicon {
        let steps = steps(weight, Double(SentimentModel.valenceSteps))
        valences[SentimentHash.of(word.utf8), default: .init()].steps[lane] = steps
      }
    }
    return valences
  }

  private static func heads(
    _ design: SentimentDesign, _ bags: [SentimentBag], _ targets: [Target], options: Options, context: TrainingContext
  ) throws(MachineLearningError) -> [[Double]] {
    var heads: [[Double]] = []
    for (index, head) in SentimentModel.Head.allCases.enumerated() {
      let part = Double(SentimentModel.Head.allCases.count)
      let rows = zip(targets, bags).map { Self.row($0, $1, for: head, options: options) }
      heads.append(
        try SparseRidge.solve(
          design.rows, targets: rows.map(\.target), weights: rows.map(\.weight), penalties: design.penalties,
          context: context.part(Double(index) / part...Double(index + 1) / part)))
    }
    return heads
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
