/// A trained scorer of opinions: a lexicon read by rules (negation, emphasis, contrast), and learned weights of words, pairs and parts
/// of words, in three heads: what a sentence says, how a review rates, and whether a text is such a review.
public struct SentimentModel: Sendable, Equatable {
  /// What a text says.
  public struct Result: Sendable, Equatable {
    /// -1 (blame) to 1 (praise): between the score of the whole, for a short text, and the mean of the sentences' scores, for a long one;
    /// moved by how the whole rates where it reads like a product review. 0 without any sentence.
    public let score: Double
    /// The sum of the sentences' absolute scores, at least 0: how much feeling there is at all.
    public let magnitude: Double
    /// The sentences with their scores.
    public let sentences: [Sentence]
  }

  /// One sentence.
  public struct Sentence: Sendable, Equatable {
    /// Its bytes in the UTF-8 text.
    public let range: Range<Int>
    /// -1 to 1.
    public let score: Double
  }

  /// The heads, by their lane.
  enum Head: Int, CaseIterable {
    /// What people say of a text's opinion.
    case opinion
    /// Whether a review gives the best mark.
    case rating
    /// Whether a text reads like a review, 0 to 1.
    case isReview
  }

  /// Steps of a valence, about -4 to 4, in 1.
  static let valenceSteps: Float = 256
  /// Steps of a learned weight in 1.
  static let weightSteps: Float = 1024
  /// Steps of an inverse document frequency in 1.
  static let idfSteps: Float = 16

  /// Valences of words and signs.
  let lexicon: HashTable<SentimentValence>
  /// Learned weights of the heads and, in the last lane, the inverse document frequency.
  let weights: FeatureWeights
  /// ``SentimentEvidence/rules`` weighed, by head.
  let ruleWeights: [SentimentRules]

  /// Scores a text.
  public func score(_ text: some StringProtocol) -> Result { score(utf8: Array(text.utf8)) }

  /// Scores a UTF-8 text. O(bytes). ``SentimentScorer`` is faster for many texts.
  public func score(utf8 bytes: [UInt8]) -> Result {
    var scorer = SentimentScorer(self, memoSize: 0)
    return scorer.score(utf8: bytes)
  }

  /// How much a text is read as one statement rather than as the mean of its sentences, whose scores add up to `sum`, without their signs
  /// to `magnitude`. People judge a short message as a whole, in which half the sentences say nothing, and a long one by its parts. Where
  /// sentences contradict each other their mean says it better than the whole, in which the louder one wins.
  static func wholeShare(_ sentenceCount: Int, sum: Double, magnitude: Double) -> Double {
    let share = min(1, 12 / Double(9 + sentenceCount))
    // What the lesser side says, praise or blame: a little of it contradicts nothing.
    let lesser = (magnitude - abs(sum)) / 2
    let contradiction = min(1, max(0, (lesser - 0.15) / 0.25))
    guard contradiction > 0 else { return share }
    return share * (1 - contradiction * (1 - min(1, 1.5 * abs(sum) / magnitude)))
  }

  /// How much the rating head is heard, by what the review head says and by the words and signs there are: not at all before it is rather
  /// sure, nor of a text that is too short to be told from a message of another kind.
  static func reviewShare(_ review: Double, tokenCount: Double) -> Double {
    min(1, max(0, (review - 0.4) / 0.35)) * min(1, max(0, (tokenCount - 15) / 10))
  }

  /// An opinion within -1 and 1, and the nearer to nothing the less it is: x (1 - e^(-(x/c)²)). A least squares fit hedges, so that
  /// a neutral sentence gets a little of something; people give it 0.
  static func settled(_ opinion: Double) -> Double {
    let share = opinion / 0.065
    return min(1, max(-1, opinion * (1 - exponential(-share * share))))
  }

  /// What the rating counts for in a review.
  static let ratingWeight = 1.4
  /// What the opinion counts for beside it.
  static let reviewedOpinionWeight = 0.28

  /// What a head says of evidence.
  subscript(_ head: Head, _ evidence: SentimentEvidence) -> Float {
    evidence.learned[head.rawValue] + evidence.rules.dot(ruleWeights[head.rawValue])
  }
}
