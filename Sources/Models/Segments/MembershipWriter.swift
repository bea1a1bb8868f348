import BSON
import MachineLearning
import MongoDB
import Store

/// Writes which segment customers belong to, under one generation.
///
/// Two threads may write the same customer: the one that goes through all customers after a training, and the projector's when
/// the customer changes. Neither waits for the other. Each reads the customer again after writing, and writes again when it is
/// not what it was; whoever reads last has seen the last state, so the last state is what stays.
struct MembershipWriter {
  /// How often a customer that keeps changing is written again; each change brings its own call anyway.
  private static let roundsMax = 5

  let store: Store
  let limits: ModelLimits
  let version: LoadedVersion
  let clusters: ClusterModel

  /// Nil for a version that has no clusters.
  init?(store: Store, limits: ModelLimits, version: LoadedVersion) {
    guard let clusters = version.clusters else { return nil }
    self.store = store
    self.limits = limits
    self.version = version
    self.clusters = clusters
  }

  /// Sets the memberships of the given customers, and removes those of customers that are gone.
  func update(_ ids: [String]) throws(ModelsError) { try write(try customers(ids), ids: ids) }

  /// The same for customers that were just read.
  func update(_ customers: [BSONDocument]) throws(ModelsError) {
    try write(customers, ids: customers.compactMap { $0.string("_id") })
  }

  private func write(_ customers: [BSONDocument], ids: [String]) throws(ModelsError) {
    var customers = customers
    var ids = ids
    for _ in 0..<Self.roundsMax where !ids.isEmpty {
      let found = Set(customers.compactMap { $0.string("_id") })
      let gone = ids.filter { !found.contains($0) }
      try set(customers, removing: gone)
      let now = try self.customers(ids)
      let written = Set(customers)
      let changed = now.filter { !written.contains($0) }
      let stillThere = Set(now.compactMap { $0.string("_id") })
      ids = changed.compactMap { $0.string("_id") } + found.subtracting(stillThere)
      customers = changed
    }
  }

  /// What should be stored of customers, in their order.
  func memberships(of customers: [BSONDocument]) throws(ModelsError) -> [BSONDocument] {
    let assignment = try learning { () throws(MachineLearningError) in try clusters.assign(customers) }
    return customers.enumerated().map { index, customer in
      membership(customer, centroid: assignment.centroidIDs[index], distance: assignment.distances[index])
    }
  }

  private func set(_ customers: [BSONDocument], removing gone: [String]) throws(ModelsError) {
    let documents = try memberships(of: customers)
    let deadline = Deadline.after(milliseconds: limits.jobStepTimeoutMs)
    try reading { () throws(StoreError) in
      try store.outputs.set(members: documents, deadline: deadline)
      if !gone.isEmpty { try store.outputs.remove(customers: gone, generations: [version.id], deadline: deadline) }
    }
  }

  private func membership(_ customer: BSONDocument, centroid: Int, distance: Double) -> BSONDocument {
    let id = customer.string("_id") ?? ""
    let segment = clusters.segment(ofCentroid: centroid)
    return BSONDocument { writer in
      writer.append("_id", "\(version.id)/\(id)")
      writer.append("model", version.model)
      writer.append("generation", version.id)
      writer.append("segmentId", segment.id)
      writer.append("customerId", id)
      writer.append("centroidId", centroid)
      writer.append("distance", distance)
      if let asOf = customer.date("asOf") { writer.append("asOf", asOf) }
    }
  }

  private func customers(_ ids: [String]) throws(ModelsError) -> [BSONDocument] {
    try reading { () throws(StoreError) in
      try store.projections.trainingCustomers(
        ids, whole: !clusters.reader.readsFeaturesOnly, deadline: .after(milliseconds: limits.jobStepTimeoutMs))
    }
  }
}
