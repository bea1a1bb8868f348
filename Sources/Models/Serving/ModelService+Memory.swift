import BSON

/// Predictions that need nothing but memory: few instances with features of their own, for a version that is loaded. They take
/// microseconds and may run where nothing may block.
extension ModelService {
  /// Instances that are predicted at once; more are for a worker.
  static let instancesInMemoryMax = 8

  /// As ``predict(_:version:instances:)``; nil when that might block or take long.
  public func predictFromMemory(
    _ name: String, version: String? = nil, instances: BSONArray
  ) throws(ModelsError) -> BSONDocument? {
    try versionInMemory(name, version).map { version throws(ModelsError) in try predictFromMemory(version, instances) }
      ?? nil
  }

  /// As ``predict(endpoint:instances:)``; nil when that might block or take long.
  public func predictFromMemory(endpoint id: String, instances: BSONArray) throws(ModelsError) -> BSONDocument? {
    try versionInMemory(endpoint: id).map { version throws(ModelsError) in try predictFromMemory(version, instances) }
      ?? nil
  }

  /// The whole answer to a plain call, from the bytes of its body to the bytes of its answer; nil when the other ways must look at it.
  public func answerInstantly(_ name: String, version: String? = nil, body: [UInt8]) -> [UInt8]? {
    versionInMemory(name, version)?.instant?.answer(body)
  }

  /// The same for an endpoint.
  public func answerInstantly(endpoint id: String, body: [UInt8]) -> [UInt8]? {
    versionInMemory(endpoint: id)?.instant?.answer(body)
  }

  /// The version that answers for a model, when it is the one that serves.
  private func versionInMemory(_ name: String, _ version: String?) -> LoadedVersion? {
    guard let entry = state.current.models[name], let serving = entry.serving else { return nil }
    guard let version, version != "default" else { return serving }
    let number = Self.aliases(entry.document).first { $0.name == version }?.version ?? version
    return number == serving.version ? serving : nil
  }

  /// The version that answers all calls of an endpoint, whoever they are about.
  private func versionInMemory(endpoint id: String) -> LoadedVersion? {
    let snapshot = state.current
    guard let endpoint = snapshot.endpoints[id] else { return snapshot.models[id]?.serving }
    // A shadow is asked by the worker; a split of customers may have to be looked up.
    guard endpoint.shadow == nil, endpoint.versionIds.count == 1 else { return nil }
    return snapshot.deployed[endpoint.versionIds[0]]
  }

  private func predictFromMemory(_ version: LoadedVersion, _ instances: BSONArray) throws(ModelsError) -> BSONDocument?
  {
    guard instances.count <= Self.instancesInMemoryMax else { return nil }
    let documents = try Self.documents(instances, max: limits.instancesMax)
    switch version.content {
    case .clusters, .forecast, .sentiment, .linkage:
      guard !documents.contains(where: { $0.contains("customerId") || $0.contains("userId") }) else { return nil }
      return try predict(version, documents)
    case .factorization, .propensity, .rfm, .value: return nil
    }
  }
}
