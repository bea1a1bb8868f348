import BSON
import MongoDB

/// Which version of a model serves, and under which generation its stored outputs are read.
///
/// A model's document is `{_id, type, versionsStarted, aliases{default, previous}, outputs, upcoming}`. `outputs` is the
/// generation whose segments and recommendations are complete and read; `upcoming` one that is being written.
extension Registry {
  /// Says of which type a model is; what was said first holds. Returns the model.
  public func declare(
    _ model: String, type: String, at now: BSONDate, deadline: Deadline
  ) throws(StoreError) -> BSONDocument? {
    let first = BSONDocument {
      $0.append(
        "$setOnInsert",
        document: {
          $0.append("type", type)
          $0.append("createdAt", now)
        })
    }
    return try storing {
      try models.findAndModify(
        filter: identity(model), update: .update(first), upsert: true, returnNew: true, deadline: deadline)
    }
  }

  /// Announces a generation before its outputs are written, so that customers which change from now on are written to it too.
  public func announce(generation: String, ofModel model: String, deadline: Deadline) throws(StoreError) {
    let update = BSONDocument { $0.append("$set", document: { $0.append("upcoming", generation) }) }
    _ = try storing {
      try models.write([.update(filter: identity(model), update: update)], deadline: deadline).confirmed()
    }
  }

  /// Asks every replica to compare what is stored of customers with the customers, as after a rebuild that no replica saw.
  public func requestOutputsCheck(at now: BSONDate, deadline: Deadline) throws(StoreError) {
    let update = BSONDocument { $0.append("$set", document: { $0.append("checkRequestedAt", now) }) }
    _ = try storing {
      try models.write([.update(filter: BSONDocument(), update: update, multi: true)], deadline: deadline).confirmed()
    }
  }

  /// Takes back what was announced: its outputs will not be completed. For the holder of the model's lease.
  public func retractAnnouncement(ofModel model: String, deadline: Deadline) throws(StoreError) {
    let update = BSONDocument { $0.append("$unset", document: { $0.append("upcoming", "") }) }
    _ = try storing {
      try models.write([.update(filter: identity(model), update: update)], deadline: deadline).confirmed()
    }
  }

  /// Lets `default` stand for a version, `previous` for the one before it, and readers of outputs read `outputs`:
  /// each where given, all in one atomic write. False when `outputs` are not announced any more, and may have been removed:
  /// nothing was changed then.
  public func publish(
    _ model: String, version: String?, outputs generation: String?, deadline: Deadline
  ) throws(StoreError) -> Bool {
    var pipeline: [BSONDocument] = []
    if let generation { pipeline.append(setStage(["outputs": .text(generation)])) }
    if let version {
      // The default until now becomes the previous one, unless it stays the default.
      let previous = Expression.choose(
        if: .equal(.field("aliases.default"), .text(version)), .field("aliases.previous"),
        else: .field("aliases.default"))
      pipeline.append(setStage(["aliases.default": .text(version), "aliases.previous": previous]))
    }
    if generation != nil { pipeline.append(BSONDocument { $0.append("$unset", "upcoming") }) }
    let filter = BSONDocument { writer in
      writer.append("_id", model)
      if let generation { writer.append("upcoming", generation) }
    }
    return try storing {
      try models.write([.updatePipeline(filter: filter, pipeline: pipeline)], deadline: deadline).confirmed()
        .matchedCount == 1
    }
  }
}
