import BSON
import Logging
import MongoDB
import Store
import Synchronization

/// What jobs do: train a version, judge it, write its outputs, and let it serve. Runs on the job runner's thread.
final class Trainer: Sendable {
  /// How long a generation that is no longer read stays, for readers that took the former snapshot.
  static let graceMs = 10_000

  private let store: Store
  private let limits: ModelLimits
  private let state: ServingState
  private let owner: String
  private let log: Logger
  private let clock: @Sendable () -> BSONDate
  private let sweepAt: Mutex<ContinuousClock.Instant?>

  init(
    store: Store, limits: ModelLimits, state: ServingState, owner: String, log: Logger,
    clock: @escaping @Sendable () -> BSONDate
  ) {
    self.store = store
    self.limits = limits
    self.state = state
    self.owner = owner
    self.log = log
    self.clock = clock
    // What a former process left behind is swept as well.
    sweepAt = Mutex(.now + .milliseconds(Self.graceMs))
  }

  private var timeout: Deadline { .after(milliseconds: limits.jobStepTimeoutMs) }

  /// Reads options without data, so that a mistake is an answer and not a failed job.
  static func check(
    _ options: TrainingOptions, model: ModelName, store: Store, limits: ModelLimits
  ) throws(ModelsError) {
    switch options.type {
    case .kmeans:
      _ = try ClusterTraining(store: store, limits: limits, model: model, seed: 1, values: options.values)
    case .matrixFactorization:
      _ = try FactorizationTraining(store: store, limits: limits, model: model, seed: 1, values: options.values)
    }
  }

  /// Runs one job and returns the fields that say what came of it.
  func run(_ job: BSONDocument, handle: JobHandle) throws(ModelsError) -> BSONDocument {
    let model = try ModelName(parsing: job.string("model") ?? "")
    switch job.string("kind").flatMap(ModelService.JobKind.init(rawValue:)) {
    case .outputs: return try writeOutputs(of: model, version: job.string("version") ?? "", handle)
    case .train, nil: return try train(model, job, handle)
    }
  }

  // MARK: Training

  private func train(_ model: ModelName, _ job: BSONDocument, _ handle: JobHandle) throws(ModelsError) -> BSONDocument {
    let options = try TrainingOptions(job.document("options") ?? BSONDocument(), ofModel: model)
    try state.refreshModels()
    let live = state.current.models[model.string]?.serving
    let seed = Int64(job.int("seed") ?? 1)
    let trained = try trainVersion(options, of: model, seed: UInt64(bitPattern: seed), live: live, handle)
    try handle.checkCancelled()
    let (version, id) = try register(trained, options: options, model: model, seed: seed, job: job)
    let loaded = try state.version(id)
    let isFirst = live == nil
    if isFirst { try publish(model, version: version, outputs: nil) }
    let serves = isFirst || trained.verdict.passed
    if serves {
      try write(loaded, of: model, handle)
      try publish(model, version: version, outputs: loaded.id)
    }
    log.info("model trained", metadata: ["version": "\(id)", "serves": "\(serves)"])
    return BSONDocument {
      $0.append("version", version)
      $0.append("isDefault", serves)
      $0.append("gate", trained.verdict.document)
      $0.append("metrics", trained.metrics)
    }
  }

  private func trainVersion(
    _ options: TrainingOptions, of model: ModelName, seed: UInt64, live: LoadedVersion?, _ handle: JobHandle
  ) throws(ModelsError) -> TrainedVersion {
    switch options.type {
    case .kmeans:
      try ClusterTraining(store: store, limits: limits, model: model, seed: seed, values: options.values)
        .run(live: live, handle: handle)
    case .matrixFactorization:
      try FactorizationTraining(store: store, limits: limits, model: model, seed: seed, values: options.values)
        .run(live: live, handle: handle)
    }
  }

  /// Gives the version its number only when it is complete, so that numbers have no gaps from failed trainings.
  private func register(
    _ trained: TrainedVersion, options: TrainingOptions, model: ModelName, seed: Int64, job: BSONDocument
  ) throws(ModelsError) -> (version: String, id: String) {
    let number = try reading { () throws(StoreError) in
      try store.registry.nextVersionNumber(of: model.string, deadline: timeout)
    }
    let id = model.id(ofVersion: String(number))
    let fields = trained.fields(
      model: model, type: options.type, number: number, seed: seed, jobId: job.string("_id") ?? "", at: clock())
    try reading { () throws(StoreError) in
      try store.registry.add(id, fields: fields, bytes: trained.bytes, deadline: timeout)
    }
    return (String(number), id)
  }

  // MARK: Outputs

  private func writeOutputs(
    of model: ModelName, version: String, _ handle: JobHandle
  ) throws(ModelsError) -> BSONDocument {
    let loaded = try state.version(model.id(ofVersion: version))
    guard try isDefault(version, of: model) else {
      return BSONDocument { $0.append("note", "another version is the default by now; nothing was written") }
    }
    try write(loaded, of: model, handle)
    // Should yet another have become the default meanwhile, a job of its own waits behind this one.
    if try isDefault(version, of: model) { try publish(model, version: nil, outputs: loaded.id) }
    return BSONDocument { $0.append("version", version) }
  }

  /// Writes everything under the version's generation. Readers see it when it is published: never a part, never nothing.
  private func write(_ loaded: LoadedVersion, of model: ModelName, _ handle: JobHandle) throws(ModelsError) {
    try reading { () throws(StoreError) in
      try store.registry.announce(generation: loaded.id, ofModel: model.string, deadline: timeout)
    }
    try OutputsWriter(store: store, limits: limits, state: state, version: loaded, now: clock()).writeAll(handle)
    try handle.checkCancelled()
  }

  private func publish(_ model: ModelName, version: String?, outputs: String?) throws(ModelsError) {
    try reading { () throws(StoreError) in
      try store.registry.publish(model.string, version: version, outputs: outputs, deadline: timeout)
    }
    try state.refreshModels()
    if outputs != nil { sweepAt.withLock { $0 = .now + .milliseconds(Self.graceMs) } }
  }

  private func isDefault(_ version: String, of model: ModelName) throws(ModelsError) -> Bool {
    let document = try reading { () throws(StoreError) in
      try store.registry.model(model.string, deadline: timeout)
    }
    return document?.document("aliases")?.string("default") == version
  }

  // MARK: Sweeping

  /// Removes generations that nobody reads any more, once readers of the former one have had time to finish. A model that is being
  /// trained elsewhere is left for later: its lease is taken.
  func sweep() {
    guard let due = sweepAt.withLock({ $0 }), due <= .now else { return }
    do throws(ModelsError) {
      var isComplete = true
      for document in try reading({ () throws(StoreError) in try store.registry.allModels(deadline: timeout) }) {
        guard let model = document.string("_id") else { continue }
        if try !sweep(model: model) { isComplete = false }
      }
      sweepAt.withLock { $0 = isComplete ? nil : .now + .milliseconds(Self.graceMs) }
    } catch {
      log.warning("old generations cannot be removed yet", metadata: ["error": "\(error)"])
      sweepAt.withLock { $0 = .now + .milliseconds(Self.graceMs) }
    }
  }

  private func sweep(model: String) throws(ModelsError) -> Bool {
    try reading { () throws(StoreError) in
      guard
        let lease = try store.acquireLease(
          JobRunner.leaseName(ofModel: model), owner: owner, milliseconds: limits.leaseMs, deadline: timeout)
      else { return false }
      // Read under the lease: what is announced or read now stays.
      if let document = try store.registry.model(model, deadline: timeout) {
        let kept = ["outputs", "upcoming"].compactMap { document.string($0) }
        try store.outputs.removeGenerations(ofModel: model, otherThan: kept, deadline: timeout)
      }
      try store.releaseLease(lease, deadline: timeout)
      return true
    }
  }
}
