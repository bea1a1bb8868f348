import BSON
import Identity
import MongoDB
import Store

/// Brings the projections up to date with one batch of changes.
///
/// Every step sets what it writes to a value computed from sources, so a pass that is cut off anywhere is simply run again.
struct ProjectionPass {
  let store: Store
  let projections: ProjectionCollections
  let resolver: Resolver
  let money: MoneyPolicy
  let deadline: Deadline

  /// Returns the ids of the customers that were written or removed.
  func run(_ dirty: DirtySet) throws(StoreError) -> [String] {
    try recomputeRollups(dirty.subjectDays)
    var seeds = try recomputeEdges(of: dirty.records.map(\.string), links: dirty.links)
    seeds.formUnion(try recomputeEdges(ofDecisions: Array(dirty.decisions)))
    for pair in dirty.subjectDays {
      if let subject = Identifier(key: pair.subject) { seeds.insert(subject) }
    }
    return try rebuildCustomers(around: seeds)
  }

  // MARK: Rollups

  /// How many subjects one query over events takes.
  static let subjectsPerQueryMax = 500

  func recomputeRollups(_ pairs: Set<SubjectDay>) throws(StoreError) {
    guard !pairs.isEmpty else { return }
    var builders: [SubjectDay: RollupBuilder] = [:]
    for pair in pairs { builders[pair] = RollupBuilder(pair) }
    for span in Self.spans(of: pairs) {
      let (first, end) = (UTCDay.start(of: span.firstDay), UTCDay.end(of: span.lastDay))
      for subjects in span.subjects.chunked(Self.subjectsPerQueryMax) {
        try store.events.forEachRow(ofSubjects: subjects, from: first, until: end, deadline: deadline) { row in
          guard let key = Self.subjectDay(of: row) else { return }
          builders[key]?.add(event: row)
        }
        try store.orders.forEachOrder(ofSubjects: subjects, from: first, until: end, deadline: deadline) { order in
          guard let key = Self.subjectDay(of: order) else { return }
          builders[key]?.add(order: order)
        }
        try store.interactions.forEachInteraction(ofSubjects: subjects, from: first, until: end, deadline: deadline) {
          guard let key = Self.subjectDay(of: $0) else { return }
          builders[key]?.add(interaction: $0)
        }
      }
    }
    var rollups: [Rollup] = []
    var empty: [String] = []
    for (pair, builder) in builders {
      if let rollup = builder.finish() {
        rollups.append(rollup)
      } else {
        empty.append(Rollup.id(subject: pair.subject, day: pair.day))
      }
    }
    try projections.set(rollups, removing: empty, deadline: deadline)
  }

  private static func subjectDay(of document: BSONDocument) -> SubjectDay? {
    guard let subject = document.string("subject"), let day = document.int("day") else { return nil }
    return SubjectDay(subject: subject, day: day)
  }

  struct Span {
    var firstDay: Int
    var lastDay: Int
    var subjects: [String]
  }

  /// Few days (live traffic): one query a day for all its subjects. Many days (a history is loaded): one span for all.
  static func spans(of pairs: Set<SubjectDay>) -> [Span] {
    var subjectsOfDay: [Int: [String]] = [:]
    for pair in pairs { subjectsOfDay[pair.day, default: []].append(pair.subject) }
    if subjectsOfDay.count <= 3 {
      return subjectsOfDay.map { Span(firstDay: $0.key, lastDay: $0.key, subjects: $0.value) }
    }
    var daysOfSubject: [String: (first: Int, last: Int)] = [:]
    for pair in pairs {
      let days = daysOfSubject[pair.subject] ?? (pair.day, pair.day)
      daysOfSubject[pair.subject] = (min(days.first, pair.day), max(days.last, pair.day))
    }
    // Subjects whose stale days lie in the same months share a query, so that nobody's whole history is read for one day.
    var groups: [Int: Span] = [:]
    for (subject, days) in daysOfSubject {
      let months = days.first / 100 * 1_000_000 + days.last / 100
      var span = groups[months] ?? Span(firstDay: days.first, lastDay: days.last, subjects: [])
      span.firstDay = min(span.firstDay, days.first)
      span.lastDay = max(span.lastDay, days.last)
      span.subjects.append(subject)
      groups[months] = span
    }
    return Array(groups.values)
  }

  // MARK: Edges

  /// Replaces the edges of records and adds links; returns every identifier whose neighbourhood may have changed.
  func recomputeEdges(of recordIds: [String], links: Set<Edge>) throws(StoreError) -> Set<Identifier> {
    var touched: Set<Identifier> = []
    var added: [Edge] = []
    var removed: [Edge] = []
    if !recordIds.isEmpty {
      let owners = recordIds.map { "record:" + $0 }
      let old = Set(try projections.edges(ownedBy: owners, deadline: deadline))
      var new: Set<Edge> = []
      for chunk in recordIds.chunked(1000) {
        for document in try store.customerRecords.find(ids: chunk, deadline: deadline) {
          guard let record = RecordIdentity(document, under: resolver.rules) else { continue }
          touched.insert(record.record)
          new.formUnion(record.edges(under: resolver.rules))
        }
      }
      for owner in owners { if let record = Identifier(key: owner) { touched.insert(record) } }
      added = Array(new.subtracting(old))
      removed = Array(old.subtracting(new))
      for edge in old.union(new) { touched.formUnion([edge.a, edge.b]) }
    }
    for link in links {
      touched.formUnion([link.a, link.b])
      added.append(link)
    }
    try projections.change(adding: added, removing: removed, deadline: deadline)
    return touched
  }

  /// Replaces the edges of decisions; returns every identifier that they, or pins, name.
  func recomputeEdges(ofDecisions ids: [String]) throws(StoreError) -> Set<Identifier> {
    var touched: Set<Identifier> = []
    for chunk in ids.chunked(1000) {
      let old = Set(try projections.edges(ownedBy: chunk.map(IdentityDecision.owner), deadline: deadline))
      let new = Set(try store.decisions.find(ids: chunk, deadline: deadline).flatMap(\.edges))
      try projections.change(
        adding: Array(new.subtracting(old)), removing: Array(old.subtracting(new)), deadline: deadline)
      for edge in old.union(new) { touched.formUnion([edge.a, edge.b]) }
      let pins = chunk.filter { $0.hasPrefix(PinnedValue.idPrefix) }
      if !pins.isEmpty { touched.formUnion(try store.pins.find(ids: pins, deadline: deadline).map(\.identifier)) }
    }
    return touched
  }

  // MARK: Customers

  /// What a part of the graph comes to.
  struct Resolved {
    /// Customers, as they should be stored.
    var customers: [BSONDocument] = []
    /// Where the identifiers of customers stand.
    var assignments: [IdentifierAssignment] = []
    /// Messages that wait for their senders to be known: their ids, by sender.
    var parked: [ByteString: [String]] = [:]
    /// All that hangs together.
    let nodes: Set<Identifier>
  }

  func rebuildCustomers(around seeds: Set<Identifier>) throws(StoreError) -> [String] {
    guard !seeds.isEmpty else { return [] }
    return try write(try resolve(around: seeds))
  }

  /// Computes the customers around some identifiers, as if `added` were among the edges and `removed` were not. Writes nothing.
  func resolve(
    around seeds: Set<Identifier>, adding added: [Edge] = [], removing removed: Set<Edge> = []
  ) throws(StoreError) -> Resolved {
    let part = try connectedPart(around: seeds)
    let recordIds = part.nodes.filter { $0.type == .record }.map(\.value)
    var documents: [Identifier: BSONDocument] = [:]
    var records: [RecordIdentity] = []
    for chunk in recordIds.chunked(1000) {
      for document in try store.customerRecords.find(ids: chunk, deadline: deadline) {
        guard let record = RecordIdentity(document, under: resolver.rules) else { continue }
        documents[record.record] = document
        records.append(record)
      }
    }
    let edges = part.edges.filter { !removed.contains($0) } + added
    let clusters = resolver.clusters(nodes: part.nodes, edges: edges, records: records)
    let features = try features(of: clusters)
    let pins = try pins(on: part.nodes)
    var resolved = Resolved(nodes: part.nodes)
    resolved.parked = try parked(clusters, features, edges: edges, pinned: Set(pins.keys))
    for (cluster, feature) in zip(clusters, features) {
      let own = cluster.records.compactMap { documents[$0] }
      // An identifier that nobody owns and nothing happened under is no customer.
      if own.isEmpty, feature.isEmpty { continue }
      // Nor is somebody who wrote and whom no source names.
      if let only = cluster.members.first, resolved.parked[ByteString(only.key)] != nil { continue }
      resolved.customers.append(
        CustomerDocument.make(
          cluster, records: own, features: feature, rules: resolver.rules.survivorship,
          pins: cluster.members.flatMap { pins[$0] ?? [] }))
      let id = cluster.customerId
      resolved.assignments += cluster.members.map { IdentifierAssignment(key: $0.key, customerId: id) }
    }
    return resolved
  }

  /// The pins that hold, by the identifier that they stand on.
  private func pins(on nodes: Set<Identifier>) throws(StoreError) -> [Identifier: [PinnedValue]] {
    let found = try store.pins.of(Array(nodes), deadline: deadline).filter { $0.undone == nil }
    return Dictionary(grouping: found, by: \.identifier)
  }

  /// Writes what differs from what is stored.
  private func write(_ resolved: Resolved) throws(StoreError) -> [String] {
    let before = try projections.assignments(of: resolved.nodes.map(\.key), deadline: deadline)
    let ids = Set(resolved.customers.compactMap { $0.string("_id") })
    let stored = try projections.customers(Array(ids), deadline: deadline)
    var storedById: [String: BSONDocument] = [:]
    for document in stored { if let id = document.string("_id") { storedById[id] = document } }
    let changed = resolved.customers.filter { document in document.string("_id").flatMap { storedById[$0] } != document
    }
    let gone = Set(before.map(\.customerId)).subtracting(ids)
    var previous: [ByteString: String] = [:]
    for assignment in before { previous[ByteString(assignment.key)] = assignment.customerId }
    let moved = resolved.assignments.filter { previous[ByteString($0.key)] != $0.customerId }
    let (lost, aliases) = idsToKeep(before, resolved.assignments, ids)
    let attached = try park(resolved)
    try projections.apply(
      CustomerChanges(
        written: changed, removed: Array(gone), assigned: moved, unassigned: lost, aliases: aliases, attached: attached),
      deadline: deadline)
    return changed.compactMap { $0.string("_id") } + gone
  }

  /// Identifiers that no source names any more leave behind where the ids lead that were made of them: to the customer that
  /// they belonged to, or to whoever has most of what belonged to it.
  private func idsToKeep(
    _ before: [IdentifierAssignment], _ after: [IdentifierAssignment], _ ids: Set<String>
  ) -> (lost: [String], aliases: [(id: String, customerId: String)]) {
    var now: [ByteString: String] = [:]
    for assignment in after { now[ByteString(assignment.key)] = assignment.customerId }
    let lost = before.filter { now[ByteString($0.key)] == nil }
    guard !lost.isEmpty else { return ([], []) }
    var heirs: [String: [String: Int]] = [:]
    for assignment in before {
      if let heir = now[ByteString(assignment.key)] {
        heirs[assignment.customerId, default: [:]][heir, default: 0] += 1
      }
    }
    let aliases = lost.compactMap { assignment -> (id: String, customerId: String)? in
      let owner = assignment.customerId
      let heir = ids.contains(owner) ? owner : heirs[owner]?.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
      return heir.map { (IdentifierAssignment.customerId(anchoredAt: assignment.key), $0) }
    }
    return (lost.map(\.key), aliases.filter { $0.id != $0.customerId })
  }

  /// Everything that hangs together with the seeds. What joins nobody for being claimed too often is not followed, but for one
  /// more claim than allowed: its claimants must be looked at again when it crosses the limit. A denial ties nothing together.
  private func connectedPart(around seeds: Set<Identifier>) throws(StoreError) -> (
    nodes: Set<Identifier>, edges: [Edge]
  ) {
    var nodes = seeds
    var edges: Set<Edge> = []
    var frontier = Array(seeds)
    while !frontier.isEmpty {
      let found = try projections.edges(touching: frontier, deadline: deadline)
      edges.formUnion(found)
      var claims: [Identifier: Int] = [:]
      for edge in Set(found) where edge.a.type == .record && !edge.isDecision { claims[edge.b, default: 0] += 1 }
      let visited = Set(frontier)
      var next: Set<Identifier> = []
      for edge in found where edge.rule != Edge.denyRule {
        let isHub =
          !edge.isDecision && visited.contains(edge.b)
          && (claims[edge.b] ?? 0) > resolver.rules.recordsMax(of: edge.b) + 1
        if !isHub { next.insert(edge.a) }
        next.insert(edge.b)
      }
      frontier = next.filter { nodes.insert($0).inserted }
    }
    return (nodes, Array(edges))
  }

  private func features(of clusters: [CustomerCluster]) throws(StoreError) -> [CustomerFeatures] {
    var owner: [ByteString: Int] = [:]
    for (index, cluster) in clusters.enumerated() {
      for subject in cluster.subjects { owner[ByteString(subject.key)] = index }
    }
    var features = clusters.map { _ in CustomerFeatures(money: money) }
    try projections.forEachRollup(ofSubjects: owner.keys.map(\.string), deadline: deadline) { rollup in
      if let index = owner[ByteString(rollup.subject)] { features[index].add(rollup) }
    }
    return features
  }
}
