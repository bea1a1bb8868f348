import BSON
import Store

/// What other rules would make of the same records: who would join and who would part. In memory; writes nothing.
public struct RulesComparison {
  /// Records that are looked at, at the most.
  public static let recordsMax = 200_000
  /// Joins and partings that are shown, at the most of each.
  public static let samplesMax = 20

  /// One customer that several would become, or several that one would become.
  public struct Change: Sendable, Equatable {
    /// Before: the customers that join, or the one that parts.
    public let before: [String]
    /// After.
    public let after: [String]
  }

  /// What was found.
  public struct Outcome: Sendable {
    /// Records that were looked at.
    public var records = 0
    /// Customers with a record under the present rules.
    public var customersNow = 0
    /// Customers with a record under the proposed ones.
    public var customersThen = 0
    /// How many customers would come of several.
    public var joinsCount = 0
    /// How many customers would fall into several.
    public var partsCount = 0
    /// Some of those that join,
    public var joins: [Change] = []
    /// and some of those that part.
    public var parts: [Change] = []
  }

  private let now: IdentityRules
  private let then: IdentityRules
  private var recordsNow: [RecordIdentity] = []
  private var recordsThen: [RecordIdentity] = []

  /// Compares two sets of rules.
  public init(now: IdentityRules, then: IdentityRules) {
    self.now = now
    self.then = then
  }

  /// Whether no more records are taken.
  public var isFull: Bool { recordsNow.count >= Self.recordsMax }

  /// Adds a stored record. False when no more are taken.
  public mutating func add(_ document: BSONDocument) -> Bool {
    guard recordsNow.count < Self.recordsMax else { return false }
    if let one = RecordIdentity(document, under: now), let other = RecordIdentity(document, under: then) {
      recordsNow.append(one)
      recordsThen.append(other)
    }
    return true
  }

  /// Compares; `decisions` are the edges that people made.
  public consuming func outcome(decisions: [Edge]) -> Outcome {
    var outcome = Outcome()
    outcome.records = recordsNow.count
    let edgesNow = recordsNow.map { $0.edges(under: now) }
    let edgesThen = recordsThen.map { $0.edges(under: then) }
    var decidedAt: [Identifier: [Edge]] = [:]
    for edge in decisions { for end in [edge.a, edge.b] { decidedAt[end, default: []].append(edge) } }
    for part in parts(edgesNow, edgesThen, decisions) {
      let ends = Set(part.flatMap { index in (edgesNow[index] + edgesThen[index]).flatMap { [$0.a, $0.b] } })
      let decided = Array(Set(ends.flatMap { decidedAt[$0] ?? [] }))
      let before = customers(part.map { recordsNow[$0] }, part.flatMap { edgesNow[$0] } + decided, now)
      let after = customers(part.map { recordsThen[$0] }, part.flatMap { edgesThen[$0] } + decided, then)
      compare(before, after, &outcome)
    }
    return outcome
  }

  /// Records that hang together under either set of rules.
  private func parts(_ now: [[Edge]], _ then: [[Edge]], _ decisions: [Edge]) -> [[Int]] {
    var groups = Forest()
    var first: [Identifier: Int] = [:]
    for index in now.indices {
      groups.add()
      for edge in now[index] + then[index] {
        for end in [edge.a, edge.b] where end.type != .anonymous {
          if let other = first[end] { groups.join(index, other) } else { first[end] = index }
        }
      }
    }
    for edge in decisions where edge.rule == Edge.mergeRule {
      if let one = first[edge.a], let other = first[edge.b] { groups.join(one, other) }
    }
    var parts: [Int: [Int]] = [:]
    for index in now.indices { parts[groups.root(of: index), default: []].append(index) }
    return parts.values.sorted { ($0.first ?? 0) < ($1.first ?? 0) }
  }

  private func customers(_ records: [RecordIdentity], _ edges: [Edge], _ rules: IdentityRules) -> [CustomerCluster] {
    var nodes = Set(records.map(\.record))
    for edge in edges where !edge.isDecision { nodes.formUnion([edge.a, edge.b]) }
    return Resolver(rules: rules).clusters(nodes: nodes, edges: edges, records: records).filter { !$0.records.isEmpty }
  }

  private func compare(_ before: [CustomerCluster], _ after: [CustomerCluster], _ outcome: inout Outcome) {
    outcome.customersNow += before.count
    outcome.customersThen += after.count
    func owners(_ clusters: [CustomerCluster]) -> [Identifier: String] {
      var owners: [Identifier: String] = [:]
      for cluster in clusters { for record in cluster.records { owners[record] = cluster.customerId } }
      return owners
    }
    let (was, becomes) = (owners(before), owners(after))
    for cluster in after {
      let ids = Set(cluster.records.compactMap { was[$0] }).sorted()
      guard ids.count > 1 else { continue }
      outcome.joinsCount += 1
      if outcome.joins.count < Self.samplesMax { outcome.joins.append(.init(before: ids, after: [cluster.customerId])) }
    }
    for cluster in before {
      let ids = Set(cluster.records.compactMap { becomes[$0] }).sorted()
      guard ids.count > 1 else { continue }
      outcome.partsCount += 1
      if outcome.parts.count < Self.samplesMax { outcome.parts.append(.init(before: [cluster.customerId], after: ids)) }
    }
  }
}

/// Disjoint sets with path halving (Tarjan and van Leeuwen, 1984).
private struct Forest {
  private var parent: [Int] = []

  mutating func add() { parent.append(parent.count) }

  func root(of index: Int) -> Int {
    var index = index
    while parent[index] != index { index = parent[index] }
    return index
  }

  mutating func join(_ a: Int, _ b: Int) {
    var (a, b) = (halved(a), halved(b))
    if a == b { return }
    if a > b { swap(&a, &b) }
    parent[b] = a
  }

  private mutating func halved(_ start: Int) -> Int {
    var index = start
    while parent[index] != index {
      parent[index] = parent[parent[index]]
      index = parent[index]
    }
    return index
  }
}
