import BSON
import MongoDB
import Store

/// Predictions in the shape of Vertex AI.
extension ModelService {
  /// Asks a model: by default the version that serves, else the one named (a number or an alias).
  ///
  /// Answers `{"predictions": […], "deployedModelId", "model", "modelDisplayName", "modelVersionId"}`, one prediction an instance,
  /// in order. At most ``ModelLimits/instancesMax`` instances; an instance that cannot be predicted fails the call with its index.
  public func predict(
    _ name: String, version: String? = nil, instances: BSONArray
  ) throws(ModelsError) -> BSONDocument {
    let documents = try Self.documents(instances, max: limits.instancesMax)
    return try predict(try servable(name, version: version), documents)
  }

  /// The version that answers for a model. Blocks only when a version must be loaded that is not the default.
  func servable(_ name: String, version: String?) throws(ModelsError) -> LoadedVersion {
    guard let entry = state.current.models[name] else { throw .notFound(.model, id: name) }
    guard let version, version != "default" else {
      guard let serving = entry.serving else { throw .notTrained(model: name) }
      return serving
    }
    let number = Self.aliases(entry.document).first { $0.name == version }?.version
    return try state.version("\(name):\(number ?? version)")
  }

  /// One prediction an instance, in order.
  func predictions(_ version: LoadedVersion, _ instances: [BSONDocument]) throws(ModelsError) -> [BSONDocument] {
    switch version.content {
    case .clusters(let clusters):
      return try clusters.predict(
        instances, customers: try customers(of: instances, readsWhole: !clusters.reader.readsFeaturesOnly))
    case .factorization(let model):
      return try RatingPrediction(service: self, version: version, model: model).predict(instances)
    case .propensity, .rfm, .value:
      guard let scorer = version.scorer else { return [] }
      return try scores(scorer, instances)
    case .linkage:
      throw .invalidInstance(index: 0, field: "", reason: "pairs are scored as records come: GET /identity/duplicates")
    case .sentiment(let model): return try OpinionPrediction(model: model).predict(instances)
    case .forecast(let model):
      var answers: [BSONDocument] = []
      for (index, instance) in instances.enumerated() {
        answers.append(model.answer(try model.question(instance, index)))
      }
      return answers
    }
  }

  func predict(_ version: LoadedVersion, _ instances: [BSONDocument]) throws(ModelsError) -> BSONDocument {
    let predictions = try predictions(version, instances)
    return BSONDocument { writer in
      writer.append("predictions", predictions)
      writer.append(contentsOf: version.identity)
    }
  }

  static func documents(_ instances: BSONArray, max: Int) throws(ModelsError) -> [BSONDocument] {
    var documents: [BSONDocument] = []
    for (index, value) in instances.enumerated() {
      guard index < max else { throw .tooManyInstances(found: instances.count, limit: max) }
      guard let document = value.documentValue else {
        throw .invalidInstance(index: index, field: "", reason: "must be an object")
      }
      documents.append(document)
    }
    return documents
  }

  /// The documents of the customers that instances name, by position.
  private func customers(of instances: [BSONDocument], readsWhole: Bool) throws(ModelsError) -> [Int: BSONDocument] {
    let ids = try customerIds(of: instances)
    let named = Set(ids.compactMap { $0 }).sorted()
    guard !named.isEmpty else { return [:] }
    let found = try reading { () throws(StoreError) in
      try store.projections.trainingCustomers(named, whole: readsWhole, deadline: deadline)
    }
    var byId: [ByteString: BSONDocument] = [:]
    for customer in found { if let id = customer.string("_id") { byId[ByteString(id)] = customer } }
    var customers: [Int: BSONDocument] = [:]
    for (index, id) in ids.enumerated() {
      guard let id else { continue }
      guard let customer = byId[ByteString(id)] else {
        throw .invalidInstance(index: index, field: "customerId", reason: "names no customer")
      }
      customers[index] = customer
    }
    return customers
  }
}
