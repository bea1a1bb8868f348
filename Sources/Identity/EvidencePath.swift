import Store

/// How two identifiers of one customer hang together: the shortest chain of edges from one to the other.
public enum EvidencePath {
  /// One edge of the chain, in the direction in which it is gone.
  public struct Step: Sendable, Equatable {
    /// Where it begins.
    public let from: Identifier
    /// Where it ends.
    public let to: Identifier
    /// What says so.
    public let edge: Edge
  }

  /// The shortest chain from `start` to `end`; of several the one whose edges' ids come first. Nil when nothing ties the two together.
  /// Denials tie nothing. Time grows with the edges.
  public static func between(_ start: Identifier, _ end: Identifier, among edges: [Edge]) -> [Step]? {
    if start == end { return [] }
    var neighbours: [Identifier: [Step]] = [:]
    for edge in edges.sorted(by: { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }) where edge.rule != Edge.denyRule
    {
      neighbours[edge.a, default: []].append(Step(from: edge.a, to: edge.b, edge: edge))
      neighbours[edge.b, default: []].append(Step(from: edge.b, to: edge.a, edge: edge))
    }
    var cameBy: [Identifier: Step] = [:]
    var frontier = [start]
    while !frontier.isEmpty, cameBy[end] == nil {
      var next: [Identifier] = []
      for node in frontier {
        for step in neighbours[node] ?? [] where step.to != start && cameBy[step.to] == nil {
          cameBy[step.to] = step
          next.append(step.to)
        }
      }
      frontier = next
    }
    guard cameBy[end] != nil else { return nil }
    var path: [Step] = []
    var node = end
    while node != start, let step = cameBy[node] {
      path.append(step)
      node = step.from
    }
    return path.reversed()
  }
}
