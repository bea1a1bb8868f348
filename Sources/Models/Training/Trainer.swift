import BSON
import Locks
import Logging
import MongoDB
import Store

/// What jobs do: train a version, judge it, write its outputs, and let it serve. Runs on the job runner's thread.
final class Trainer: Sendable {
  private let store: Store
  private let limits: ModelLimits
  private let state: ServingState
  private let owner: String
  private let log: Logger
  private let clock: @Sendable () -> BSONDate
  private let due: Guarded<OutputsUpkeep.Due>

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
    // What a former process left behind is tidied up as well.
    let soon = ContinuousClock.now + .milliseconds(limits.generationGraceMs)
    due = Guarded(OutputsUpkeep.Due(sweep: soon, check: soon))
  }

  private var timeout: Deadline { .after(milliseconds: limits.jobStepTimeoutMs) }

  /// Runs one job and returns the fields that say what came of it.
  func run(_ job: BSONDocument, handle: JobHandle) throws(ModelsError) -> BSONDocument {
    let model = try ModelName(parsing: job.string("model") ?? "")
    switch job.string("kind").flatMap(ModelService.JobKind.init(rawValue:)) {
    case .outputs: return try writeOutputs(of: model, handle)
    case .train, nil: return try train(model, job, handle)
    }
  }

  // MARK: Training

  private func train(_ model: ModelName, _ job: BSONDocument, _ handle: JobHandle) throws(ModelsError) -> BSONDocument {
    let options = try TrainingOptions(job.document("options") ?? BSONDocument(), ofModel: model)
    try state.refreshModels()
    let live = state.current.models[model.string]?.serving
    let seed = Int64(job.int("seed") ?? 1)
    let training = try options.training(
      TrainingSetting(store: store, limits: limits, model: model, seed: UInt64(bitPattern: seed)))
    try training.plan(deadline: timeout).check(limits)
    let trained = try training.run(live: live, handle: handle)
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
    try forgetOldVersions(of: model)
    log.info("model trained", metadata: ["version": "\(id)", "serves": "\(serves)"])
    return BSONDocument {
      $0.append("version", version)
      $0.append("isDefault", serves)
      $0.append("gate", trained.verdict.document)
      $0.append("metrics", trained.metrics)
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

  /// Removes versions that nothing leads to, but the newest.
  private func forgetOldVersions(of model: ModelName) throws(ModelsError) {
    try reading { () throws(StoreError) in
      let versions = try store.registry.versions(of: model.string, deadline: timeout)
      guard versions.count > limits.versionsKept,
        let document = try store.registry.model(model.string, deadline: timeout)
      else { return }
      var used = Set(ModelService.aliases(document).map { model.id(ofVersion: $0.version) })
      used.formUnion(["outputs", "upcoming"].compactMap { document.string($0) })
      for endpoint in try store.allEndpoints(deadline: timeout).compactMap(Endpoint.init) {
        used.formUnion(endpoint.shares.map(\.versionId) + [endpoint.shadow].compactMap { $0 })
      }
      let old = versions.dropLast(limits.versionsKept).compactMap { $0.string("_id") }.filter { !used.contains($0) }
      try store.registry.remove(versions: old, deadline: timeout)
    }
  }

  // MARK: Outputs

  private func writeOutputs(of model: ModelName, _ handle: JobHandle) throws(ModelsError) -> BSONDocument {
    guard let version = try defaultVersion(of: model) else {
      return BSONDocument { $0.append("note", "no version serves; nothing was written") }
    }
    let loaded = try state.version(model.id(ofVersion: version))
    try write(loaded, of: model, handle)
    // Should another have become the default meanwhile, a job of its own waits behind this one.
    if try defaultVersion(of: model) == version { try publish(model, version: nil, outputs: loaded.id) }
    return BSONDocument { $0.append("version", version) }
  }

  /// Writes everything under the version's generation. Readers see it when it is published: never a part, never nothing.
  private func write(_ loaded: LoadedVersion, of model: ModelName, _ handle: JobHandle) throws(ModelsError) {
    // Should this fail, the sweep removes what was written.
    due.withLock { $0.sweep = grace }
    try reading { () throws(StoreError) in
      try store.registry.announce(generation: loaded.id, ofModel: model.string, deadline: timeout)
    }
    try OutputsWriter(store: store, limits: limits, state: state, version: loaded, now: clock()).writeAll(handle)
    try handle.checkCancelled()
  }

  private func publish(_ model: ModelName, version: String?, outputs: String?) throws(ModelsError) {
    let isPublished = try reading { () throws(StoreError) in
      try store.registry.publish(model.string, version: version, outputs: outputs, deadline: timeout)
    }
    // Whoever took the lease meanwhile has removed the outputs.
    guard isPublished else { throw .cancelled }
    try state.refreshModels()
    if outputs != nil { due.withLock { $0.sweep = grace } }
  }

  // MARK: Between jobs

  private var grace: ContinuousClock.Instant { .now + .milliseconds(limits.generationGraceMs) }

  /// Has all outputs checked when no job runs.
  func checkOutputs() { due.withLock { $0.check = .now } }

  /// Removes old generations and checks outputs, when that is due. What cannot be finished is tried again later.
  func tidy(while mayGoOn: () -> Bool) {
    let upkeep = OutputsUpkeep(store: store, limits: limits, state: state, owner: owner)
    let now = ContinuousClock.now
    let (mustSweep, mustCheck) = due.withLock { due in
      let answer = (due.sweep.map { $0 <= now } ?? false, due.check.map { $0 <= now } ?? false)
      if answer.0 { due.sweep = nil }
      if answer.1 { due.check = nil }
      return answer
    }
    if mustSweep, !succeeds({ () throws(ModelsError) in try upkeep.sweep() }) { due.withLock { $0.sweep = grace } }
    if mustCheck, !succeeds({ () throws(ModelsError) in try upkeep.check(while: mayGoOn) }) {
      due.withLock { $0.check = grace }
    }
  }

  private func succeeds(_ work: () throws(ModelsError) -> Bool) -> Bool {
    do throws(ModelsError) {
      return try work()
    } catch {
      log.warning("outputs cannot be tidied up yet", metadata: ["error": "\(error)"])
      return false
    }
  }

  private func defaultVersion(of model: ModelName) throws(ModelsError) -> String? {
    try reading { () throws(StoreError) in
      try store.registry.model(model.string, deadline: timeout)
    }?.document("aliases")?.string("default")
  }
}
