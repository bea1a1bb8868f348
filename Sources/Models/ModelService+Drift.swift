import BSON
import MachineLearning
import Store

/// How far the customers of today are from those that the serving version was trained on.
extension ModelService {
  /// Features and clusters of a clustering then and now: `{model, version, customers, features: [{feature, stabilityIndex, level,
  /// meanThen, meanNow, missingThen, missingNow}], clusters: [{segmentId, shareThen, shareNow}], clusterStabilityIndex, level}`. Features
  /// are taken from the first ``ModelLimits/driftCustomersMax`` customers by id, which says nothing of who they are.
  public func drift(_ name: String) throws(ModelsError) -> BSONDocument {
    _ = try stored(model: name)
    let version = try servable(name, version: nil)
    guard let clusters = version.clusters else {
      throw .invalidParameter(name: "model", reason: "has no drift report: it is no clustering")
    }
    let profiles = (version.document.array("profiles") ?? BSONArray()).compactMap {
      $0.documentValue.flatMap(FeatureProfile.init)
    }
    var columns = FeatureColumns(of: clusters.model.encoder)
    let sample = try reading { () throws(StoreError) in
      try store.projections.trainingCustomers(
        after: nil, limit: limits.driftCustomersMax, whole: !clusters.reader.readsFeaturesOnly, deadline: deadline)
    }
    for customer in sample { columns.appendLeniently { FeatureReader.value($0, ofCustomer: customer) } }
    let seen = columns
    let table = try learning { () throws(MachineLearningError) in try seen.table() }
    let sizes = try reading { () throws(StoreError) in
      try store.outputs.memberCounts(ofGeneration: version.id, deadline: deadline)
    }
    let then = Self.shares(clusters.segments.map { Double($0.trainedSize) })
    let now = Self.shares(clusters.segments.map { Double(sizes[$0.id] ?? 0) })
    let clusterIndex = PopulationStability.index(then: then, now: now)
    var worst = clusterIndex
    let features = profiles.compactMap { profile -> BSONDocument? in
      guard let column = table[profile.feature], let shares = profile.shares(of: column) else { return nil }
      let index = PopulationStability.index(then: profile.parts.map(\.share), now: shares)
      worst = max(worst, index)
      return Self.document(profile, now: FeatureProfile(profile.feature, column), shares: shares, index: index)
    }
    return BSONDocument { writer in
      writer.append("model", name)
      writer.append("version", version.version)
      if let until = version.document.document("data")?.element("until") {
        writer.append("trainedUntil", valueOf: until)
      }
      writer.append("customers", sample.count)
      writer.append("features", features)
      writer.append(
        "clusters",
        array: { list in
          for (index, segment) in clusters.segments.enumerated() {
            list.append(document: {
              $0.append("segmentId", segment.id)
              $0.append("shareThen", then[index])
              $0.append("shareNow", now[index])
            })
          }
        })
      writer.append("clusterStabilityIndex", clusterIndex)
      writer.append("level", PopulationStability.level(worst))
    }
  }

  private static func document(
    _ then: FeatureProfile, now: FeatureProfile, shares: [Double], index: Double
  ) -> BSONDocument {
    BSONDocument { writer in
      writer.append("feature", then.feature)
      writer.append("stabilityIndex", index)
      writer.append("level", PopulationStability.level(index))
      for (name, mean) in [("meanThen", then.mean), ("meanNow", now.mean)] {
        if let mean { writer.append(name, mean) } else { writer.appendNull(name) }
      }
      writer.append("missingThen", then.parts.first?.share ?? 0)
      writer.append("missingNow", shares.first ?? 0)
    }
  }

  private static func shares(_ counts: [Double]) -> [Double] {
    let total = max(1, counts.reduce(0, +))
    return counts.map { $0 / total }
  }
}
