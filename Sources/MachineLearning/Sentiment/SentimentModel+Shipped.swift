import CModels

extension SentimentModel {
  /// The model that ships: trained by `lab sentiment-train` on the texts that docs/models/sentiment.md names.
  public static let shipped: SentimentModel = {
    let count = c360_sentiment_model_length()
    // A constant of the program and its length.
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: c360_sentiment_model(), count: count))
    do throws(MachineLearningError) {
      return try SentimentModel(serialized: bytes)
    } catch {
      // A test reads the same constant.
      preconditionFailure("the shipped sentiment model: \(error.message)")
    }
  }()
}
