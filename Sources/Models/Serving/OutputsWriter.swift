import BSON
import MongoDB
import Store

/// Writes what one version says of every customer, under the version's generation: memberships of a clustering, the top products
/// of a factorization, scores.
struct OutputsWriter {
  let store: Store
  let limits: ModelLimits
  let state: ServingState
  let version: LoadedVersion
  /// When the recommendations are made.
  let now: BSONDate

  /// Goes through all customers, a page at a time. Announced first, so customers that change meanwhile are written as well.
  func writeAll(_ handle: JobHandle) throws(ModelsError) {
    let expected = try reading { () throws(StoreError) in
      try store.projections.customerCount(deadline: .after(milliseconds: limits.jobStepTimeoutMs))
    }
    let pages = CustomerPages(
      store: store, limits: limits, readsWhole: version.clusters.map { !$0.reader.readsFeaturesOnly } ?? false)
    let memberships = MembershipWriter(store: store, limits: limits, version: version)
    let recommendations = RecommendationWriter(
      store: store, limits: limits, snapshot: state.current, version: version, now: now)
    let scores = ScoreWriter(store: store, limits: limits, version: version)
    guard version.outputKind != nil else { return }
    var done = 0
    try pages.forEach(handle) { page throws(ModelsError) in
      try memberships?.update(page)
      try recommendations?.write(page, pages: pages)
      try scores?.write(page)
      done += page.count
      handle.report("writing outputs", 0.65 + 0.35 * Double(done) / Double(max(1, expected)))
    }
  }
}
