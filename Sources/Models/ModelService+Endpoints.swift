import BSON
import MongoDB
import Store

/// Endpoints: predictions by a name that stays while versions share the calls. Every model also is an endpoint of its own name that
/// leads to its default version, until one is set.
extension ModelService {
  /// Sets which versions an endpoint asks: `{"trafficSplit": {"kmeans:1": 90, "kmeans:2": 10}}`, percents that add up to 100. All
  /// versions must be servable and of one type.
  public func setEndpoint(_ id: String, _ body: BSONDocument) throws(ModelsError) -> BSONDocument {
    let endpoint = try Endpoint(id: try ModelName(parsing: id), body)
    var types: Set<String> = []
    for share in endpoint.shares { types.insert(try state.version(share.versionId).document.string("type") ?? "") }
    guard types.count == 1 else {
      throw .invalidParameter(name: "trafficSplit", reason: "mixes versions of several types of models")
    }
    try reading { () throws(StoreError) in try store.set(endpoint: endpoint.document, deadline: deadline) }
    try state.refreshModels()
    return Self.outward(endpoint)
  }

  /// Every endpoint that was set, by id.
  public func endpoints() throws(ModelsError) -> [BSONDocument] {
    try reading { () throws(StoreError) in try store.allEndpoints(deadline: deadline) }
      .compactMap { Endpoint($0).map(Self.outward) }
  }

  /// One endpoint that was set.
  public func endpoint(_ id: String) throws(ModelsError) -> BSONDocument {
    guard let endpoint = try endpoints().first(where: { $0.string("id") == id }) else {
      throw .notFound(.endpoint, id: id)
    }
    return endpoint
  }

  /// Removes an endpoint.
  public func removeEndpoint(_ id: String) throws(ModelsError) {
    let wasThere = try reading { () throws(StoreError) in try store.removeEndpoint(id, deadline: deadline) }
    guard wasThere else { throw .notFound(.endpoint, id: id) }
    try state.refreshModels()
  }

  /// Predicts by an endpoint; see ``predict(_:version:instances:)``. All instances of a call go to one version.
  public func predict(endpoint id: String, instances: BSONArray) throws(ModelsError) -> BSONDocument {
    let snapshot = state.current
    guard let endpoint = snapshot.endpoints[id] else {
      guard snapshot.models[id] != nil else { throw .notFound(.endpoint, id: id) }
      return try predict(id, instances: instances)
    }
    let versionId = endpoint.version(ofCall: endpointRounds.next(of: id))
    return try predict(try state.version(versionId), try Self.documents(instances, max: limits.instancesMax))
  }

  private static func outward(_ endpoint: Endpoint) -> BSONDocument {
    BSONDocument { writer in
      writer.append("id", endpoint.id)
      if let split = endpoint.document.element("trafficSplit") { writer.append(split) }
      writer.append("deployedModels", endpoint.shares.map(\.versionId))
    }
  }
}
