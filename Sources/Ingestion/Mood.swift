import BSON
import MachineLearning

/// What the words of interactions say of the mood, by the model that ships: overall, and by sentence. One for each batch.
struct Mood {
  private static let model = SentimentModel.shipped
  /// Knows the words of the texts before; made for the second, since it takes more memory than one text is worth.
  private var scorer: SentimentScorer?
  private var isAtFirst = true

  /// Sentences whose scores are kept; the score and magnitude of the whole are those of all.
  static let sentencesMax = 1_000

  /// Appends `sentiment {score, magnitude, sentences[{text, score}]}` of a text.
  mutating func append(of text: String, to document: inout BSONWriter) {
    let bytes = Array(text.utf8)
    if !isAtFirst, scorer == nil { scorer = SentimentScorer(Self.model) }
    isAtFirst = false
    let result = scorer?.score(utf8: bytes) ?? Self.model.score(utf8: bytes)
    document.append(
      "sentiment",
      document: { sentiment in
        sentiment.append("score", min(1, max(-1, result.score)))
        sentiment.append("magnitude", max(0, result.magnitude))
        sentiment.append(
          "sentences",
          array: { array in
            for sentence in result.sentences.prefix(Self.sentencesMax) {
              array.append(
                BSONDocument {
                  $0.append("text", String(decoding: bytes[sentence.range], as: UTF8.self))
                  $0.append("score", min(1, max(-1, sentence.score)))
                })
            }
          })
      })
  }
}
