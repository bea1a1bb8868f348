import BSON
import MongoDB

extension ModelOutputs {
  /// How many members each segment of a generation has, by segment id. Counted in the index alone.
  public func memberCounts(ofGeneration generation: String, deadline: Deadline) throws(StoreError) -> [String: Int] {
    let match = BSONDocument { $0.append("$match", document: { $0.append("generation", generation) }) }
    let group = BSONDocument {
      $0.append(
        "$group",
        document: {
          $0.append("_id", "$segmentId")
          $0.append("count", document: { $0.append("$sum", Int32(1)) })
        })
    }
    let found = try storing { try members.aggregate([match, group], deadline: deadline) }
    var counts: [String: Int] = [:]
    for document in found { if let id = document.string("_id") { counts[id] = document.int("count") ?? 0 } }
    return counts
  }

  /// What a generation stores of customers whose ids lie in a range, by customer id: whole memberships, of anything else only whose it
  /// is. There is no upper end without `through`.
  public func stored(
    _ kind: Kind, ofGeneration generation: String, after: String?, through: String?, deadline: Deadline
  ) throws(StoreError) -> [BSONDocument] {
    let filter = BSONDocument {
      $0.append(
        "_id",
        document: { range in
          range.append("$gt", "\(generation)/\(after ?? "")")
          // The sign after "/" ends the ids that begin with the generation.
          if let through {
            range.append("$lte", "\(generation)/\(through)")
          } else {
            range.append("$lt", generation + "0")
          }
        })
    }
    let fields = kind == .members ? nil : ascending("customerId")
    let options = FindOptions(sort: ascending("_id"), projection: fields)
    return try storing {
      try collection(kind).find(filter, options, deadline: deadline)
    }
  }
}
