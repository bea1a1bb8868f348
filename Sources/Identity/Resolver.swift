import Store

/// Decides which identifiers of a connected part of the graph are one customer.
///
/// A part is decided as a whole and in a canonical order, so the answer depends on the edges and records alone and never on
/// the order in which they came. Rules join first, complete-link: two groups join only if no record of one contradicts a
/// record of the other, so a chain of shared telephones does not make a family one person. What people merged is joined last
/// and joins whole groups: so a merge never takes a group apart, and without it the groups are what they were before.
public struct Resolver: Sendable {
  /// What joins, in its order.
  public let rules: IdentityRules

  /// A resolver by these rules.
  public init(rules: IdentityRules = IdentityRules()) { self.rules = rules }

  /// Groups `nodes`. `edges` must hold every edge that touches them, `records` what the record nodes say.
  ///
  /// Every node but a rule's key stands in exactly one cluster; an identifier that several customers claim, that too many
  /// records claim or that is blocked stands alone.
  public func clusters(nodes: Set<Identifier>, edges: [Edge], records: [RecordIdentity]) -> [CustomerCluster] {
    var resolution = Resolution(rules: rules, nodes: nodes, edges: edges, records: records)
    for rule in rules.rules { resolution.join(by: rule) }
    resolution.joinMerged()
    return resolution.clusters()
  }
}

/// One part on its way from single records to customers. Numbers below `records.count` are records in the order of their keys,
/// those from there on the other nodes.
private struct Resolution {
  let rules: IdentityRules
  let records: [RecordIdentity]
  let others: [Identifier]
  let edges: [Edge]
  private let position: [Identifier: Int]
  private var claims: [Identifier: [Int]] = [:]
  /// Claimed by too many records, or blocked.
  private var unusable: Set<Identifier> = []
  private var denied: [Int: Set<Int>] = [:]
  private var frozen: Set<Int> = []
  private var groups: Groups

  init(rules: IdentityRules, nodes: Set<Identifier>, edges: [Edge], records unsorted: [RecordIdentity]) {
    self.rules = rules
    self.edges = edges.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    records = unsorted.sorted { $0.record < $1.record }
    let known = Set(records.map(\.record))
    others = nodes.filter { $0.type != .matchKey && !known.contains($0) }.sorted()
    groups = Groups(count: records.count + others.count)
    var position: [Identifier: Int] = [:]
    for (index, record) in records.enumerated() { position[record.record] = index }
    for (offset, node) in others.enumerated() { position[node] = records.count + offset }
    self.position = position
    readClaims()
    readDenials()
  }

  private mutating func readClaims() {
    var claimants: [Identifier: Set<Identifier>] = [:]
    for edge in edges where edge.a.type == .record && !edge.isDecision { claimants[edge.b, default: []].insert(edge.a) }
    for (identifier, claiming) in claimants {
      claims[identifier] = claiming.compactMap { position[$0] }.filter { $0 < records.count }.sorted()
      if claiming.count > rules.recordsMax(of: identifier) || rules.isBlocked(identifier) {
        unusable.insert(identifier)
      }
    }
  }

  /// A denial of an identifier holds for the records that claim it.
  private mutating func readDenials() {
    func standing(for node: Identifier) -> [Int] { (position[node].map { [$0] } ?? []) + (claims[node] ?? []) }
    for edge in edges where edge.rule == Edge.denyRule {
      for one in standing(for: edge.a) {
        for other in standing(for: edge.b) where one != other {
          denied[one, default: []].insert(other)
          denied[other, default: []].insert(one)
        }
      }
    }
  }

  // MARK: Joining

  mutating func join(by rule: IdentityRules.Rule) {
    let shared = claims.keys.filter { !unusable.contains($0) && rules.rule(ofKey: $0) == rule }
    for identifier in shared.sorted() {
      guard let claimants = claims[identifier], claimants.count > 1 else { continue }
      for (offset, first) in claimants.enumerated() {
        for second in claimants[(offset + 1)...] where mayJoin(first, second, rule.agreement) {
          groups.join(first, second)
        }
      }
    }
  }

  private mutating func mayJoin(_ first: Int, _ second: Int, _ agreement: IdentityRules.Agreement) -> Bool {
    if groups.areJoined(first, second) { return false }
    let (mine, theirs) = (groups.members(of: first), groups.members(of: second))
    for one in mine {
      for other in theirs {
        let isPossible =
          switch agreement {
          case .none: true
          case .noContradiction: !records[one].contradicts(records[other])
          case .samePerson: records[one].mayBeOnePerson(with: records[other])
          }
        if !isPossible { return false }
      }
    }
    return !isDenied(mine, theirs) && isWithinLimits(mine + theirs)
  }

  private func isDenied(_ mine: [Int], _ theirs: [Int]) -> Bool {
    denied.isEmpty ? false : mine.contains { one in denied[one]?.isDisjoint(with: theirs) == false }
  }

  /// Whether one customer may have all that these records claim. When it would have too many identifiers, people must decide.
  private mutating func isWithinLimits(_ members: [Int]) -> Bool {
    let limits = rules.policies.filter { $0.value.limit != nil }
    // A record claims five identifiers at the most: small groups are within the bound whatever they claim.
    if limits.isEmpty, members.count * 5 <= IdentityRules.customerIdentifiersMax { return true }
    var claimed: Set<Identifier> = []
    for member in members {
      claimed.insert(records[member].record)
      claimed.formUnion(records[member].identifiers.filter { $0.type != .anonymous })
    }
    for (type, policy) in limits where claimed.count(where: { $0.type == type }) > policy.limit ?? .max { return false }
    if claimed.count <= IdentityRules.customerIdentifiersMax { return true }
    frozen.formUnion(members)
    return false
  }

  /// Joins what people merged, until nothing more joins: a merge may settle whose an identifier is that another one names.
  mutating func joinMerged() {
    let merges = edges.filter { $0.rule == Edge.mergeRule }
    guard !merges.isEmpty else { return }
    var hasJoined = true
    while hasJoined {
      hasJoined = false
      let owners = owners()
      for edge in merges {
        guard let one = owners[edge.a], let other = owners[edge.b], !groups.areJoined(one, other),
          !isDenied(groups.members(of: one), groups.members(of: other))
        else { continue }
        groups.join(one, other)
        hasJoined = true
      }
    }
  }

  // MARK: Whose an identifier is

  /// For each node a number in the group that it belongs to.
  private func owners() -> [Identifier: Int] {
    var owners: [Identifier: Int] = [:]
    for (index, record) in records.enumerated() { owners[record.record] = index }
    for node in others where node.type != .anonymous {
      owners[node] = onlyClaimant(of: node) ?? position[node]
    }
    let links = links(owners)
    for node in others where node.type == .anonymous {
      if let linked = links[node], linked.count == 1, let only = linked.first {
        owners[node] = only
      } else {
        owners[node] = position[node]
      }
    }
    return owners
  }

  /// The group of all who claim an identifier.
  private func onlyClaimant(of node: Identifier) -> Int? {
    guard !unusable.contains(node), let claimants = claims[node], let first = claimants.first,
      claimants.allSatisfy({ groups.areJoined($0, first) })
    else { return nil }
    return first
  }

  /// The groups to which anonymous histories are tied.
  private func links(_ owners: [Identifier: Int]) -> [Identifier: Set<Int>] {
    var links: [Identifier: Set<Int>] = [:]
    for edge in edges where edge.b.type == .anonymous && !edge.isDecision {
      if let owner = owners[edge.a] { links[edge.b, default: []].insert(groups.root(of: owner)) }
    }
    return links
  }

  func clusters() -> [CustomerCluster] {
    let owners = owners()
    let links = links(owners)
    var members: [Int: [Identifier]] = [:]
    var shared: [Int: Set<Identifier>] = [:]
    for (node, owner) in owners {
      let root = groups.root(of: owner)
      members[root, default: []].append(node)
      let claimants =
        node.type == .anonymous ? links[node] ?? [] : Set((claims[node] ?? []).map { groups.root(of: $0) })
      for claimant in claimants where claimant != root { shared[claimant, default: []].insert(node) }
    }
    let frozenRoots = Set(frozen.map { groups.root(of: $0) })
    return members.map { root, nodes in
      CustomerCluster(
        members: nodes.sorted(), shared: (shared[root] ?? []).sorted(), isFrozen: frozenRoots.contains(root))
    }
    .sorted { ($0.members.first.map(\.key) ?? "") < ($1.members.first.map(\.key) ?? "") }
  }
}
