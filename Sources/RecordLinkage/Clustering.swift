/// Groups records by pair weights so that a chain of likely pairs does not make one person of many.
struct Clustering {
  /// A pair that may be one person.
  struct Edge: Sendable {
    var a: UInt32
    var b: UInt32
    var weight: Float
  }

  /// Joins while the mean weight between two groups exceeds this.
  var threshold = 0.0

  /// A cluster number for each record: the smallest record of its cluster.
  func clusters(count: Int, edges: [Edge], weight: (Int, Int) -> Double, vetoes: (Int, Int) -> Bool) -> [UInt32] {
    var parent = (0..<UInt32(count)).map { $0 }
    func root(_ record: UInt32) -> UInt32 {
      var record = record
      while parent[Int(record)] != record {
        parent[Int(record)] = parent[Int(parent[Int(record)])]
        record = parent[Int(record)]
      }
      return record
    }
    for edge in edges {
      let a = root(edge.a), b = root(edge.b)
      if a != b { parent[Int(max(a, b))] = min(a, b) }
    }
    var components: [UInt32: [UInt32]] = [:]
    for record in 0..<UInt32(count) {
      let top = root(record)
      if top != record || parent.count > 0 { components[top, default: []].append(record) }
    }
    var result = (0..<UInt32(count)).map { $0 }
    for (_, members) in components where members.count > 1 {
      for group in agglomerate(members, weight, vetoes) {
        guard let first = group.min() else { continue }
        for record in group { result[Int(record)] = first }
      }
    }
    return result
  }

  private func agglomerate(_ members: [UInt32], _ weight: (Int, Int) -> Double, _ vetoes: (Int, Int) -> Bool)
    -> [[UInt32]]
  {
    let n = members.count
    var sums = Array(repeating: Array(repeating: 0.0, count: n), count: n)
    for i in 0..<n {
      for j in 0..<i {
        var w = weight(Int(members[i]), Int(members[j]))
        if vetoes(Int(members[i]), Int(members[j])) { w = -1e6 }
        sums[i][j] = w
        sums[j][i] = w
      }
    }
    var groups: [[UInt32]?] = members.map { [$0] }
    while true {
      var best = (i: -1, j: -1, mean: threshold)
      for i in 0..<n {
        guard let gi = groups[i] else { continue }
        for j in 0..<i {
          guard let gj = groups[j] else { continue }
          let mean = sums[i][j] / Double(gi.count * gj.count)
          if mean > best.mean { best = (i, j, mean) }
        }
      }
      guard best.i >= 0, let gi = groups[best.i], let gj = groups[best.j] else { break }
      groups[best.j] = gj + gi
      groups[best.i] = nil
      for k in 0..<n where k != best.j {
        sums[best.j][k] += sums[best.i][k]
        sums[k][best.j] = sums[best.j][k]
      }
    }
    return groups.compactMap { $0 }
  }
}
