import Store

/// Decides which identifiers of a connected part of the graph are one customer.
///
/// A part is decided as a whole and in a canonical order, so the answer depends on the edges and records alone and never on
/// the order in which they came. Joining is complete-link: two groups join only if no record of one contradicts a record of
/// the other, so a chain of shared telephones does not make a family one person.
public struct Resolver: Sendable {
  /// What joins, in its order.
  public let rules: IdentityRules

  /// A resolver by these rules.
  public init(rules: IdentityRules = IdentityRules()) { self.rules = rules }

  /// Groups `nodes`. `edges` must hold every edge that touches them, `records` what the record nodes say.
  ///
  /// Every node stands in exactly one cluster; an identifier that several customers claim, or too many records, stands alone.
  public func clusters(nodes: Set<Identifier>, edges: [Edge], records: [RecordIdentity]) -> [CustomerCluster] {
    let sorted = records.sorted { $0.record < $1.record }
    var groups = Groups(count: sorted.count)
    let position = Dictionary(uniqueKeysWithValues: zip(sorted.map(\.record), sorted.indices))
    var claims: [Identifier: [Int]] = [:]
    var overclaimed: Set<Identifier> = []
    for (identifier, claimants) in claimants(in: edges) {
      claims[identifier] = claimants.compactMap { position[$0] }.sorted()
      if let rule = rules.rule(for: identifier.type), claimants.count > rule.recordsMax {
        overclaimed.insert(identifier)
      }
    }
    for rule in rules.rules {
      join(by: rule, claims: claims.filter { !overclaimed.contains($0.key) }, records: sorted, groups: &groups)
    }
    return assemble(
      nodes: nodes, edges: edges, records: sorted, position: position, claims: claims, overclaimed: overclaimed,
      groups: &groups)
  }

  /// Which records claim each identifier, those beyond the part included.
  private func claimants(in edges: [Edge]) -> [Identifier: Set<Identifier>] {
    var claimants: [Identifier: Set<Identifier>] = [:]
    for edge in edges where edge.a.type == .record { claimants[edge.b, default: []].insert(edge.a) }
    return claimants
  }

  private func join(
    by rule: IdentityRules.Rule, claims: [Identifier: [Int]], records: [RecordIdentity], groups: inout Groups
  ) {
    for identifier in claims.keys.filter({ $0.type == rule.type }).sorted() {
      guard let claimants = claims[identifier], claimants.count > 1 else { continue }
      for (offset, first) in claimants.enumerated() {
        for second in claimants[(offset + 1)...] where mayJoin(first, second, rule, records, &groups) {
          groups.join(first, second)
        }
      }
    }
  }

  private func mayJoin(
    _ first: Int, _ second: Int, _ rule: IdentityRules.Rule, _ records: [RecordIdentity], _ groups: inout Groups
  ) -> Bool {
    if groups.areJoined(first, second) { return false }
    for mine in groups.members(of: first) {
      for theirs in groups.members(of: second) {
        let isPossible =
          switch rule.agreement {
          case .none: true
          case .noContradiction: !records[mine].contradicts(records[theirs])
          case .samePerson: records[mine].mayBeOnePerson(with: records[theirs])
          }
        if !isPossible { return false }
      }
    }
    return true
  }

  private func assemble(
    nodes: Set<Identifier>, edges: [Edge], records: [RecordIdentity], position: [Identifier: Int],
    claims: [Identifier: [Int]], overclaimed: Set<Identifier>, groups: inout Groups
  ) -> [CustomerCluster] {
    var members: [Int: [Identifier]] = [:]
    var shared: [Int: [Identifier]] = [:]
    var owner: [Identifier: Int] = [:]
    var alone: [Identifier] = []
    for (index, record) in records.enumerated() { members[groups.root(of: index), default: []].append(record.record) }

    let others = nodes.filter { $0.type != .record || position[$0] == nil }
    for node in others where node.type != .anonymous {
      let claimants = Set((claims[node] ?? []).map { groups.root(of: $0) })
      if claimants.count == 1, let only = claimants.first, !overclaimed.contains(node) {
        members[only, default: []].append(node)
        owner[node] = only
      } else {
        for root in claimants { shared[root, default: []].append(node) }
        alone.append(node)
      }
    }

    // An identifier without a record is a customer of its own, and may own an anonymous history.
    var next = records.count
    for node in alone.sorted() {
      members[next] = [node]
      owner[node] = next
      next += 1
    }
    var links: [Identifier: Set<Int>] = [:]
    for edge in edges where edge.b.type == .anonymous {
      if let record = position[edge.a] {
        links[edge.b, default: []].insert(groups.root(of: record))
      } else if let group = owner[edge.a] {
        links[edge.b, default: []].insert(group)
      }
    }
    for node in others.filter({ $0.type == .anonymous }).sorted() {
      if let linked = links[node], linked.count == 1, let only = linked.first {
        members[only, default: []].append(node)
      } else {
        for group in links[node] ?? [] { shared[group, default: []].append(node) }
        members[next] = [node]
        next += 1
      }
    }
    return members.map { CustomerCluster(members: $0.value.sorted(), shared: (shared[$0.key] ?? []).sorted()) }
      .sorted { ($0.members.first.map(\.key) ?? "") < ($1.members.first.map(\.key) ?? "") }
  }
}

/// Disjoint groups of the numbers below `count`, with the members of each at hand.
struct Groups {
  private var rootOf: [Int]
  private var membersOf: [Int: [Int]] = [:]

  init(count: Int) {
    rootOf = Array(0..<count)
    for index in 0..<count { membersOf[index] = [index] }
  }

  func root(of index: Int) -> Int { rootOf[index] }

  func areJoined(_ a: Int, _ b: Int) -> Bool { rootOf[a] == rootOf[b] }

  func members(of index: Int) -> [Int] { membersOf[rootOf[index]] ?? [] }

  /// The lower root stays.
  mutating func join(_ a: Int, _ b: Int) {
    let (low, high) = (min(rootOf[a], rootOf[b]), max(rootOf[a], rootOf[b]))
    guard low != high, let moved = membersOf.removeValue(forKey: high) else { return }
    for index in moved { rootOf[index] = low }
    membersOf[low, default: []] += moved
  }
}
