import BSON
import Store

/// Endpoints: predictions by a name that stays while versions share the customers. Every model also is an endpoint of its own name
/// that leads to its default version, until one is set.
extension ModelService {
  /// Sets which versions an endpoint asks: `trafficSplit` is `{"kmeans:1": 90, "kmeans:2": 10}`, percents that add up to 100. All
  /// versions, `shadow` too, must be servable and of one type.
  public func setEndpoint(
    _ id: String, trafficSplit: BSONDocument?, shadow: String? = nil, model: String? = nil
  ) throws(ModelsError) -> BSONDocument {
    let endpoint = try Endpoint(
      id: try ModelName(parsing: id), trafficSplit: trafficSplit, shadow: shadow, model: model)
    var types: Set<String> = []
    for versionId in endpoint.shares.map(\.versionId) + [endpoint.shadow].compactMap({ $0 }) {
      types.insert(try state.version(versionId).document.string("type") ?? "")
    }
    guard types.count == 1 else {
      throw .invalidField(name: "trafficSplit", reason: "mixes versions of several types of models")
    }
    try reading { () throws(StoreError) in try store.set(endpoint: endpoint.document, deadline: deadline) }
    try state.refreshModels()
    return endpoint.outward
  }

  /// Every endpoint that was set, by id.
  public func endpoints() throws(ModelsError) -> [BSONDocument] {
    try reading { () throws(StoreError) in try store.allEndpoints(deadline: deadline) }
      .compactMap { Endpoint($0)?.outward }
  }

  /// One endpoint that was set.
  public func endpoint(_ id: String) throws(ModelsError) -> BSONDocument {
    guard let endpoint = try endpoints().first(where: { $0.string("id") == id }) else {
      throw .notFound(.endpoint, id: id)
    }
    return endpoint
  }

  /// Removes an endpoint, and what its shadows were found to agree with.
  public func removeEndpoint(_ id: String) throws(ModelsError) {
    let wasThere = try reading { () throws(StoreError) in try store.removeEndpoint(id, deadline: deadline) }
    guard wasThere else { throw .notFound(.endpoint, id: id) }
    try state.refreshModels()
    try reading { () throws(StoreError) in
      try shadows.flush()
      try store.removeShadowAgreements(ofEndpoint: id, deadline: deadline)
    }
  }

  /// How far each shadow of an endpoint agreed with each live version: `{deployedModelId, shadow, since, until, calls, instances,
  /// failed, leftOut, agreement, meanAbsoluteDifference}`, over all replicas.
  public func shadowReports(ofEndpoint id: String) throws(ModelsError) -> [BSONDocument] {
    _ = try endpoint(id)
    return try reading { () throws(StoreError) in
      try shadows.flush()
      return try store.shadowAgreements(ofEndpoint: id, deadline: deadline)
    }.map(ShadowAgreement.outward)
  }

  /// Predicts by an endpoint; see ``predict(_:version:instances:)``.
  ///
  /// A customer is always answered by the same version. When the instances of one call belong to several versions, each prediction has
  /// its `deployedModelId`, and the answer names the version of the first.
  public func predict(endpoint id: String, instances: BSONArray) throws(ModelsError) -> BSONDocument {
    let snapshot = state.current
    guard let endpoint = snapshot.endpoints[id] else {
      guard snapshot.models[id] != nil else { throw .notFound(.endpoint, id: id) }
      return try predict(id, instances: instances)
    }
    let documents = try Self.documents(instances, max: limits.instancesMax)
    let versionIds = try versions(of: documents, at: endpoint)
    var groups: [(version: LoadedVersion, positions: [Int])] = []
    for (position, versionId) in versionIds.enumerated() {
      if let group = groups.firstIndex(where: { $0.version.id == versionId }) {
        groups[group].positions.append(position)
      } else {
        groups.append((try version(versionId, in: snapshot), [position]))
      }
    }
    guard let first = groups.first else {
      let versionId = endpoint.version(ofCall: endpointRounds.next(of: id))
      return try predict(try version(versionId, in: snapshot), documents)
    }
    var answered = [BSONDocument](repeating: BSONDocument(), count: documents.count)
    for (version, positions) in groups {
      let asked = positions.count == documents.count ? documents : positions.map { documents[$0] }
      let answers = try predictions(version, asked, positions: positions)
      for (position, answer) in zip(positions, answers) {
        answered[position] = groups.count == 1 ? answer : Self.named(answer, version)
      }
      guard let shadow = endpoint.shadow else { continue }
      let call = ShadowCalls.Call(
        endpoint: id, shadow: shadow, live: version, instances: asked, predictions: answers)
      shadows.take(call) { [weak self] id, instances throws(ModelsError) in
        guard let self else { throw .cancelled }
        let version = try state.version(id)
        return (version, try predictions(version, instances))
      }
    }
    return BSONDocument { writer in
      writer.append("predictions", answered)
      writer.append(contentsOf: first.version.identity)
    }
  }

  /// The version of an id: at hand when an endpoint needs it.
  private func version(_ id: String, in snapshot: ServingSnapshot) throws(ModelsError) -> LoadedVersion {
    if let version = snapshot.deployed[id] { return version }
    return try state.version(id)
  }

  /// Predictions of some of a call's instances; an instance at fault is named by its place in the call.
  private func predictions(
    _ version: LoadedVersion, _ instances: [BSONDocument], positions: [Int]
  ) throws(ModelsError) -> [BSONDocument] {
    do throws(ModelsError) {
      return try predictions(version, instances)
    } catch .invalidInstance(let index, let field, let reason) {
      throw .invalidInstance(index: positions[index], field: field, reason: reason)
    }
  }

  private static func named(_ prediction: BSONDocument, _ version: LoadedVersion) -> BSONDocument {
    BSONDocument { writer in
      writer.append(contentsOf: prediction)
      writer.append("deployedModelId", version.id)
    }
  }

  // MARK: Whose version

  /// The version for each instance: of its customer, or of the call where it names none.
  private func versions(of instances: [BSONDocument], at endpoint: Endpoint) throws(ModelsError) -> [String] {
    let live = endpoint.versionIds
    if live.count == 1 { return [String](repeating: live[0], count: instances.count) }
    let customers = try customers(named: instances)
    let ofCall = endpoint.version(ofCall: endpointRounds.next(of: endpoint.id))
    return customers.map { $0.map(endpoint.version(ofCustomer:)) ?? ofCall }
  }

  /// The customer that each instance names; a user stands for the customer that it belongs to, so that one person is answered alike by
  /// either name.
  private func customers(named instances: [BSONDocument]) throws(ModelsError) -> [String?] {
    var users: Set<String> = []
    var names: [String?] = []
    for instance in instances {
      if let customer = instance.string("customerId") {
        names.append(customer)
      } else if let user = instance.string("userId"), let identifier = Identifier(.user, user) {
        users.insert(identifier.key)
        names.append(identifier.key)
      } else {
        names.append(nil)
      }
    }
    guard !users.isEmpty else { return names }
    let keys = users.sorted()
    let found = try reading { () throws(StoreError) in
      try store.projections.assignments(of: keys, deadline: deadline)
    }
    var customerOfUser: [String: String] = [:]
    for assignment in found { customerOfUser[assignment.key] = assignment.customerId }
    return names.map { name in name.map { customerOfUser[$0] ?? $0 } }
  }
}
