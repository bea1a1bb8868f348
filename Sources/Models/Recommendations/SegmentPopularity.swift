import BSON
import MachineLearning
import MongoDB
import Store

/// What is popular in one segment of customers: what a customer is offered of whom nothing but the segment is known.
struct SegmentPopularity: Sendable, Equatable {
  /// So many products of a segment are kept.
  private static let productsMax = 200
  /// So many customers of the segment weigh as much as what is popular at large: a segment of three says little.
  private static let dampingCustomers: Float = 20
  /// So many ratings of a product in the segment weigh as much as what all think of it.
  private static let dampingRatings: Float = 5

  /// Items, the most popular first.
  let items: [Int32]
  /// Share of the segment's customers who did something with each, of ratings their mean, damped towards all customers.
  let scores: [Float]

  /// Of what customers did. `segments` names that of each row, nil for none; `overall` is the share of all customers by item.
  static func ofDeeds(_ rows: SparseRows, segments: [String?], overall: [Float]) -> [String: SegmentPopularity] {
    bySegment(segments) { own in
      var counts = [Float](repeating: 0, count: overall.count)
      for row in own { for index in rows.range(row) { counts[Int(rows.columns[index])] += 1 } }
      return zip(counts, overall).map { ($0 + dampingCustomers * $1) / (Float(own.count) + dampingCustomers) }
    }
  }

  /// Of ratings. `segments` as above; `overall` is the mean rating by item.
  static func ofRatings(_ rows: SparseRows, segments: [String?], overall: [Float]) -> [String: SegmentPopularity] {
    bySegment(segments) { own in
      var sums = overall.map { $0 * dampingRatings }
      var counts = [Float](repeating: dampingRatings, count: overall.count)
      for row in own {
        for index in rows.range(row) {
          sums[Int(rows.columns[index])] += rows.values[index]
          counts[Int(rows.columns[index])] += 1
        }
      }
      return zip(sums, counts).map { $0 / $1 }
    }
  }

  private static func bySegment(
    _ segments: [String?], scores: (_ rows: [Int]) -> [Float]
  ) -> [String: SegmentPopularity] {
    var members: [String: [Int]] = [:]
    for (row, segment) in segments.enumerated() {
      if let segment { members[segment, default: []].append(row) }
    }
    return members.mapValues { own in
      let scores = scores(own)
      let order = scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }.prefix(productsMax)
      return SegmentPopularity(items: order.map { Int32($0) }, scores: order.map { scores[$0] })
    }
  }
}

/// Which segment customers stand in: that of the clustering `kmeans`, else of the first that has written its members.
struct SegmentReader {
  let store: Store
  private let generation: String?

  init(store: Store, deadline: Deadline) throws(ModelsError) {
    self.store = store
    let models = try reading { () throws(StoreError) in try store.registry.allModels(deadline: deadline) }
    let clusterings = models.filter { $0.string("type").flatMap(ModelType.init(named:)) == .kmeans }
    let first = clusterings.first { $0.string("_id") == "kmeans" && $0.string("outputs") != nil }
    generation = (first ?? clusterings.first { $0.string("outputs") != nil })?.string("outputs")
  }

  /// The segments of customers, in their order.
  func segments(of customers: [BSONDocument], deadline: Deadline) throws(ModelsError) -> [String?] {
    try segments(ofCustomers: customers.map { $0.string("_id") ?? "" }, deadline: deadline)
  }

  /// The same by their ids.
  func segments(ofCustomers ids: [String], deadline: Deadline) throws(ModelsError) -> [String?] {
    guard let generation else { return ids.map { _ in nil } }
    let found = try reading { () throws(StoreError) in
      try store.outputs.segments(of: ids, generation: generation, deadline: deadline)
    }
    return ids.map { found[$0] }
  }
}
