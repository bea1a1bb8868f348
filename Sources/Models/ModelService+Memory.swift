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
    let snapshot = state.current
    guard let entry = snapshot.models[name], let serving = entry.serving else { return nil }
    if let version, version != "default" {
      let number = Self.aliases(entry.document).first { $0.name == version }?.version ?? version
      guard number == serving.version else { return nil }
    }
    return try predictFromMemory(serving, instances)
  }

  /// As ``predict(endpoint:instances:)``; nil when that might block or take long.
  public func predictFromMemory(endpoint id: String, instances: BSONArray) throws(ModelsError) -> BSONDocument? {
    let snapshot = state.current
    guard let endpoint = snapshot.endpoints[id] else { return try predictFromMemory(id, instances: instances) }
    // A shadow is asked by the worker; a split of customers may have to be looked up.
    guard endpoint.shadow == nil, endpoint.versionIds.count == 1,
      let version = snapshot.deployed[endpoint.versionIds[0]]
    else { return nil }
    return try predictFromMemory(version, instances)
  }

  private func predictFromMemory(_ version: LoadedVersion, _ instances: BSONArray) throws(ModelsError) -> BSONDocument?
  {
    guard instances.count <= Self.instancesInMemoryMax else { return nil }
    let documents = try Self.documents(instances, max: limits.instancesMax)
    switch version.content {
    case .clusters, .forecast, .sentiment:
      guard !documents.contains(where: { $0.contains("customerId") }) else { return nil }
      return try predict(version, documents)
    case .factorization, .propensity, .rfm, .value: return nil
    }
  }
}
