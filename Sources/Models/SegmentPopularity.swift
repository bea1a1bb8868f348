import BSON
import MachineLearning
import MongoDB
import Store

/// What is popular in one segment of customers: what a customer is offered of whom nothing but the segment is known.
struct SegmentPopularity: Sendable, Equatable {
  /// So many products of a segment are kept.
  private static let productsMax = 200
  /// So many customers of the segment weigh as much as what is popular at large: a segment of three says little.
  private static let damping: Float = 20

  /// Items, the most popular first.
  let items: [Int32]
  /// Share of the segment's customers who did something with each, damped towards all customers.
  let shares: [Float]

  /// By segment. `segments` names that of each row, nil for none; `overall` is the share of all customers by item.
  static func bySegment(_ rows: SparseRows, segments: [String?], overall: [Float]) -> [String: SegmentPopularity] {
    var members: [String: [Int]] = [:]
    for (row, segment) in segments.enumerated() {
      if let segment { members[segment, default: []].append(row) }
    }
    return members.mapValues { own in
      var shares = overall.map { $0 * damping }
      for row in own {
        for index in rows.range(row) { shares[Int(rows.columns[index])] += 1 }
      }
      let order = shares.indices.sorted { (-shares[$0], $0) < (-shares[$1], $1) }.prefix(productsMax)
      let weight = Float(own.count) + damping
      return SegmentPopularity(items: order.map { Int32($0) }, shares: order.map { shares[$0] / weight })
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
    guard let generation else { return customers.map { _ in nil } }
    let ids = customers.map { $0.string("_id") ?? "" }
    let found = try reading { () throws(StoreError) in
      try store.outputs.segments(of: ids, generation: generation, deadline: deadline)
    }
    return ids.map { found[$0] }
  }
}
