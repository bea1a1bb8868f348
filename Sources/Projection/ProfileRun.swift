import BSON
import Identity
import MongoDB
import Store

/// Looks at every record of every customer once and says what the data of each source are like.
public struct ProfileRun: Sendable {
  /// Customers whose records are read at a time.
  static let customersPerStep = 500

  private let store: Store

  /// A run over a database.
  public init(store: Store) { self.store = store }

  /// The report, as `DataProfile` describes it. `progress` is told how many customers are done, of how many.
  public func run(
    deadline: Deadline, progress: (_ done: Int, _ of: Int) throws(StoreError) -> Void
  ) throws(StoreError) -> BSONDocument {
    var profile = DataProfile(rules: try store.currentIdentityRules(deadline: deadline))
    let count = try store.projections.customerCount(deadline: deadline)
    var last: String?
    while true {
      var step: [[String]] = []
      try store.projections.forEachCustomer(after: last, limit: Self.customersPerStep, deadline: deadline) { customer in
        last = customer.string("_id")
        step.append(customer.array("records")?.compactMap(\.stringValue) ?? [])
      }
      guard !step.isEmpty else { break }
      var records: [ByteString: BSONDocument] = [:]
      for ids in step.flatMap({ $0 }).chunked(1000) {
        for record in try store.customerRecords.find(ids: ids, deadline: deadline) {
          if let id = record.string("_id") { records[ByteString(id)] = record }
        }
      }
      for ids in step { profile.add(ids.compactMap { records[ByteString($0)] }) }
      try progress(profile.customers, max(count, profile.customers))
    }
    return profile.document
  }
}
