import BSON
import MachineLearning
import MongoDB
import Store

/// Makes the sentiment model that ships a version of the registry. It was trained by `lab sentiment-train`, so there is nothing to learn
/// from here: equal releases give equal bytes.
struct OpinionTraining: VersionTraining {
  init(values: [String: OptionValue]) throws(ModelsError) { try OptionFields(values).finish() }

  func run(live: LoadedVersion?, handle: JobHandle) throws(ModelsError) -> TrainedVersion {
    TrainedVersion(
      bytes: SentimentModel.shipped.serialized(),
      algorithm: "rules over a lexicon with learned weights of words and pairs, as shipped",
      options: BSONDocument { $0.append("MODEL_TYPE", ModelType.sentiment.rawValue) }, chosen: BSONDocument(),
      data: BSONDocument(), metrics: BSONDocument(),
      verdict: GateVerdict(passed: true, reason: "it is the model that ships with this release"),
      limits: [
        "Learned from English texts; of others it reads signs and emoji only.",
        "Says what a text's words express, not what its author feels.",
      ])
  }

  func plan(deadline: Deadline) throws(ModelsError) -> TrainingPlan {
    TrainingPlan(type: .sentiment, counts: [], parts: [.init(name: "the model twice", bytes: 32 << 20)])
  }
}

/// Opinions of texts: `{"text"}` gives `{score, magnitude, sentences: [{text, score}]}`.
struct OpinionPrediction {
  let model: SentimentModel

  /// A text at the most, in bytes.
  static let textBytesMax = 65_536

  func predict(_ instances: [BSONDocument]) throws(ModelsError) -> [BSONDocument] {
    var answers: [BSONDocument] = []
    for (index, instance) in instances.enumerated() {
      guard let text = instance.string("text") else {
        throw .invalidInstance(index: index, field: "text", reason: "must be a text")
      }
      guard text.utf8.count <= Self.textBytesMax else {
        throw .invalidInstance(
          index: index, field: "text", reason: "must not be longer than \(Self.textBytesMax) bytes")
      }
      answers.append(answer(Array(text.utf8)))
    }
    return answers
  }

  private func answer(_ bytes: [UInt8]) -> BSONDocument {
    let result = model.score(utf8: bytes)
    return BSONDocument { writer in
      writer.append("score", result.score)
      writer.append("magnitude", result.magnitude)
      writer.append(
        "sentences",
        array: { list in
          for sentence in result.sentences {
            list.append(document: {
              $0.append("text", String(decoding: bytes[sentence.range], as: UTF8.self))
              $0.append("score", sentence.score)
            })
          }
        })
    }
  }
}
