import BSON
import Identity
import MongoDB
import Store

/// A customer as the sources had it at a moment: records in the versions of then, events and orders up to then. Who belongs to
/// the customer is what is known today.
public struct PastCustomer: Sendable {
  private let store: Store
  private let currency: String?
  private let rates: [String: Double]

  /// Looks back with the money policy of the projector.
  public init(store: Store, currency: String? = nil, rates: [String: Double] = [:]) {
    self.store = store
    self.currency = currency
    self.rates = rates
  }

  /// The document of then, under the id and with the identifiers of `customer`. Nil when no source knew of them yet.
  public func document(of customer: BSONDocument, at time: BSONDate, deadline: Deadline) throws(StoreError)
    -> BSONDocument?
  {
    let ids = customer.array("records")?.compactMap(\.stringValue) ?? []
    let subjects = customer.array("subjects")?.compactMap(\.stringValue) ?? []
    let records = try store.customerRecords.versions(ofIds: ids, at: time, deadline: deadline)
    let features = try features(of: subjects, until: time, deadline: deadline)
    if records.isEmpty, features.isEmpty { return nil }
    let rules = try store.currentIdentityRules(deadline: deadline)
    let pins = try store.pins.of(Self.identifiers(of: customer), deadline: deadline).filter { $0.held(at: time) }
    let golden = GoldenRecord(records: records, rules: rules.survivorship, pins: pins)
    return BSONDocument { writer in
      writer.append("_id", customer.string("_id") ?? "")
      if let asOf = [golden.latest, features.latest].compactMap({ $0 }).max() { writer.append("asOf", asOf) }
      golden.append(to: &writer)
      features.append(to: &writer)
      for field in ["identifiers", "frozen"] { if let element = customer.element(field) { writer.append(element) } }
      writer.append("records", records.compactMap { $0.string("_id") }.sorted())
    }
  }

  /// What belongs to a customer, of now or then: pins stand on these.
  public static func identifiers(of customer: BSONDocument) -> [Identifier] {
    let own = (customer.array("identifiers") ?? BSONArray()).compactMap { value -> Identifier? in
      guard let entry = value.documentValue, entry.bool("shared") != true, let type = entry.string("type"),
        let text = entry.string("value")
      else { return nil }
      return Identifier(key: "\(type):\(text)")
    }
    let records = (customer.array("records") ?? BSONArray()).compactMap { value in
      value.stringValue.flatMap { Identifier(key: "record:" + $0) }
    }
    return own + records
  }

  /// Whole days come from rollups, the day of the moment from its events and orders.
  private func features(
    of subjects: [String], until time: BSONDate, deadline: Deadline
  ) throws(StoreError) -> CustomerFeatures {
    let money = try MoneyPolicy.decided(in: store, configured: currency, rates: rates, deadline: deadline)
    var features = CustomerFeatures(money: money)
    let today = UTCDay.day(of: time)
    try store.projections.forEachRollup(ofSubjects: subjects, deadline: deadline) { rollup in
      if rollup.day < today { features.add(rollup) }
    }
    var builders: [String: RollupBuilder] = [:]
    for subject in subjects { builders[subject] = RollupBuilder(SubjectDay(subject: subject, day: today)) }
    let (first, end) = (UTCDay.start(of: today), BSONDate(millisecondsSince1970: time.millisecondsSince1970 + 1))
    for chunk in subjects.chunked(ProjectionPass.subjectsPerQueryMax) {
      try store.events.forEachRow(ofSubjects: chunk, from: first, until: end, deadline: deadline) { row in
        if let subject = row.string("subject") { builders[subject]?.add(event: row) }
      }
      try store.orders.forEachOrder(ofSubjects: chunk, from: first, until: end, deadline: deadline) { order in
        if let subject = order.string("subject") { builders[subject]?.add(order: order) }
      }
    }
    for builder in builders.values { if let rollup = builder.finish() { features.add(rollup) } }
    return features
  }
}
