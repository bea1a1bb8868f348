import BSON
import MongoDB

/// What becomes of a job, in the order in which it may happen.
public enum JobState: String, Sendable, CaseIterable {
  case queued, running, succeeded, failed, cancelled

  /// Whether nothing more will happen to the job.
  public var isFinal: Bool { self == .succeeded || self == .failed || self == .cancelled }
}

/// Jobs change state by conditional writes only, so that of several replicas one runs a job and a process that lost it
/// cannot write to it any more.
extension Registry {
  /// Jobs that wait or run, oldest first.
  public func openJobs(deadline: Deadline) throws(StoreError) -> [BSONDocument] {
    let filter = among("state", [JobState.queued.rawValue, JobState.running.rawValue])
    return try storing { try jobs.find(filter, FindOptions(sort: ascending("createdAt")), deadline: deadline) }
  }

  /// The latest jobs of a model, or of all, newest first.
  public func recentJobs(ofModel model: String?, limit: Int, deadline: Deadline) throws(StoreError) -> [BSONDocument] {
    let filter = BSONDocument { writer in if let model { writer.append("model", model) } }
    let order = BSONDocument {
      $0.append("createdAt", Int32(-1))
      $0.append("_id", Int32(-1))
    }
    return try storing { try jobs.find(filter, FindOptions(sort: order, limit: limit), deadline: deadline) }
  }

  /// Lets `owner` run a job that waits. Nil when it does not wait any more.
  public func startJob(
    _ id: String, owner: String, at now: BSONDate, deadline: Deadline
  ) throws(StoreError) -> BSONDocument? {
    let waiting = BSONDocument {
      $0.append("_id", id)
      $0.append("state", JobState.queued.rawValue)
    }
    let start = BSONDocument {
      $0.append(
        "$set",
        document: {
          $0.append("state", JobState.running.rawValue)
          $0.append("owner", owner)
          $0.append("startedAt", now)
        })
      $0.append("$inc", document: { $0.append("attempts", Int32(1)) })
    }
    return try storing {
      try jobs.findAndModify(
        filter: waiting, update: .update(start), upsert: false, returnNew: true, deadline: deadline)
    }
  }

  /// Sets fields of a job that `owner` runs and returns the job. Nil when it is not the owner's any more.
  public func updateJob(
    _ id: String, owner: String, setting fields: BSONDocument, deadline: Deadline
  ) throws(StoreError) -> BSONDocument? {
    let change = BSONDocument { $0.append("$set", fields) }
    return try storing {
      try jobs.findAndModify(
        filter: running(id, by: owner), update: .update(change), upsert: false, returnNew: true, deadline: deadline)
    }
  }

  /// Takes a job away from an owner that is gone: `fields` say in which state it is now.
  public func takeJob(
    _ id: String, from owner: String, setting fields: BSONDocument, deadline: Deadline
  ) throws(StoreError) -> Bool {
    let change = BSONDocument { $0.append("$set", fields) }
    let result = try storing {
      try jobs.write(
        [.update(filter: running(id, by: owner), update: change)], deadline: deadline
      ).confirmed()
    }
    return result.matchedCount == 1
  }

  /// Ends a job that waits, or asks the one who runs it to stop. Returns the job as it is then.
  public func cancelJob(_ id: String, at now: BSONDate, deadline: Deadline) throws(StoreError) -> BSONDocument? {
    let waiting = BSONDocument {
      $0.append("_id", id)
      $0.append("state", JobState.queued.rawValue)
    }
    let end = BSONDocument {
      $0.append(
        "$set",
        document: {
          $0.append("state", JobState.cancelled.rawValue)
          $0.append("finishedAt", now)
        })
    }
    let busy = BSONDocument {
      $0.append("_id", id)
      $0.append("state", JobState.running.rawValue)
    }
    let ask = BSONDocument { $0.append("$set", document: { $0.append("cancelRequested", true) }) }
    return try storing {
      for (filter, change) in [(waiting, end), (busy, ask)] {
        if let job = try jobs.findAndModify(
          filter: filter, update: .update(change), upsert: false, returnNew: true, deadline: deadline)
        {
          return job
        }
      }
      return try jobs.findOne(identity(id), deadline: deadline)
    }
  }

  private func running(_ id: String, by owner: String) -> BSONDocument {
    BSONDocument {
      $0.append("_id", id)
      $0.append("state", JobState.running.rawValue)
      $0.append("owner", owner)
    }
  }

  static let jobIndexes = [
    index([("state", 1), ("createdAt", 1)]),
    index([("model", 1), ("createdAt", -1), ("_id", -1)]),
    index([("createdAt", -1), ("_id", -1)]),
  ]

  private static func index(_ fields: [(name: String, direction: Int32)]) -> IndexDefinition {
    IndexDefinition(keys: BSONDocument { for field in fields { $0.append(field.name, field.direction) } })
  }
}
