import BSON
import MongoDB

extension Registry {
  /// Removes versions of a model for good, each with its bytes. The document goes first: a version that can be seen is complete.
  public func remove(versions ids: [String], deadline: Deadline) throws(StoreError) {
    for id in ids {
      guard let document = try version(id, deadline: deadline) else { continue }
      let pieces = (0..<(document.int("chunks") ?? 0)).map { "\(id)/\($0)" }
      try storing {
        _ = try versions.write([.delete(filter: identity(id), multi: false)], deadline: deadline).confirmed()
        _ = try chunks.write([.delete(filter: among("_id", pieces), multi: true)], deadline: deadline).confirmed()
      }
    }
  }
}

/// Schedules: when a model is to be trained again. A model's document keeps `schedule: {everyMs, options, seed, nextAt}`.
extension Registry {
  /// Sets a schedule, or takes it away with nil. False when there is no such model.
  public func set(schedule: BSONDocument?, ofModel model: String, deadline: Deadline) throws(StoreError) -> Bool {
    let update = BSONDocument { writer in
      if let schedule {
        writer.append("$set", document: { $0.append("schedule", schedule) })
      } else {
        writer.append("$unset", document: { $0.append("schedule", "") })
      }
    }
    return try storing {
      try models.write([.update(filter: identity(model), update: update)], deadline: deadline).confirmed()
        .matchedCount == 1
    }
  }

  /// Moves a schedule that is due on to `next`. Of several replicas one gets true.
  public func takeSchedule(
    ofModel model: String, dueAt: BSONDate, next: BSONDate, deadline: Deadline
  ) throws(StoreError) -> Bool {
    let filter = BSONDocument {
      $0.append("_id", model)
      $0.append("schedule.nextAt", dueAt)
    }
    let update = BSONDocument { $0.append("$set", document: { $0.append("schedule.nextAt", next) }) }
    return try storing {
      try models.write([.update(filter: filter, update: update)], deadline: deadline).confirmed().matchedCount == 1
    }
  }
}
