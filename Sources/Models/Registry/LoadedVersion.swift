import BSON
import MachineLearning
import Store

/// One version of a model in memory: immutable, shared by all threads that predict.
final class LoadedVersion: Sendable {
  /// What a version can do.
  enum Content: Sendable {
    case clusters(ClusterModel)
    case factorization(FactorizationModel)
    case propensity(PropensityScorer)
    case rfm(RFMScorer)
    case value(ValueScorer)
    case forecast(DemandModel)
    case sentiment(SentimentModel)
    /// Read by who matches records; nothing here is predicted with it.
    case linkage
  }

  /// `kmeans:3`: also the generation of what it writes.
  let id: String
  /// `kmeans`.
  let model: String
  /// `3`.
  let version: String
  /// The version's document in the registry.
  let document: BSONDocument
  let content: Content
  /// The fields that name the version in the answer of a prediction, as Vertex AI names them.
  let identity: BSONDocument
  /// Answers calls of one instance in the shortest way, where there is one.
  let instant: InstantPrediction?

  /// Reads a version's bytes, whose checksum the registry has verified.
  init(_ document: BSONDocument, bytes: [UInt8]) throws(ModelsError) {
    guard let id = document.string("_id"), let model = document.string("model"),
      let version = document.string("version"), let type = document.string("type").flatMap(ModelType.init(named:))
    else { throw .unreadableVersion(id: document.string("_id") ?? "", reason: "its document lacks fields") }
    self.id = id
    self.model = model
    self.version = version
    self.document = document
    identity = BSONDocument { writer in
      writer.append("deployedModelId", id)
      writer.append("model", "models/" + model)
      writer.append("modelDisplayName", model)
      writer.append("modelVersionId", version)
    }
    do {
      switch type {
      case .kmeans: content = .clusters(try ClusterModel(document, bytes: bytes))
      case .matrixFactorization: content = .factorization(try FactorizationModel(document, bytes: bytes))
      case .churn, .propensity: content = .propensity(try PropensityScorer(bytes: bytes))
      case .rfm: content = .rfm(try RFMScorer(bytes: bytes))
      case .clv: content = .value(try ValueScorer(bytes: bytes))
      case .forecast: content = .forecast(try DemandModel(bytes: bytes))
      case .sentiment: content = .sentiment(try SentimentModel(serialized: bytes))
      case .recordLinkage: content = .linkage
      }
    } catch {
      throw .unreadableVersion(id: id, reason: error.message)
    }
    if case .clusters(let clusters) = content {
      instant = InstantPrediction(clusters.model, identity: identity)
    } else {
      instant = nil
    }
  }

  /// The clusters, when it is a clustering.
  var clusters: ClusterModel? { if case .clusters(let model) = content { model } else { nil } }

  /// The factors, when it is a factorization.
  var factorization: FactorizationModel? { if case .factorization(let model) = content { model } else { nil } }

  /// What scores single customers, when it does.
  var scorer: (any CustomerScorer)? {
    switch content {
    case .propensity(let scorer): scorer
    case .rfm(let scorer): scorer
    case .value(let scorer): scorer
    case .clusters, .factorization, .forecast, .sentiment, .linkage: nil
    }
  }

  /// What is stored of each customer.
  var outputKind: ModelOutputs.Kind? {
    switch content {
    case .clusters: .members
    case .factorization: .recommendations
    case .propensity, .rfm, .value: .scores
    case .forecast, .sentiment, .linkage: nil
    }
  }
}
