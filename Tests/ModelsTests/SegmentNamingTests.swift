import Testing

@testable import Models

@Suite("Names of segments")
struct SegmentNamingTests {
  private func cluster(_ id: Int, value: Double, sessions: Double) -> SegmentNaming.Cluster {
    .init(
      centroidId: id, size: 10, meanValue: value, centroid: [.init(feature: "session_count", value: sessions)])
  }

  private func named(
    _ clusters: [SegmentNaming.Cluster], model: String = "kmeans", previous: [SegmentDefinition] = []
  ) -> [String: Int] {
    let segments = SegmentNaming.segments(of: clusters, model: model, previous: previous)
    return Dictionary(uniqueKeysWithValues: segments.map { ($0.id, $0.centroidId) })
  }

  @Test func `value gives the four names`() {
    let found = named([
      cluster(1, value: 5, sessions: 1), cluster(2, value: 900, sessions: 9), cluster(3, value: 0, sessions: 3),
      cluster(4, value: 300, sessions: 5),
    ])
    #expect(found == ["platinum": 2, "gold": 4, "silver": 1, "bronze": 3])
  }

  @Test(arguments: [
    (1, ["Platinum"]), (2, ["Platinum", "Gold"]), (3, ["Platinum", "Gold", "Silver"]),
    (5, ["Platinum 1", "Platinum 2", "Gold", "Silver", "Bronze"]),
    (8, ["Platinum 1", "Platinum 2", "Gold 1", "Gold 2", "Silver 1", "Silver 2", "Bronze 1", "Bronze 2"]),
  ])
  func `other numbers of clusters spread the same names`(count: Int, names: [String]) {
    #expect(SegmentNaming.Label.labels(count: count, model: "kmeans").map(\.name) == names)
  }

  @Test func `every number of clusters has different ids`() {
    for count in 1...100 {
      let ids = SegmentNaming.Label.labels(count: count, model: "kmeans").map(\.id)
      #expect(Set(ids).count == count)
    }
  }

  @Test func `another model's segments carry its name`() {
    #expect(named([cluster(1, value: 1, sessions: 1)], model: "regions") == ["regions.platinum": 1])
  }

  @Test func `clusters of equal value keep the names that they resemble`() {
    let first = SegmentNaming.segments(
      of: [
        cluster(1, value: 1000, sessions: 50), cluster(2, value: 400, sessions: 20), cluster(3, value: 0, sessions: 2),
        cluster(4, value: 1, sessions: 9),
      ], model: "kmeans", previous: [])
    let before = Dictionary(uniqueKeysWithValues: first.map { ($0.id, $0.centroid[0].value) })
    // The two clusters without value change their order by a hair, and all their numbers.
    let after = SegmentNaming.segments(
      of: [
        cluster(4, value: 990, sessions: 51), cluster(3, value: 410, sessions: 19), cluster(2, value: 2, sessions: 2.2),
        cluster(1, value: 1.9, sessions: 8.5),
      ], model: "kmeans", previous: first)
    for segment in after {
      let old = before[segment.id] ?? 0
      #expect(abs(segment.centroid[0].value - old) < 2, "\(segment.id)")
    }
  }

  @Test func `a clear difference of value outweighs resemblance`() {
    let first = SegmentNaming.segments(
      of: [cluster(1, value: 1000, sessions: 50), cluster(2, value: 0, sessions: 2)], model: "kmeans", previous: [])
    let after = SegmentNaming.segments(
      of: [cluster(1, value: 0, sessions: 50), cluster(2, value: 1000, sessions: 2)], model: "kmeans", previous: first)
    #expect(after.first { $0.id == "platinum" }?.centroidId == 2)
  }
}

@Suite("Optimal assignment")
struct OptimalAssignmentTests {
  @Test func `the sum of costs is least`() {
    #expect(OptimalAssignment.columns(minimizing: [[4, 1, 3], [2, 0, 5], [3, 2, 2]]) == [1, 0, 2])
    #expect(OptimalAssignment.columns(minimizing: [[7]]) == [0])
    #expect(OptimalAssignment.columns(minimizing: []).isEmpty)
  }

  @Test func `it agrees with trying everything`() {
    var state: UInt64 = 42
    func random() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 40)
    }
    for _ in 0..<50 {
      let costs = (0..<5).map { _ in (0..<5).map { _ in random() } }
      let found = OptimalAssignment.columns(minimizing: costs).enumerated().reduce(0) {
        $0 + costs[$1.offset][$1.element]
      }
      var best = Double.infinity
      func tryAll(_ row: Int, _ used: Set<Int>, _ sum: Double) {
        if row == 5 { best = min(best, sum) }
        for column in 0..<5 where row < 5 && !used.contains(column) {
          tryAll(row + 1, used.union([column]), sum + costs[row][column])
        }
      }
      tryAll(0, [], 0)
      #expect(abs(found - best) < 1e-6)
    }
  }
}
