import BSON
import MachineLearning
import MongoDB
import Store

/// All ratings, as a factorization is trained on them: once whole, and once cut in two for the metrics.
struct ExplicitData {
  /// A person a row, a product a column, the latest rating of each pair.
  let all: SparseRows
  /// The ratings up to the cut.
  let known: SparseRows
  /// The ratings after it.
  let targets: SparseRows
  let cut: HoldoutCut
  let products: ProductIndex
  /// Earliest and latest source time, in milliseconds since 1970; nil when no rating has one.
  let window: ClosedRange<Int64>?
  /// The segment of each person, nil for none.
  let segments: [String?]
}

/// Reads all ratings. Those of several accounts of one customer are that customer's; a user who is no customer is a person too.
struct ExplicitDataReader {
  let store: Store
  let limits: ModelLimits
  let seed: UInt64

  private struct Rated {
    let entry: SparseRows.Entry
    let at: Int64?
  }

  func read(_ handle: JobHandle) throws(ModelsError) -> ExplicitData {
    let ratings = try ratings(handle)
    var rows: [ByteString: Int32] = [:]
    /// The customer of each row, empty where a user is none.
    var customers: [String] = []
    var products = ProductIndex()
    var rated: [Rated] = []
    rated.reserveCapacity(ratings.count)
    for chunk in ratings.chunked(limits.customersPerStep * 10) {
      try handle.checkCancelled()
      let persons = try persons(of: chunk)
      for rating in chunk {
        let customer = persons[ByteString(rating.userId)]
        let key = ByteString(customer ?? "user:" + rating.userId)
        let row = rows[key] ?? Int32(rows.count)
        if rows.updateValue(row, forKey: key) == nil { customers.append(customer ?? "") }
        let column = products.insert(ByteString(rating.productId))
        rated.append(Rated(entry: .init(row: row, column: column, value: Float(rating.rating)), at: rating.at))
      }
    }
    // By time, so that of one pair the latest is the last; without a time they come first.
    rated.sort { ($0.at ?? .min, $0.entry.row, $0.entry.column) < ($1.at ?? .min, $1.entry.row, $1.entry.column) }
    return try data(rated, products, segments: try segments(of: customers, handle))
  }

  private func segments(of customers: [String], _ handle: JobHandle) throws(ModelsError) -> [String?] {
    let reader = try SegmentReader(store: store, deadline: .after(milliseconds: limits.jobStepTimeoutMs))
    var segments: [String?] = []
    segments.reserveCapacity(customers.count)
    for chunk in customers.chunked(limits.customersPerStep) {
      try handle.checkCancelled()
      segments += try reader.segments(
        ofCustomers: Array(chunk), deadline: .after(milliseconds: limits.jobStepTimeoutMs))
    }
    return segments
  }

  private func ratings(_ handle: JobHandle) throws(ModelsError) -> [CustomerRating] {
    let limit = limits.interactionsMax
    var ratings: [CustomerRating] = []
    var isTooMuch = false
    try reading { () throws(StoreError) in
      try store.forEachRating(deadline: .after(milliseconds: limits.jobStepTimeoutMs)) { document in
        if let rating = CustomerRating(document) { ratings.append(rating) }
        isTooMuch = ratings.count > limit
        return !isTooMuch && handle.reasonToEnd == .none
      }
    }
    try handle.checkCancelled()
    if isTooMuch { throw .tooMuchData(limit: limit, unit: "ratings") }
    handle.report("reading", 0.2)
    return ratings
  }

  private func persons(of ratings: [CustomerRating]) throws(ModelsError) -> [ByteString: String] {
    var users: [String: String] = [:]
    for rating in ratings {
      if let user = Identifier(.user, rating.userId) { users[user.key] = rating.userId }
    }
    let keys = users.keys.sorted()
    let found = try reading { () throws(StoreError) in
      try store.projections.assignments(of: keys, deadline: .after(milliseconds: limits.jobStepTimeoutMs))
    }
    var persons: [ByteString: String] = [:]
    for assignment in found {
      if let user = users[assignment.key] { persons[ByteString(user)] = assignment.customerId }
    }
    return persons
  }

  private func data(
    _ rated: [Rated], _ products: ProductIndex, segments: [String?]
  ) throws(ModelsError) -> ExplicitData {
    let times = rated.compactMap(\.at)
    let cut = cut(times)
    var isHeldOut: (Int) -> Bool
    switch cut {
    case .time(_, let at): isHeldOut = { (rated[$0].at ?? .min) > at }
    case .random:
      var random = SeededRandom(seed: seed)
      let drawn = rated.map { _ in random.index(below: 5) == 0 }
      isHeldOut = { drawn[$0] }
    }
    func matrix(_ isIncluded: (Int) -> Bool) throws(ModelsError) -> SparseRows {
      let entries = rated.indices.filter(isIncluded).map { rated[$0].entry }
      return try learning { () throws(MachineLearningError) in
        try SparseRows(rowCount: segments.count, columnCount: products.ids.count, entries: entries, keepsLast: true)
      }
    }
    let window = times.first.flatMap { first in times.last.map { first...$0 } }
    return ExplicitData(
      all: try matrix { _ in true }, known: try matrix { !isHeldOut($0) }, targets: try matrix(isHeldOut), cut: cut,
      products: products, window: window, segments: segments)
  }

  /// The last fifth of the ratings that have a time; by chance when most have none, or all the same.
  private func cut(_ times: [Int64]) -> HoldoutCut {
    guard times.count >= 2 else { return .random }
    let at = times[min(times.count - 1, Int(Double(times.count) * HoldoutCut.trainedShare))]
    // Ratings of the very moment of the cut are held out, unless they are most of all.
    let before = times.partitioningIndex { $0 >= at }
    guard before > 0, Double(before) >= HoldoutCut.trainedShareMin * Double(times.count) else { return .random }
    return .time(day: Int(times[before - 1] / UTCDay.milliseconds), at: times[before - 1])
  }
}

extension Array {
  /// The first index from which `belongs` holds, in an array where it holds from some index on.
  func partitioningIndex(where belongs: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
