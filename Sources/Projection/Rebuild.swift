import BSON
import Identity
import MongoDB
import Store

/// Computes all projections from the sources, beside those that are served, and then takes their place.
///
/// It uses the steps of a live pass, so that it writes the same bytes. Readers see the old customers until the last moment.
public struct Rebuild: Sendable {
  /// One stage of a rebuild, with how much of it is done.
  public struct Progress: Sendable {
    /// `rollups`, `records`, `decisions` or `customers`.
    public let stage: String
    /// How many of its items are done.
    public let done: Int
  }

  /// Pairs, records or identifiers that one step takes.
  static let stepMax = 4000
  /// No single rebuild is expected to take longer, in milliseconds.
  static let timeoutMs = 24 * 3600 * 1000

  let store: Store
  let resolver: Resolver
  let money: MoneyPolicy
  /// The projector's lease, which the caller keeps.
  let lease: Lease

  /// Runs all stages. `progress` may end it by an error: nothing of it is served then.
  func run(progress: @escaping (Progress) throws(StoreError) -> Void = { _ throws(StoreError) in }) throws(StoreError) {
    let deadline = Deadline.after(milliseconds: Self.timeoutMs)
    let fresh = try store.projectionsUnderConstruction(deadline: deadline).held(under: lease)
    let pass = ProjectionPass(store: store, projections: fresh, resolver: resolver, money: money, deadline: deadline)
    func step(_ stage: String, _ done: Int) throws(StoreError) { try progress(Progress(stage: stage, done: done)) }

    try fresh.createIndexes(for: .edges, deadline: deadline)
    var subjects: Set<ByteString> = []
    try inSteps(
      "rollups", report: step,
      of: { (emit) throws(StoreError) in try store.forEachSubjectDay(deadline: deadline, emit) },
      { (pairs: [SubjectDay]) throws(StoreError) in
        try pass.recomputeRollups(Set(pairs))
        for pair in pairs { subjects.insert(ByteString(pair.subject)) }
      })

    var nodes: Set<Identifier> = Set(subjects.compactMap { Identifier(key: $0.string) })
    try inSteps(
      "records", report: step,
      of: { (emit) throws(StoreError) in
        try store.customerRecords.forEach(deadline: deadline) { try emit($0.string("_id") ?? "") }
      },
      { (ids: [String]) throws(StoreError) in
        nodes.formUnion(try pass.recomputeEdges(of: ids, links: []))
      })
    try inSteps(
      "decisions", report: step,
      of: { (emit) throws(StoreError) in try store.decisions.forEach(deadline: deadline) { try emit($0.id) } },
      { (ids: [String]) throws(StoreError) in
        nodes.formUnion(try pass.recomputeEdges(ofDecisions: ids))
      })
    try inSteps(
      "pins", report: step,
      of: { (emit) throws(StoreError) in try store.pins.forEachId(deadline: deadline, emit) },
      { (ids: [String]) throws(StoreError) in
        nodes.formUnion(try pass.recomputeEdges(ofDecisions: ids))
      })
    // Whoever waits no longer is seen to.
    try store.parked.forEach(deadline: deadline) { parked in
      if let sender = Identifier(key: parked.subject) { nodes.insert(sender) }
    }
    var links = DirtySet()
    try store.forEachAnonymousLink(deadline: deadline) { links.link(userId: $0, anonymousId: $1) }
    nodes.formUnion(try pass.recomputeEdges(of: [], links: links.links))

    try fresh.createIndexes(for: .customers, deadline: deadline)
    var done = 0
    for seeds in nodes.sorted().chunked(Self.stepMax) {
      // Parts that an earlier step has decided already are not decided again.
      let assigned = Set(try fresh.assignments(of: seeds.map(\.key), deadline: deadline).map { ByteString($0.key) })
      _ = try pass.rebuildCustomers(around: Set(seeds.filter { !assigned.contains(ByteString($0.key)) }))
      done += seeds.count
      try step("customers", done)
    }
    try keepIds(fresh, deadline: deadline)
    try fresh.createIndexes(for: .readers, deadline: deadline)
    // Collections change their names outside of transactions.
    guard try store.isHeld(lease, deadline: deadline) else { throw .leaseLost(name: lease.name) }
    try fresh.take(placeOf: store.projections, deadline: deadline)
  }

  /// What the present projections know of identifiers that no source names any more must outlive them: where ids lead.
  private func keepIds(_ fresh: ProjectionCollections, deadline: Deadline) throws(StoreError) {
    try store.projections.forEachAssignments(deadline: deadline) { chunk in
      let known = Set(try fresh.assignments(of: chunk.map(\.key), deadline: deadline).map { ByteString($0.key) })
      let lost = chunk.filter { !known.contains(ByteString($0.key)) }
      let aliases = lost.map { (id: IdentifierAssignment.customerId(anchoredAt: $0.key), customerId: $0.customerId) }
      try store.aliases.set(aliases.filter { $0.id != $0.customerId }, deadline: deadline)
    }
  }

  private func inSteps<Element>(
    _ stage: String, report: @escaping (String, Int) throws(StoreError) -> Void,
    of source: ((Element) throws -> Void) throws(StoreError) -> Void,
    _ body: @escaping ([Element]) throws(StoreError) -> Void
  ) throws(StoreError) {
    var step: [Element] = []
    var done = 0
    try source { element in
      step.append(element)
      guard step.count >= Self.stepMax else { return }
      try body(step)
      done += step.count
      try report(stage, done)
      step.removeAll(keepingCapacity: true)
    }
    try body(step)
    try report(stage, done + step.count)
  }
}

extension Rebuild {
  /// Rebuilds the projections of a database, asking a running service to stand back meanwhile.
  ///
  /// Changes that arrive during the rebuild are worked off afterwards from the stored position, by whoever projects next.
  public static func run(
    store: Store, rules: IdentityRules? = nil, currency: String? = nil, rates: [String: Double] = [:],
    progress: @escaping (Progress) -> Void
  ) throws(StoreError) {
    let owner = "rebuild/\(UInt64.random(in: .min ... .max))"
    let short = 5000
    var held: Lease?
    let patience = Deadline.after(milliseconds: 60_000)
    while held == nil {
      if patience.hasPassed { throw .contention(collection: "leases") }
      try store.requestLease(Projector.leaseName, for: owner, deadline: .after(milliseconds: short))
      held = try store.acquireLease(
        Projector.leaseName, owner: owner, milliseconds: 30_000, deadline: .after(milliseconds: short))
    }
    guard let lease = held else { return }
    defer { try? store.releaseLease(lease, deadline: .after(milliseconds: short)) }
    let money = try MoneyPolicy.decided(
      in: store, configured: currency, rates: rates, deadline: .after(milliseconds: short))
    var resolver = Resolver(rules: rules ?? IdentityRules())
    if rules == nil {
      resolver = Resolver(rules: try store.currentIdentityRules(deadline: .after(milliseconds: short)))
    }
    let rebuild = Rebuild(store: store, resolver: resolver, money: money, lease: lease)
    // Where nobody has projected yet, whoever does next goes on from here.
    var position = FeedPosition(of: Projector.reader, in: store)
    let feed = try position.isUnset ? store.changes(after: nil) : nil
    try store.keeping(lease, milliseconds: 30_000) { (_) throws(StoreError) in try rebuild.run(progress: progress) }
    if let feed { try position.keep(feed) }
  }
}
