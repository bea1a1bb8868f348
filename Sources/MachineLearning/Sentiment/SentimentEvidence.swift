/// What a word or sign says by the lexicons, and what was learned of it there.
struct SentimentValence: Sendable, Equatable {
  /// How many lexicons a model reads.
  static let lexiconCount = 2

  /// About -4 to 4 by lexicon, in ``SentimentModel/valenceSteps``; 0 where one does not know it.
  var steps = SIMD2<Int16>.zero
  /// By head, in ``SentimentModel/weightSteps``: what an opinion in this word counts for beyond what the rules say.
  var corrections = SIMD4<Int16>.zero
}

/// What speaks for and against in a piece of text. Evidence adds up: that of a text is the sum of its sentences'.
struct SentimentEvidence: Sendable, Equatable {
  /// What the rules found in the surroundings of words, by lexicon: opinions with their signs, and where they stand.
  var valence = SIMD2<Float>.zero
  var praise = SIMD2<Float>.zero
  var blame = SIMD2<Float>.zero
  var negated = SIMD2<Float>.zero
  /// The strongest praise and blame, and the last word on it.
  var most = SIMD2<Float>.zero
  var least = SIMD2<Float>.zero
  var last = SIMD2<Float>.zero
  var tokenCount: Float = 0
  /// Exclamation marks, at most four a sentence.
  var exclamations: Float = 0
  /// Σ opinion · correction of each head.
  var corrected = SIMD4<Float>.zero
  /// Σ count · idf · weight of the three heads over known words and pairs, and Σ count · idf² in the last lane.
  var words = SIMD4<Float>.zero
  /// What words and pairs without a place have of that last lane.
  var unknownWords: Float = 0
  /// The same over parts of words, those of a negated word counting against it.
  var parts = SIMD4<Float>.zero

  static func += (sum: inout Self, other: Self) {
    sum.valence += other.valence
    sum.praise += other.praise
    sum.blame += other.blame
    sum.negated += other.negated
    sum.most = pointwiseMax(sum.most, other.most)
    sum.least = pointwiseMin(sum.least, other.least)
    sum.last.replace(with: other.last, where: other.last .!= .zero)
    sum.tokenCount += other.tokenCount
    sum.exclamations += other.exclamations
    sum.corrected += other.corrected
    sum.words += other.words
    sum.unknownWords += other.unknownWords
    sum.parts += other.parts
  }

  /// What a token with a valence says where it stands, by lexicon.
  @inline(__always)
  static func opinion(_ token: SentimentSentence.Token, _ valence: SIMD2<Int16>) -> SIMD2<Float> {
    let plain = SIMD2<Float>(valence) / SentimentModel.valenceSteps
    var emphasis = SIMD2<Float>.zero
    emphasis.replace(with: token.emphasis, where: plain .> .zero)
    emphasis.replace(with: -token.emphasis, where: plain .< .zero)
    return (plain + emphasis) * token.factor
  }

  /// The opinion that a correction applies to: the first lexicon's, or else the second's.
  @inline(__always)
  static func corrigible(_ opinion: SIMD2<Float>) -> Float { opinion.x != 0 ? opinion.x : opinion.y }

  /// Reads a sentence's opinions in the light of negation, emphasis and contrast.
  mutating func addRules(_ sentence: SentimentSentence, lexicon: HashTable<SentimentValence>) {
    var sum = SIMD2<Float>.zero
    for token in sentence.tokens {
      guard let entry = lexicon[token.hash] else { continue }
      let value = Self.opinion(token, entry.steps)
      sum += value
      praise += pointwiseMax(value, .zero)
      blame += pointwiseMin(value, .zero)
      most = pointwiseMax(most, value)
      least = pointwiseMin(least, value)
      last.replace(with: value, where: value .!= .zero)
      if token.factor < 0 { negated += SIMD2<Float>(entry.steps) / SentimentModel.valenceSteps }
      corrected += Self.corrigible(value) * SIMD4<Float>(entry.corrections)
    }
    // Exclamation marks strengthen what is said.
    let emphasis = SentimentVocabulary.exclamation * Float(sentence.exclamations)
    var strength = SIMD2<Float>.zero
    strength.replace(with: emphasis, where: sum .> .zero)
    strength.replace(with: -emphasis, where: sum .< .zero)
    valence += sum + strength
    tokenCount += Float(sentence.tokens.count)
    exclamations += Float(sentence.exclamations)
  }

  /// What a head weighs beside learned words.
  var rules: SentimentRules {
    let length = (tokenCount + 1).squareRoot()
    let compound = valence / (valence * valence + 15).squareRoot()
    let hasPraise = SIMD2<Float>.zero.replacing(with: 1, where: praise .> .zero)
    let hasBlame = SIMD2<Float>.zero.replacing(with: 1, where: blame .< .zero)
    let strength = SIMD2<Float>(abs(compound.x), abs(compound.y))
    return SentimentRules(
      first: .init(
        lowHalf: .init(lowHalf: compound, highHalf: praise / length),
        highHalf: .init(lowHalf: blame / length, highHalf: negated / length)),
      second: .init(
        lowHalf: .init(lowHalf: hasPraise, highHalf: hasBlame), highHalf: .init(lowHalf: most / 4, highHalf: least / 4)),
      third: .init(
        lowHalf: .init(lowHalf: last / 4, highHalf: valence / (tokenCount + 1)),
        highHalf: .init(lowHalf: 2 * compound / length, highHalf: compound * strength)),
      exclamation: exclamations / (exclamations + 2), constant: 1)
  }

  /// How much less parts of words count than words.
  static let partShare: Float = 0.5
  /// What corrections of a lexicon's words count for.
  static let correctionShare: Float = 0.75

  /// What learned words count for in the opinion, 0.4 to 1: the louder the first lexicon, the less, since its words mean the same in texts
  /// of a kind that nothing was learned of.
  @inline(__always)
  static func heed(_ valence: Float) -> Float { 1 - 0.6 * valence * valence / (valence * valence + 15) }

  /// The learned part of each head: a weighted mean that counts for more the more is known (Σ / √Σ). A rating is told by the words that
  /// are known: what else a review tells of makes it no less sure.
  var learned: SIMD4<Float> {
    let squares = SIMD4<Float>(repeating: words.w) - SIMD4(0, unknownWords, 0, 0)
    let wordLength = (words / squares.squareRoot()).replacing(with: 0, where: squares .<= 0)
    let partLength = parts.w > 0 ? parts / parts.w.squareRoot() : .zero
    let scale = Self.correctionShare / SentimentModel.weightSteps / (tokenCount + 1).squareRoot()
    let heed = SIMD4<Float>(Self.heed(valence.x), 1, 1, 1)
    return heed * (wordLength + Self.partShare * partLength) + scale * corrected
  }
}
