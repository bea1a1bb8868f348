import BSON
import MongoDB
import Store

/// Trainings and other jobs.
extension ModelService {
  /// Has a new version of a model trained, and returns the job at once.
  ///
  /// Options are checked before: a job that is taken can fail for its data only. Without a seed it is 1, so that equal data give
  /// an equal model.
  public func train(_ model: String, options: BSONDocument = BSONDocument(), seed: Int64? = nil) throws(ModelsError)
    -> BSONDocument
  {
    let name = try ModelName(parsing: model)
    let parsed = try TrainingOptions(options, ofModel: name)
    // Reading the options is the check.
    _ = try parsed.training(TrainingSetting(store: store, limits: limits, model: name, seed: 1))
    try declare(name, type: parsed.type)
    return try enqueue(kind: .train, model: name.string) {
      $0.append("type", parsed.type.rawValue)
      $0.append("options", options)
      $0.append("seed", seed ?? 1)
    }
  }

  /// Says of which type a model is, and refuses another than it has.
  func declare(_ name: ModelName, type: ModelType) throws(ModelsError) {
    let known = try reading { () throws(StoreError) in
      try store.registry.declare(name.string, type: type.rawValue, at: clock(), deadline: deadline)
    }
    if let known = known?.string("type"), known != type.rawValue {
      throw .invalidOption(name: "MODEL_TYPE", reason: "must be \(known), which \(name.string) is")
    }
  }

  /// A job: `{id, kind, model, state, stage, progress, createdAt, …}`, at its end with `version` or `error`.
  public func job(_ id: String) throws(ModelsError) -> BSONDocument {
    let job = try reading { () throws(StoreError) in try store.registry.job(id, deadline: deadline) }
    guard let job else { throw .notFound(.job, id: id) }
    return Self.outward(job)
  }

  /// The latest jobs of a model, or of all, newest first.
  public func jobs(ofModel model: String? = nil, limit: Int = 50) throws(ModelsError) -> [BSONDocument] {
    try reading { () throws(StoreError) in
      try store.registry.recentJobs(ofModel: model, limit: limit, deadline: deadline)
    }.map(Self.outward)
  }

  /// Cancels a job that waits or runs; a running one ends at its next step. Returns the job as it is then.
  public func cancelJob(_ id: String) throws(ModelsError) -> BSONDocument {
    let job = try reading { () throws(StoreError) in try store.registry.cancelJob(id, at: clock(), deadline: deadline) }
    guard let job else { throw .notFound(.job, id: id) }
    let state = job.string("state").flatMap(JobState.init(rawValue:))
    if state == .succeeded || state == .failed { throw .jobEnded(state: state?.rawValue ?? "") }
    runner.cancel(id)
    return Self.outward(job)
  }

  /// What a job does.
  enum JobKind: String {
    /// Trains a version.
    case train
    /// Writes segments, recommendations and scores of the version that is the default when the job's turn comes.
    case outputs
  }

  func enqueue(
    kind: JobKind, model: String, _ fields: (inout BSONWriter) -> Void
  ) throws(ModelsError) -> BSONDocument {
    let open = try reading { () throws(StoreError) in try store.registry.openJobs(deadline: deadline) }
    if kind == .outputs {
      // What waits writes the default that it finds when its turn comes, so one job does for many changes, and none is refused.
      let waiting = open.first {
        $0.string("kind") == kind.rawValue && $0.string("model") == model
          && $0.string("state") == JobState.queued.rawValue
      }
      if let waiting { return Self.outward(waiting) }
    } else if open.count >= limits.queuedJobsMax {
      throw .busy(limit: limits.queuedJobsMax)
    }
    let job = Self.queuedJob(kind, ofModel: model, at: clock(), fields)
    try reading { () throws(StoreError) in try store.registry.set(job: job, deadline: deadline) }
    runner.wake()
    return Self.outward(job)
  }

  /// A job that waits.
  static func queuedJob(
    _ kind: JobKind, ofModel model: String, at now: BSONDate, _ fields: (inout BSONWriter) -> Void
  ) -> BSONDocument {
    BSONDocument { writer in
      writer.append(
        "_id",
        Digest.identifier(
          prefix: "job_", model, String(now.millisecondsSince1970), String(UInt64.random(in: .min ... .max))))
      writer.append("kind", kind.rawValue)
      writer.append("model", model)
      writer.append("state", JobState.queued.rawValue)
      writer.append("stage", "waiting")
      writer.append("progress", 0.0)
      writer.append("createdAt", now)
      fields(&writer)
    }
  }

  /// A job without what concerns nobody outside: its process.
  static func outward(_ job: BSONDocument) -> BSONDocument {
    BSONDocument { writer in
      for element in job {
        if element.keyEquals("_id") {
          writer.append("id", valueOf: element)
        } else if !element.keyEquals("owner") {
          writer.append(element)
        }
      }
    }
  }
}
