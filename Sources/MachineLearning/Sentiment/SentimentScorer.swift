import CKernels

/// Scores many texts with one model: keeps its buffers, and what it found in frequent words. The scores are the model's own, whatever was
/// scored before. For one thread at a time.
public struct SentimentScorer: Sendable {
  private let model: SentimentModel
  private var reader = SentimentReader()
  private var memo: [ck_word_memo]

  /// A scorer of texts; it takes about 256 KiB.
  public init(_ model: SentimentModel) { self.init(model, memoSize: 8192) }

  /// Keeps what it found for so many words, a power of two or 0.
  init(_ model: SentimentModel, memoSize: Int) {
    self.model = model
    memo = [ck_word_memo](repeating: ck_word_memo(), count: memoSize)
  }

  /// Scores a UTF-8 text. O(bytes).
  public mutating func score(utf8 bytes: [UInt8]) -> SentimentModel.Result {
    guard let again = Self.repetition(bytes) else { return scoreOnce(bytes) }
    // What says the same twice says it with twice the magnitude and no other score, also where the halves grow together in a sentence.
    let half = score(utf8: Array(bytes[again...]))
    let second = half.sentences.map {
      SentimentModel.Sentence(range: $0.range.lowerBound + again..<$0.range.upperBound + again, score: $0.score)
    }
    return .init(score: half.score, magnitude: 2 * half.magnitude, sentences: half.sentences + second)
  }

  /// Where a text starts again that is nothing but twice the same, with blanks between or none; nil for any other.
  static func repetition(_ bytes: [UInt8]) -> Int? {
    for blanks in 0...4 where bytes.count > blanks && (bytes.count - blanks) % 2 == 0 {
      let half = (bytes.count - blanks) / 2
      guard half > 0, bytes[half..<half + blanks].allSatisfy({ $0 <= 32 }) else { continue }
      if bytes[..<half].elementsEqual(bytes[(half + blanks)...]) { return half + blanks }
    }
    return nil
  }

  private mutating func scoreOnce(_ bytes: [UInt8]) -> SentimentModel.Result {
    reader.start(bytes)
    var sentences: [SentimentModel.Sentence] = []
    var whole = SentimentEvidence()
    var (once, unknownOnce) = (SIMD4<Float>.zero, Float(0))
    var sum = 0.0
    var magnitude = 0.0
    while reader.next() {
      var evidence = evidence()
      once += evidence.words
      unknownOnce += evidence.unknownWords
      if !reader.sentence.repeated.isEmpty { add(reader.sentence.repeated, to: &evidence) }
      whole += evidence
      let value = SentimentModel.settled(Double(model[.opinion, evidence]))
      sum += value
      magnitude += abs(value)
      sentences.append(.init(range: reader.sentence.range, score: value))
    }
    guard !sentences.isEmpty else { return .init(score: 0, magnitude: 0, sentences: []) }
    let share = SentimentModel.wholeShare(sentences.count, sum: sum, magnitude: magnitude)
    let opinion =
      share * SentimentModel.settled(Double(model[.opinion, whole])) + (1 - share) * sum / Double(sentences.count)
    // An opinion said again is said louder; how a review rates is told by what it says at all.
    (whole.words, whole.unknownWords) = (once, unknownOnce)
    let review = SentimentModel.reviewShare(Double(model[.isReview, whole]), tokenCount: Double(whole.tokenCount))
    let rated =
      SentimentModel.ratingWeight * Double(model[.rating, whole]) + SentimentModel.reviewedOpinionWeight * opinion
    let score = review > 0 ? opinion + review * (rated - opinion) : opinion
    return .init(score: min(1, max(-1, score)), magnitude: magnitude, sentences: sentences)
  }

  /// What speaks for and against in the sentence that was read.
  private mutating func evidence() -> SentimentEvidence {
    var evidence = SentimentEvidence()
    evidence.addRules(reader.sentence, lexicon: model.lexicon)
    add(reader.sentence.words, to: &evidence)
    evidence.parts = Self.scale * model.weights.sums(ofPartsOf: reader.sentence, memo: &memo)
    return evidence
  }

  private func add(_ words: [UInt32], to evidence: inout SentimentEvidence) {
    let (sums, unknownCount) = model.weights.sums(of: words)
    let idf = Float(model.weights.unknown) / SentimentModel.idfSteps
    evidence.words += Self.scale * sums
    evidence.unknownWords += Float(unknownCount) * idf * idf
  }

  /// The sums count steps · steps: back to weights · idf and idf².
  private static let scale: SIMD4<Float> = {
    let unit = 1 / (SentimentModel.weightSteps * SentimentModel.idfSteps)
    return SIMD4(unit, unit, unit, 1 / (SentimentModel.idfSteps * SentimentModel.idfSteps))
  }()
}
