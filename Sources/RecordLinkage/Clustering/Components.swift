/// A pair of records that may be one person.
struct MatchEdge: Sendable {
  var a: UInt32
  var b: UInt32
  var weight: Float
}

/// Parts of the graph of likely pairs, none larger than a bound.
enum Components {
  /// The parts with two records or more, each ascending. Strong pairs connect first; a pair that would make a part larger than
  /// `recordsMax` is passed over.
  static func parts(count: Int, edges: [MatchEdge], recordsMax: Int) -> [[UInt32]] {
    var parent = (0..<UInt32(count)).map { $0 }
    var sizes = Array(repeating: Int32(1), count: count)
    func root(_ record: UInt32) -> Int {
      var record = record
      while parent[Int(record)] != record {
        parent[Int(record)] = parent[Int(parent[Int(record)])]
        record = parent[Int(record)]
      }
      return Int(record)
    }
    let sorted = edges.sorted { $0.weight != $1.weight ? $0.weight > $1.weight : ($0.a, $0.b) < ($1.a, $1.b) }
    for edge in sorted {
      let a = root(edge.a), b = root(edge.b)
      guard a != b, sizes[a] + sizes[b] <= Int32(recordsMax) else { continue }
      let (keep, drop) = (min(a, b), max(a, b))
      parent[drop] = UInt32(keep)
      sizes[keep] += sizes[drop]
    }
    var numbers: [Int: Int] = [:]
    var parts: [[UInt32]] = []
    for record in 0..<UInt32(count) {
      let top = root(record)
      guard sizes[top] > 1 else { continue }
      if let number = numbers[top] {
        parts[number].append(record)
      } else {
        numbers[top] = parts.count
        parts.append([record])
      }
    }
    return parts
  }
}
