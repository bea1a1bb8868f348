import BSON
import MongoDB
import Store

/// Walks all customers in the order of ids, a page at a time: what a pass holds in memory does not grow with their number.
struct CustomerPages {
  let store: Store
  let limits: ModelLimits
  /// Whether whole documents are needed, or only what models are usually trained on.
  let readsWhole: Bool

  /// Calls `body` with each page. Ends with `cancelled` when the job has to.
  func forEach(
    _ handle: JobHandle, _ body: ([BSONDocument]) throws(ModelsError) -> Void
  ) throws(ModelsError) {
    try forEach(checking: { () throws(ModelsError) in try handle.checkCancelled() }, body)
  }

  /// The same to the end, or for as long as the caller wants more.
  func forEachPage(
    while wantsMore: () -> Bool = { true }, _ body: ([BSONDocument]) throws(ModelsError) -> Void
  ) throws(ModelsError) {
    func goOn() throws(ModelsError) {}
    try forEach(checking: goOn, while: wantsMore, body)
  }

  /// The same with a check of the caller's before each page.
  func forEach(
    checking: () throws(ModelsError) -> Void, while wantsMore: () -> Bool = { true },
    _ body: ([BSONDocument]) throws(ModelsError) -> Void
  ) throws(ModelsError) {
    var after: String?
    while wantsMore() {
      try checking()
      let last = after
      let page = try reading { () throws(StoreError) in
        try store.projections.trainingCustomers(
          after: last, limit: limits.customersPerStep, whole: readsWhole,
          deadline: .after(milliseconds: limits.jobStepTimeoutMs))
      }
      guard let next = page.last?.string("_id") else { return }
      try body(page)
      after = next
      if page.count < limits.customersPerStep { return }
    }
  }

  /// The rollups of each customer of a page, in the page's order.
  func rollups(of customers: [BSONDocument]) throws(ModelsError) -> [[Rollup]] {
    var owner: [ByteString: Int] = [:]
    for (index, customer) in customers.enumerated() {
      for subject in customer.array("subjects") ?? BSONArray() {
        if let key = subject.stringValue { owner[ByteString(key)] = index }
      }
    }
    var rollups = [[Rollup]](repeating: [], count: customers.count)
    try reading { () throws(StoreError) in
      try store.projections.forEachRollup(
        ofSubjects: owner.keys.map(\.string), deadline: .after(milliseconds: limits.jobStepTimeoutMs)
      ) { rollup in
        if let index = owner[ByteString(rollup.subject)] { rollups[index].append(rollup) }
      }
    }
    return rollups
  }
}
