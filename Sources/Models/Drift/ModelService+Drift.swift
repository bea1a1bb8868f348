import BSON
import MachineLearning
import Store

/// How far the customers of today are from those that the serving version was trained on.
extension ModelService {
  /// Features then and now, of a clustering its clusters too: `{model, version, customers, features: [{feature, stabilityIndex, level,
  /// meanThen, meanNow, missingThen, missingNow}], clusters?: [{segmentId, shareThen, shareNow}], clusterStabilityIndex?, level}`. Features
  /// are taken from the first ``ModelLimits/driftCustomersMax`` customers by id, which says nothing of who they are.
  ///
  /// A version that was trained on something else than customers' features (forecasts, ratings, sentiment, imports) has no report.
  public func drift(_ name: String) throws(ModelsError) -> BSONDocument {
    _ = try stored(model: name)
    let version = try servable(name, version: nil)
    let profiles = (version.document.array("profiles") ?? BSONArray()).compactMap {
      $0.documentValue.flatMap(FeatureProfile.init)
    }
    guard !profiles.isEmpty else {
      throw .invalidParameter(
        name: "model", reason: "has no drift report: its version keeps no baseline of customers' features")
    }
    let readsWhole = version.clusters.map { !$0.reader.readsFeaturesOnly } ?? false
    let sample = try reading { () throws(StoreError) in
      try store.projections.trainingCustomers(
        after: nil, limit: limits.driftCustomersMax, whole: readsWhole, deadline: deadline)
    }
    let now = try FeatureSample(self, of: version, sample)
    var worst = 0.0
    let features = profiles.compactMap { profile -> BSONDocument? in
      guard let column = now.column(profile.feature), let shares = profile.shares(of: column) else { return nil }
      let index = PopulationStability.index(then: profile.parts.map(\.share), now: shares)
      worst = max(worst, index)
      return Self.document(profile, now: FeatureProfile(profile.feature, column), shares: shares, index: index)
    }
    let clusters = try version.clusters.map { clusters throws(ModelsError) in
      try clusterDrift(clusters, ofGeneration: version.id)
    }
    if let clusters { worst = max(worst, clusters.index) }
    return BSONDocument { writer in
      writer.append("model", name)
      writer.append("version", version.version)
      if let until = version.document.document("data")?.element("until") {
        writer.append("trainedUntil", valueOf: until)
      }
      writer.append("customers", sample.count)
      writer.append("features", features)
      if let clusters {
        writer.append("clusters", clusters.documents)
        writer.append("clusterStabilityIndex", clusters.index)
      }
      writer.append("level", PopulationStability.level(worst))
    }
  }

  private func clusterDrift(
    _ clusters: ClusterModel, ofGeneration generation: String
  ) throws(ModelsError) -> (documents: [BSONDocument], index: Double) {
    let sizes = try reading { () throws(StoreError) in
      try store.outputs.memberCounts(ofGeneration: generation, deadline: deadline)
    }
    let then = Self.shares(clusters.segments.map { Double($0.trainedSize) })
    let now = Self.shares(clusters.segments.map { Double(sizes[$0.id] ?? 0) })
    let documents = clusters.segments.enumerated().map { index, segment in
      BSONDocument {
        $0.append("segmentId", segment.id)
        $0.append("shareThen", then[index])
        $0.append("shareNow", now[index])
      }
    }
    return (documents, PopulationStability.index(then: then, now: now))
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
