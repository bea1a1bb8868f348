import BSON
import Dispatch
import Locks
import Logging
import MongoDB
import Store

/// Holds the current snapshot and makes the next one. Readers take a reference under a lock and keep it for the request.
final class ServingState: Sendable {
  private let store: Store
  private let limits: ModelLimits
  private let log: Logger
  private let snapshot: Guarded<ServingSnapshot>
  private let extra = Guarded<[LoadedVersion]>([])
  /// Snapshots are made one at a time, so that an older reading never replaces a newer one.
  private let making = DispatchQueue(label: "customer360.models.swap")
  private let loaded = Guarded((models: false, catalogue: false))

  init(store: Store, limits: ModelLimits, log: Logger) {
    self.store = store
    self.limits = limits
    self.log = log
    snapshot = Guarded(
      ServingSnapshot(
        models: [:], endpoints: [:], deployed: [:],
        catalogue: Catalogue(productsMax: limits.catalogueProductsMax, reading: 0),
        former: nil))
  }

  /// The snapshot to answer from.
  var current: ServingSnapshot { snapshot.withLock { $0 } }

  /// Whether models and catalogue have been read since the start.
  var isLoaded: Bool { loaded.withLock { $0.models && $0.catalogue } }

  private var timeout: Deadline { .after(milliseconds: limits.jobStepTimeoutMs) }

  /// Reads which versions serve, loads those that are new, and swaps.
  func refreshModels() throws(ModelsError) {
    try swapping { former throws(ModelsError) in
      let documents = try reading { () throws(StoreError) in try store.registry.allModels(deadline: timeout) }
      var models: [String: ServingSnapshot.Entry] = [:]
      for document in documents {
        guard let name = document.string("_id") else { continue }
        let known = former.models[name]
        let aliases = document.document("aliases")
        let wanted = ["default", "previous"].compactMap { aliases?.string($0) }.map { "\(name):\($0)" }
        let serving = try firstReadable(of: wanted, known: [known?.serving, known?.outputs])
        let outputs = try firstReadable(
          of: document.string("outputs").map { [$0] } ?? [], known: [serving, known?.outputs, known?.serving])
        models[name] = ServingSnapshot.Entry(document: document, serving: serving, outputs: outputs)
      }
      var endpoints: [String: Endpoint] = [:]
      for document in try reading({ () throws(StoreError) in try store.allEndpoints(deadline: timeout) }) {
        if let endpoint = Endpoint(document) { endpoints[endpoint.id] = endpoint }
      }
      var deployed: [String: LoadedVersion] = [:]
      let inModels = models.values.flatMap { [$0.serving, $0.outputs] }
      for id in Set(endpoints.values.flatMap { $0.versionIds + [$0.shadow].compactMap { $0 } }) {
        deployed[id] = try firstReadable(of: [id], known: inModels + [former.deployed[id]])
      }
      loaded.withLock { $0.models = true }
      // What serves need not be kept a second time.
      let serving = Set(models.values.flatMap { [$0.serving?.id, $0.outputs?.id].compactMap { $0 } } + deployed.keys)
      extra.withLock { $0.removeAll { serving.contains($0.id) } }
      return ServingSnapshot(
        models: models, endpoints: endpoints, deployed: deployed, catalogue: former.catalogue, former: former)
    }
  }

  /// Swaps the catalogue.
  func set(_ catalogue: Catalogue) {
    // Nothing is read here, so nothing can fail.
    try? swapping { former throws(ModelsError) in
      ServingSnapshot(
        models: former.models, endpoints: former.endpoints, deployed: former.deployed, catalogue: catalogue,
        former: former)
    }
    loaded.withLock { $0.catalogue = true }
  }

  private func swapping(_ make: (ServingSnapshot) throws(ModelsError) -> ServingSnapshot) throws(ModelsError) {
    let failure: ModelsError? = making.sync {
      do throws(ModelsError) {
        let next = try make(current)
        snapshot.withLock { $0 = next }
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  /// The first of the versions that can be read. One that cannot is said in the log; the database being away is an error.
  private func firstReadable(of ids: [String], known: [LoadedVersion?]) throws(ModelsError) -> LoadedVersion? {
    for id in ids {
      let loaded = extra.withLock { $0 }
      if let version = known.first(where: { $0?.id == id }) ?? loaded.first(where: { $0.id == id }) { return version }
      do throws(ModelsError) {
        return try load(id)
      } catch {
        if case .store = error { throw error }
        log.error("a model version cannot be served", metadata: ["version": "\(id)", "error": "\(error)"])
      }
    }
    return nil
  }

  // MARK: Versions by name

  /// A version by its id, loaded when it is not. The last few asked for stay loaded.
  func version(_ id: String) throws(ModelsError) -> LoadedVersion {
    let now = current
    for entry in now.models.values {
      if let version = [entry.serving, entry.outputs].compactMap({ $0 }).first(where: { $0.id == id }) {
        return version
      }
    }
    if let version = now.deployed[id] { return version }
    if let version = extra.withLock({ $0.first { $0.id == id } }) { return version }
    let version = try load(id)
    extra.withLock { versions in
      versions.removeAll { $0.id == id }
      versions.insert(version, at: 0)
      if versions.count > limits.extraVersionsLoadedMax { versions.removeLast() }
    }
    return version
  }

  private func load(_ id: String) throws(ModelsError) -> LoadedVersion {
    let document = try reading { () throws(StoreError) in try store.registry.version(id, deadline: timeout) }
    guard let document else { throw .notFound(.version, id: id) }
    let bytes = try reading { () throws(StoreError) in try store.registry.bytes(of: document, deadline: timeout) }
    guard let bytes else { throw .unreadableVersion(id: id, reason: "a piece is missing or the checksum differs") }
    return try LoadedVersion(document, bytes: bytes)
  }
}
