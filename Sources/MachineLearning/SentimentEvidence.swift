/// What speaks for and against in a piece of text. Evidence adds up: that of a text is the sum of its sentences'.
struct SentimentEvidence: Sendable, Equatable {
  /// What the rules found in the surroundings of words: opinions with their signs, and where they stand.
  var valence: Float = 0
  var praise: Float = 0
  var blame: Float = 0
  var negated: Float = 0
  var tokenCount: Float = 0
  /// Σ count · idf · weight of the three heads over known words and pairs, and Σ count · idf² in the last lane.
  var words = SIMD4<Float>.zero
  /// The same over parts of words.
  var parts = SIMD4<Float>.zero

  static func += (sum: inout Self, other: Self) {
    sum.valence += other.valence
    sum.praise += other.praise
    sum.blame += other.blame
    sum.negated += other.negated
    sum.tokenCount += other.tokenCount
    sum.words += other.words
    sum.parts += other.parts
  }

  /// Reads a sentence's opinions in the light of negation, emphasis and contrast.
  mutating func addRules(_ sentence: SentimentSentence, lexicon: HashTable<Int16>) {
    var sum: Float = 0
    for token in sentence.tokens {
      guard let steps = lexicon[token.hash] else { continue }
      let plain = Float(steps) / SentimentModel.valenceSteps
      let value = (plain + (plain > 0 ? token.emphasis : -token.emphasis)) * token.factor
      sum += value
      if value > 0 { praise += value } else { blame += value }
      if token.factor < 0 { negated += plain }
    }
    // Exclamation marks strengthen what is said.
    let emphasis = SentimentVocabulary.exclamation * Float(sentence.exclamations)
    if sum != 0 { valence += sum + (sum > 0 ? emphasis : -emphasis) }
    tokenCount += Float(sentence.tokens.count)
  }

  /// What a head weighs beside learned words; ``ruleCount`` numbers about as large as 1.
  var rules: [Float] {
    let length = (tokenCount + 1).squareRoot()
    return [
      valence / (valence * valence + 15).squareRoot(), praise / length, blame / length, negated / length,
      praise > 0 ? 1 : 0, blame < 0 ? 1 : 0, 1,
    ]
  }

  static let ruleCount = 7

  /// How much less parts of words count than words.
  static let partShare: Float = 0.7

  /// The learned part of each head: a weighted mean that counts for more the more is known (Σ / √Σ).
  var learned: SIMD4<Float> {
    let wordLength = words.w > 0 ? words / words.w.squareRoot() : .zero
    let partLength = parts.w > 0 ? parts / parts.w.squareRoot() : .zero
    return wordLength + Self.partShare * partLength
  }
}
