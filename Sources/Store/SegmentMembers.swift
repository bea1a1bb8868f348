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
}
