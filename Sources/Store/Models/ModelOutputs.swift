import BSON
import MongoDB

/// What models say of customers: members of segments, stored recommendations. The segments themselves are part of a version.
///
/// Kept apart from the customer documents, since these are rebuilt from sources alone. Each is written under a generation
/// (a model version) and read under the one that is current, so that a reader never sees a half-written set.
public struct ModelOutputs: Sendable {
  let members: MongoCollection
  let recommendations: MongoCollection
  let scores: MongoCollection

  /// What is stored of each customer.
  public enum Kind: Sendable {
    case members, recommendations, scores
  }

  func collection(_ kind: Kind) -> MongoCollection {
    switch kind {
    case .members: members
    case .recommendations: recommendations
    case .scores: scores
    }
  }

  // MARK: Members of segments

  /// Sets memberships: each document has `_id` (generation/customer), `generation`, `customerId`, `segmentId`, …
  public func set(members documents: [BSONDocument], deadline: Deadline) throws(StoreError) {
    guard !documents.isEmpty else { return }
    let statements = documents.map { document in
      WriteStatement.replace(filter: identity(document.string("_id") ?? ""), with: document, upsert: true)
    }
    _ = try storing { try members.write(statements, deadline: deadline).confirmed() }
  }

  /// Members of a segment in a generation, by customer id, at most `limit` of them after `after`.
  public func members(
    ofSegment segment: String, generation: String, after: String?, limit: Int, deadline: Deadline
  ) throws(StoreError) -> [BSONDocument] {
    let filter = BSONDocument {
      $0.append("generation", generation)
      $0.append("segmentId", segment)
      if let after { $0.append("customerId", document: { $0.append("$gt", after) }) }
    }
    let options = FindOptions(sort: ascending("customerId"), limit: limit)
    return try storing { try members.find(filter, options, deadline: deadline) }
  }

  /// How many members a segment has in a generation.
  public func memberCount(ofSegment segment: String, generation: String, deadline: Deadline) throws(StoreError) -> Int {
    let filter = BSONDocument {
      $0.append("generation", generation)
      $0.append("segmentId", segment)
    }
    return try storing { try members.count(filter, deadline: deadline) }
  }

  /// The memberships of one customer in the given generations.
  public func memberships(
    of customerId: String, generations: [String], deadline: Deadline
  ) throws(StoreError) -> [BSONDocument] {
    try storing { try members.find(among("_id", generations.map { "\($0)/\(customerId)" }), deadline: deadline) }
  }

  /// The segments of customers in one generation, by customer; of those that have none, nothing.
  public func segments(
    of customerIds: [String], generation: String, deadline: Deadline
  ) throws(StoreError) -> [String: String] {
    var segments: [String: String] = [:]
    for chunk in customerIds.map({ "\(generation)/\($0)" }).chunked(ProjectionCollections.namesPerQueryMax) {
      for member in try storing({ try members.find(among("_id", chunk), deadline: deadline) }) {
        if let customer = member.string("customerId") { segments[customer] = member.string("segmentId") }
      }
    }
    return segments
  }

  /// Removes customers that are none any more.
  public func remove(customers ids: [String], generations: [String], deadline: Deadline) throws(StoreError) {
    let keys = ids.flatMap { id in generations.map { "\($0)/\(id)" } }
    try storing {
      for chunk in keys.chunked(ProjectionCollections.namesPerQueryMax) {
        for collection in [members, recommendations, scores] {
          _ = try collection.write([.delete(filter: among("_id", chunk), multi: true)], deadline: deadline).confirmed()
        }
      }
    }
  }

  // MARK: Recommendations

  /// Stores recommendations: each document has `_id` (generation/customer), `generation`, `customerId`, `items`.
  public func set(recommendations documents: [BSONDocument], deadline: Deadline) throws(StoreError) {
    guard !documents.isEmpty else { return }
    let statements = documents.map { document in
      WriteStatement.replace(filter: identity(document.string("_id") ?? ""), with: document, upsert: true)
    }
    _ = try storing { try recommendations.write(statements, deadline: deadline).confirmed() }
  }

  /// The stored recommendations of one customer in a generation.
  public func recommendations(
    of customerId: String, generation: String, deadline: Deadline
  ) throws(StoreError) -> BSONDocument? {
    try storing { try recommendations.findOne(identity("\(generation)/\(customerId)"), deadline: deadline) }
  }

  // MARK: Scores

  /// Stores scores: each document has `_id` (generation/customer), `generation`, `customerId`, `score`.
  public func set(scores documents: [BSONDocument], deadline: Deadline) throws(StoreError) {
    guard !documents.isEmpty else { return }
    let statements = documents.map { document in
      WriteStatement.replace(filter: identity(document.string("_id") ?? ""), with: document, upsert: true)
    }
    _ = try storing { try scores.write(statements, deadline: deadline).confirmed() }
  }

  /// The scores of one customer in the given generations.
  public func scores(
    of customerId: String, generations: [String], deadline: Deadline
  ) throws(StoreError) -> [BSONDocument] {
    try storing { try scores.find(among("_id", generations.map { "\($0)/\(customerId)" }), deadline: deadline) }
  }

  /// Removes what belongs to generations of `model` other than `kept`.
  public func removeGenerations(ofModel model: String, otherThan kept: [String], deadline: Deadline) throws(StoreError)
  {
    let filter = BSONDocument {
      $0.append("model", model)
      $0.append("generation", document: { $0.append("$nin", kept) })
    }
    try storing {
      for collection in [members, recommendations, scores] {
        _ = try collection.write([.delete(filter: filter, multi: true)], deadline: deadline).confirmed()
      }
    }
  }

  static let memberIndexes = [
    IndexDefinition(ascending: "generation", "segmentId", "customerId"),
    IndexDefinition(ascending: "model"),
  ]
  static let recommendationIndexes = [IndexDefinition(ascending: "model")]
  static let scoreIndexes = [IndexDefinition(ascending: "model")]
}
