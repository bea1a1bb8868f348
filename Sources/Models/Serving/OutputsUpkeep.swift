import BSON
import MongoDB
import Store

/// Keeps what versions wrote in order, between jobs: removes generations that nobody reads, and sets right what does not agree with
/// the customers.
struct OutputsUpkeep {
  /// When something is to be done; nil when nothing is.
  struct Due: Sendable {
    var sweep: ContinuousClock.Instant?
    var check: ContinuousClock.Instant?
  }

  let store: Store
  let limits: ModelLimits
  let state: ServingState
  let owner: String

  private var timeout: Deadline { .after(milliseconds: limits.jobStepTimeoutMs) }

  private func models() throws(ModelsError) -> [BSONDocument] {
    try reading { () throws(StoreError) in try store.registry.allModels(deadline: timeout) }
  }

  // MARK: Old generations

  /// Removes generations that are neither read nor being written, and what unfinished jobs announced. False when a model had to be left for later: its lease is taken.
  func sweep() throws(ModelsError) -> Bool {
    var isComplete = true
    for document in try models() {
      guard let model = document.string("_id") else { continue }
      if try !sweep(model) { isComplete = false }
    }
    return isComplete
  }

  private func sweep(_ model: String) throws(ModelsError) -> Bool {
    try reading { () throws(StoreError) in
      guard
        let lease = try store.acquireLease(
          JobRunner.leaseName(ofModel: model), owner: owner, milliseconds: limits.leaseMs, deadline: timeout)
      else { return false }
      // Under the lease nobody writes outputs: what is announced all the same will never be completed.
      if let document = try store.registry.model(model, deadline: timeout) {
        if document.contains("upcoming") { try store.registry.retractAnnouncement(ofModel: model, deadline: timeout) }
        let kept = [document.string("outputs")].compactMap { $0 }
        try store.outputs.removeGenerations(ofModel: model, otherThan: kept, deadline: timeout)
      }
      try store.releaseLease(lease, deadline: timeout)
      return true
    }
  }

  // MARK: Agreement with the customers

  /// Compares every stored output with the customers, page by page in the order of ids. False when it had to stop early.
  ///
  /// A process that ends between writing a customer and its membership leaves the two apart; so does a call that failed.
  func check(while mayGoOn: () -> Bool) throws(ModelsError) -> Bool {
    for document in try models() {
      guard let generation = document.string("outputs"), let version = try readable(generation) else { continue }
      do throws(ModelsError) {
        try check(version, while: mayGoOn)
      } catch .cancelled {
        return false
      }
    }
    return true
  }

  private func readable(_ generation: String) throws(ModelsError) -> LoadedVersion? {
    do throws(ModelsError) {
      return try state.version(generation)
    } catch {
      if case .store = error { throw error }
      return nil
    }
  }

  private func check(_ version: LoadedVersion, while mayGoOn: () -> Bool) throws(ModelsError) {
    let pages = CustomerPages(
      store: store, limits: limits, readsWhole: version.clusters.map { !$0.reader.readsFeaturesOnly } ?? false)
    guard version.outputKind != nil else { return }
    let writer = MembershipWriter(store: store, limits: limits, version: version)
    var after: String?
    func pause() throws(ModelsError) { if !mayGoOn() { throw .cancelled } }
    try pages.forEach(checking: pause) { page throws(ModelsError) in
      let last = page.last?.string("_id")
      try compare(page, version, writer, after: after, through: last)
      after = last
    }
    // Whatever stands behind the last customer belongs to none.
    try compare([], version, writer, after: after, through: nil)
  }

  private func compare(
    _ customers: [BSONDocument], _ version: LoadedVersion, _ writer: MembershipWriter?, after: String?, through: String?
  ) throws(ModelsError) {
    let stored = try reading { () throws(StoreError) in
      try store.outputs.stored(
        version.outputKind ?? .members, ofGeneration: version.id, after: after, through: through, deadline: timeout)
    }
    let ids = Set(customers.compactMap { $0.string("_id") })
    var wrong = Set(stored.compactMap { $0.string("customerId") }).subtracting(ids)
    if let writer {
      let known = Set(stored)
      for membership in try writer.memberships(of: customers) where !known.contains(membership) {
        if let id = membership.string("customerId") { wrong.insert(id) }
      }
      try writer.update(wrong.sorted())
    } else if !wrong.isEmpty {
      let gone = wrong.sorted()
      try reading { () throws(StoreError) in
        try store.outputs.remove(customers: gone, generations: [version.id], deadline: timeout)
      }
    }
  }
}
