/// Learns a ``SentimentModel`` from texts that people judged, starting from what a lexicon says.
public enum SentimentTraining {
  /// A text and what people thought of it.
  public struct Example: Sendable, Equatable {
    /// The text.
    public var text: String
    /// What is known of it.
    public var target: Target
    /// Which kind of texts it stands among, any number: examples of one source have the same.
    public var domain: Int

    /// An example.
    public init(text: String, target: Target, domain: Int = 0) {
      self.text = text
      self.target = target
      self.domain = domain
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
    /// λ of the regressions of ratings and of what is a review; the learned part of an example has about length 1.
    public var penalty = 1.5
    /// How many times ``penalty`` parts of words have in the rating.
    public var ratingPartFactor = 2.0
    /// How many times ``penalty`` corrections of the lexicons' words have in the rating.
    public var ratingCorrectionFactor = 3.0
    /// λ of the learned part of the opinion.
    public var opinionPenalty = 1.3
    /// λ of what the rules' weights in the opinion differ by from a plain rule scorer's.
    public var rulePenalty = 150.0
    /// λ of each domain's own level.
    public var domainPenalty = 0.1
    /// Examples in which a word or pair must occur.
    public var wordExamplesMin = 2
    /// Examples in which a part of a word must occur.
    public var partExamplesMin = 3
    /// Words, pairs and parts that are kept, those that matter most: a table of 65,536 places is half full with them.
    public var featuresMax = 32_768
    /// What a word that is not kept counts for in the length of a text, as an inverse document frequency: who says much that is not
    /// known says less for sure.
    public var unknownFrequency = 5.0
    /// What a review counts for in the head of opinions, beside an example with a score.
    public var reviewWeight = 0.2
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
    let known = texts.map { examples[$0.offset] }
    let bags = texts.map(\.element)
    guard !bags.isEmpty else { throw .tooLittleData(needed: 1, found: 0, unit: "texts with words") }
    var design = SentimentDesign(bags, options: options)
    func fitted(_ context: TrainingContext) throws(MachineLearningError) -> [[Double]] {
      try SentimentHeads(design: design, bags: bags, examples: known, options: options).fit(context)
    }
    if design.hashes.count > options.featuresMax {
      let heads = try fitted(context.part(0...0.6))
      design = SentimentDesign(bags, options: options, kept: design.strongest(options.featuresMax, heads: heads))
    }
    let heads = try fitted(context.part(0.6...1))
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
      // In an order of their own: of words that differ in case alone, such as :D and :d, the last counts.
      for (word, weight) in lexicon.sorted(by: { $0.key < $1.key }) {
        let steps = steps(weight, Double(SentimentModel.valenceSteps))
        valences[SentimentHash.of(word.utf8), default: .init()].steps[lane] = steps
      }
    }
    return valences
  }

  static func steps(_ value: Double, _ unit: Double) -> Int16 {
    Int16(max(-32_000, min(32_000, (value * unit).rounded())))
  }
}
