import BSON

/// Why a new version may or may not take the place of the one that serves.
struct GateVerdict: Sendable {
  let passed: Bool
  /// One sentence.
  let reason: String

  var document: BSONDocument {
    BSONDocument {
      $0.append("passed", passed)
      $0.append("reason", reason)
    }
  }
}

/// What a training made: the bytes, and everything that the version's document says of them.
struct TrainedVersion {
  /// Equal data and seed give equal bytes; no clock has a part in them.
  let bytes: [UInt8]
  /// What was done, in words.
  let algorithm: String
  /// Every option with the value that was used.
  let options: BSONDocument
  /// Those of them that the training chose by itself on a validation part.
  let chosen: BSONDocument
  /// Counts, the data's window in time, imputed values.
  let data: BSONDocument
  let metrics: BSONDocument
  /// The same metrics of the baseline; nil where there is none.
  var baseline: BSONDocument?
  /// How the part that was held out for the metrics was chosen.
  var holdout: BSONDocument?
  let verdict: GateVerdict
  /// What the model must not be used for, sentences.
  let limits: [String]
  /// Fields of one type of model, such as `segments`.
  var extra = BSONDocument()

  /// The fields that the registry stores beside the bytes.
  func fields(
    model: ModelName, type: ModelType, number: Int, seed: Int64, jobId: String, at now: BSONDate
  ) -> BSONDocument {
    BSONDocument { writer in
      writer.append("model", model.string)
      writer.append("version", String(number))
      writer.append("number", number)
      writer.append("type", type.rawValue)
      writer.append("createdAt", now)
      writer.append("jobId", jobId)
      writer.append("seed", seed)
      writer.append("algorithm", algorithm)
      writer.append("options", options)
      writer.append("chosenByValidation", chosen)
      writer.append("data", data)
      writer.append("metrics", metrics)
      if let baseline { writer.append("baseline", baseline) }
      if let holdout { writer.append("holdout", holdout) }
      writer.append("gate", verdict.document)
      writer.append("limits", limits)
      writer.append(contentsOf: extra)
    }
  }
}
