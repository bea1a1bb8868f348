/// Gives the clusters of a new version their names.
///
/// Value decides: the most valuable cluster is Platinum. Clusters whose values differ by less than 5 % of the span of all values
/// are not told apart by value, since two trainings would rank them by chance: among those the names go to the clusters that lie
/// nearest to the former bearers.
enum SegmentNaming {
  /// What is known of a new cluster.
  struct Cluster {
    let centroidId: Int
    let size: Int
    let meanValue: Double
    let centroid: [SegmentDefinition.FeatureValue]
  }

  /// The share of the span of values below which two clusters are equally valuable.
  static let sameValueShare = 0.05

  static func segments(
    of clusters: [Cluster], model: String, previous: [SegmentDefinition]
  ) -> [SegmentDefinition] {
    let scale = Scale(clusters.map(\.centroid) + previous.map(\.centroid))
    let ranked = clusters.sorted { a, b in
      (-a.meanValue, -scale.level(a.centroid), a.centroidId) < (-b.meanValue, -scale.level(b.centroid), b.centroidId)
    }
    let labels = Label.labels(count: ranked.count, model: model)
    var formerCentroids: [String: [SegmentDefinition.FeatureValue]] = [:]
    if previous.count == ranked.count {
      for segment in previous { formerCentroids[segment.id] = segment.centroid }
    }
    var segments: [SegmentDefinition] = []
    for group in groupsOfEqualValue(ranked) {
      var members = Array(ranked[group])
      let former = labels[group].compactMap { formerCentroids[$0.id] }
      if members.count > 1, former.count == members.count {
        let costs = labels[group].indices.map { position in
          members.map { scale.distance(former[position - group.lowerBound], $0.centroid) }
        }
        let order = OptimalAssignment.columns(minimizing: costs)
        members = order.map { members[$0] }
      }
      for (label, cluster) in zip(labels[group], members) {
        segments.append(
          SegmentDefinition(
            id: label.id, name: label.name, action: label.tier.action, centroidId: cluster.centroidId,
            trainedSize: cluster.size, meanValue: cluster.meanValue, centroid: cluster.centroid))
      }
    }
    return segments
  }

  /// Runs of ranks of which each is as valuable as the next.
  private static func groupsOfEqualValue(_ ranked: [Cluster]) -> [Range<Int>] {
    guard let first = ranked.first, let last = ranked.last else { return [] }
    let tolerance = (first.meanValue - last.meanValue) * sameValueShare
    var groups: [Range<Int>] = []
    var start = 0
    for rank in 1...ranked.count {
      if rank == ranked.count || ranked[rank - 1].meanValue - ranked[rank].meanValue > tolerance {
        groups.append(start..<rank)
        start = rank
      }
    }
    return groups
  }
}

extension SegmentNaming {
  /// Name and id of a rank.
  struct Label {
    let id: String
    let name: String
    let tier: SegmentTier

    static func labels(count: Int, model: String) -> [Label] {
      let tiers = (0..<count).map { SegmentTier(rank: $0, of: count) }
      var seen: [SegmentTier: Int] = [:]
      return tiers.map { tier in
        seen[tier, default: 0] += 1
        let isAlone = tiers.count { $0 == tier } == 1
        let name = isAlone ? tier.name : "\(tier.name) \(seen[tier] ?? 1)"
        let id = isAlone ? tier.name.lowercased() : "\(tier.name.lowercased())-\(seen[tier] ?? 1)"
        return Label(id: model == "kmeans" ? id : "\(model).\(id)", name: name, tier: tier)
      }
    }
  }

  /// Makes features comparable by dividing each by its spread over all centroids at hand.
  struct Scale {
    private var means: [String: Double] = [:]
    private var deviations: [String: Double] = [:]

    init(_ centroids: [[SegmentDefinition.FeatureValue]]) {
      var values: [String: [Double]] = [:]
      for entry in centroids.joined() { values[entry.feature, default: []].append(entry.value) }
      for (feature, list) in values {
        let mean = list.reduce(0, +) / Double(list.count)
        means[feature] = mean
        deviations[feature] = (list.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(list.count)).squareRoot()
      }
    }

    private func standardized(_ entry: SegmentDefinition.FeatureValue) -> Double {
      guard let deviation = deviations[entry.feature], deviation > 0 else { return 0 }
      return (entry.value - (means[entry.feature] ?? 0)) / deviation
    }

    /// How much a centroid is of everything: tells equally valuable clusters apart the first time.
    func level(_ centroid: [SegmentDefinition.FeatureValue]) -> Double {
      centroid.reduce(0) { $0 + standardized($1) }
    }

    /// Squared distance; a feature that only one of them has counts with its own standardized value.
    func distance(_ a: [SegmentDefinition.FeatureValue], _ b: [SegmentDefinition.FeatureValue]) -> Double {
      var differences: [String: Double] = [:]
      for entry in a { differences[entry.feature] = standardized(entry) }
      for entry in b { differences[entry.feature, default: 0] -= standardized(entry) }
      // Summed in the order of names: a dictionary's own order differs from run to run.
      return differences.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value * $1.value }
    }
  }
}
