import BSON
import Logging
import MongoDB
import Store

/// Trainings that come again by themselves.
extension ModelService {
  /// Has a model trained every so often from now on: `every` is a span such as `7d` or `12h`, not below an hour. Options are checked at
  /// once. Returns the schedule.
  public func setSchedule(
    _ every: String, options: BSONDocument = BSONDocument(), seed: Int64? = nil, ofModel model: String
  ) throws(ModelsError) -> BSONDocument {
    guard let span = RecommendationQuery.milliseconds(parsing: every), span >= limits.scheduleMsMin else {
      throw .invalidField(name: "every", reason: "must be a span such as 7d or 12h, at least an hour")
    }
    let name = try ModelName(parsing: model)
    let parsed = try TrainingOptions(options, ofModel: name)
    _ = try parsed.training(TrainingSetting(store: store, limits: limits, model: name, seed: 1))
    try declare(name, type: parsed.type)
    let schedule = BSONDocument {
      $0.append("everyMs", span)
      $0.append("options", options)
      $0.append("seed", seed ?? 1)
      $0.append("nextAt", BSONDate(millisecondsSince1970: clock().millisecondsSince1970 + span))
    }
    _ = try reading { () throws(StoreError) in
      try store.registry.set(schedule: schedule, ofModel: model, deadline: deadline)
    }
    try state.refreshModels()
    return Self.outward(schedule: schedule, ofModel: model)
  }

  /// A model's schedule.
  public func schedule(ofModel model: String) throws(ModelsError) -> BSONDocument {
    guard let schedule = try stored(model: model).document("schedule") else { throw .notFound(.schedule, id: model) }
    return Self.outward(schedule: schedule, ofModel: model)
  }

  /// Takes a model's schedule away.
  public func removeSchedule(ofModel model: String) throws(ModelsError) {
    guard try stored(model: model).contains("schedule") else { throw .notFound(.schedule, id: model) }
    _ = try reading { () throws(StoreError) in
      try store.registry.set(schedule: nil, ofModel: model, deadline: deadline)
    }
    try state.refreshModels()
  }

  private static func outward(schedule: BSONDocument, ofModel model: String) -> BSONDocument {
    BSONDocument { writer in
      writer.append("model", model)
      writer.append("everySeconds", (schedule.int("everyMs") ?? 0) / 1000)
      for field in ["options", "seed", "nextAt"] { if let element = schedule.element(field) { writer.append(element) } }
    }
  }
}

/// Puts trainings that are due into the queue. Looks at memory only, and at the database when something is due.
struct Scheduler {
  let store: Store
  let limits: ModelLimits
  let state: ServingState
  let log: Logger
  let clock: @Sendable () -> BSONDate

  func enqueueDue() {
    let now = clock()
    for (model, entry) in state.current.models {
      guard let schedule = entry.document.document("schedule"), let due = schedule.date("nextAt"), due <= now,
        let every = schedule.int("everyMs")
      else { continue }
      do throws(StoreError) {
        let deadline = Deadline.after(milliseconds: limits.requestTimeoutMs)
        // What was missed while no process ran is done once.
        let next = BSONDate(millisecondsSince1970: now.millisecondsSince1970 + Int64(every))
        guard try store.registry.takeSchedule(ofModel: model, dueAt: due, next: next, deadline: deadline) else {
          continue
        }
        let job = ModelService.queuedJob(.train, ofModel: model, at: now) { writer in
          writer.append("type", entry.document.string("type") ?? "")
          writer.append("options", schedule.document("options") ?? BSONDocument())
          writer.append("seed", schedule.int("seed") ?? 1)
          writer.append("isScheduled", true)
        }
        try store.registry.set(job: job, deadline: deadline)
      } catch {
        log.warning("a scheduled training cannot be put into the queue", metadata: ["error": "\(error)"])
      }
    }
  }
}
