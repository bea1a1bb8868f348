import BSON
import MongoDB
import Store

/// Clusters of customers under their names, and who is in them.
extension ModelService {
  /// The segments of every clustering that serves: `{id, name, action, size, model, version, centroid, …}`, the most valuable
  /// first. `size` is counted now.
  public func segments() throws(ModelsError) -> [BSONDocument] {
    var documents: [BSONDocument] = []
    for version in clusterings() {
      let sizes = try reading { () throws(StoreError) in
        try store.outputs.memberCounts(ofGeneration: version.id, deadline: deadline)
      }
      for segment in version.clusters?.segments ?? [] {
        documents.append(Self.document(segment, of: version, size: sizes[segment.id] ?? 0))
      }
    }
    return documents
  }

  /// One segment.
  public func segment(_ id: String) throws(ModelsError) -> BSONDocument {
    let (version, segment) = try find(id)
    return Self.document(segment, of: version, size: try count(id, in: version))
  }

  /// Members of a segment by customer id, at most `limit` after `after`: `{customerId, distance, asOf, …}`.
  public func members(ofSegment id: String, after: String? = nil, limit: Int) throws(ModelsError) -> [BSONDocument] {
    let (version, _) = try find(id)
    return try reading { () throws(StoreError) in
      try store.outputs.members(
        ofSegment: id, generation: version.id, after: after, limit: limit, deadline: deadline)
    }.map { Self.outward($0) }
  }

  /// How many members a segment has now: `{segmentId, count, model, version}`.
  public func memberCount(ofSegment id: String) throws(ModelsError) -> BSONDocument {
    let (version, _) = try find(id)
    let count = try count(id, in: version)
    return BSONDocument {
      $0.append("segmentId", id)
      $0.append("count", count)
      $0.append("model", version.model)
      $0.append("version", version.version)
    }
  }

  /// The segments of one customer: `{segmentId, name, action, model, version, distance, asOf}`.
  public func memberships(ofCustomer id: String) throws(ModelsError) -> [BSONDocument] {
    let versions = clusterings()
    guard !versions.isEmpty else { return [] }
    let found = try reading { () throws(StoreError) in
      try store.outputs.memberships(of: id, generations: versions.map(\.id), deadline: deadline)
    }
    return versions.compactMap { version in
      guard let membership = found.first(where: { $0.string("generation") == version.id }),
        let segment = version.clusters?.segments.first(where: { $0.id == membership.string("segmentId") })
      else { return nil }
      return Self.outward(membership, segment)
    }
  }

  // MARK: Customers that changed

  /// Writes anew to which segments the given customers belong; removed customers are among them. Called by the projector on its
  /// own thread, after the customers were written. When it throws, all outputs are checked as soon as the database is back.
  ///
  /// Which generations there are is read from the database, so that one which another replica is just writing is written to too.
  public func customersChanged(_ ids: [String]) throws(ModelsError) {
    guard !ids.isEmpty else { return }
    do throws(ModelsError) {
      try writeOutputs(ofChanged: ids)
    } catch {
      trainer.checkOutputs()
      throw error
    }
  }

  /// Compares all stored memberships with the customers and sets right what differs, in the background: for customers that were
  /// written without a call of ``customersChanged(_:)``, such as by a rebuild. Every start does so too. Does not block.
  public func checkOutputs() {
    trainer.checkOutputs()
    runner.wake()
  }

  private func writeOutputs(ofChanged ids: [String]) throws(ModelsError) {
    let documents = try reading { () throws(StoreError) in try store.registry.allModels(deadline: deadline) }
    for document in documents {
      let generations = Set([document.string("outputs"), document.string("upcoming")].compactMap { $0 }).sorted()
      switch document.string("type").flatMap(ModelType.init(named:)) {
      case .kmeans:
        for generation in generations {
          guard let version = try readable(generation) else { continue }
          for chunk in ids.chunked(limits.customersPerStep) {
            try MembershipWriter(store: store, limits: limits, version: version)?.update(chunk)
          }
        }
      case .matrixFactorization, .churn, .propensity, .rfm, .clv:
        try forgetOutputs(ofRemoved: ids, generations: generations)
      case .forecast, .sentiment, .recordLinkage, nil: continue
      }
    }
  }

  /// A generation's version; nil, said in the log, when it cannot be read. One damaged model must not hold up the projection.
  private func readable(_ generation: String) throws(ModelsError) -> LoadedVersion? {
    do throws(ModelsError) {
      return try state.version(generation)
    } catch {
      if case .store = error { throw error }
      log.error("memberships cannot be written", metadata: ["version": "\(generation)", "error": "\(error)"])
      return nil
    }
  }

  private func forgetOutputs(ofRemoved ids: [String], generations: [String]) throws(ModelsError) {
    guard !generations.isEmpty else { return }
    for chunk in ids.chunked(limits.customersPerStep) {
      let there = try reading { () throws(StoreError) in
        try store.projections.trainingCustomers(chunk, whole: false, deadline: deadline)
      }
      let known = Set(there.compactMap { $0.string("_id") })
      let gone = chunk.filter { !known.contains($0) }
      guard !gone.isEmpty else { continue }
      try reading { () throws(StoreError) in
        try store.outputs.remove(customers: gone, generations: generations, deadline: deadline)
      }
    }
  }

  // MARK: Documents

  private func clusterings() -> [LoadedVersion] { state.current.outputs { $0.clusters != nil } }

  private func find(_ id: String) throws(ModelsError) -> (LoadedVersion, SegmentDefinition) {
    for version in clusterings() {
      if let segment = version.clusters?.segments.first(where: { $0.id == id }) { return (version, segment) }
    }
    throw .notFound(.segment, id: id)
  }

  private func count(_ id: String, in version: LoadedVersion) throws(ModelsError) -> Int {
    try reading { () throws(StoreError) in
      try store.outputs.memberCount(ofSegment: id, generation: version.id, deadline: deadline)
    }
  }

  private static func document(_ segment: SegmentDefinition, of version: LoadedVersion, size: Int) -> BSONDocument {
    BSONDocument { writer in
      writer.append("id", segment.id)
      writer.append("name", segment.name)
      writer.append("kind", "cluster")
      writer.append("action", segment.action)
      writer.append("size", size)
      writer.append("model", version.model)
      writer.append("version", version.version)
      for field in ["centroidId", "trainedSize", "meanValue", "centroid"] {
        if let element = segment.document.element(field) { writer.append(element) }
      }
    }
  }

  private static func outward(_ membership: BSONDocument, _ segment: SegmentDefinition? = nil) -> BSONDocument {
    BSONDocument { writer in
      writer.append("customerId", membership.string("customerId") ?? "")
      writer.append("segmentId", membership.string("segmentId") ?? "")
      if let segment {
        writer.append("name", segment.name)
        writer.append("action", segment.action)
      }
      writer.append("model", membership.string("model") ?? "")
      if let generation = membership.string("generation"), let colon = generation.utf8.lastIndex(of: UInt8(ascii: ":"))
      {
        writer.append("version", String(generation[generation.utf8.index(after: colon)...]))
      }
      for field in ["centroidId", "distance", "asOf"] {
        if let element = membership.element(field) { writer.append(element) }
      }
    }
  }
}
