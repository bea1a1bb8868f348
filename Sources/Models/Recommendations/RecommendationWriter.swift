import BSON
import MongoDB
import Store

/// Stores the top products of customers under one generation, after a training and when a stored answer turns out to be old.
struct RecommendationWriter {
  let store: Store
  let limits: ModelLimits
  let snapshot: ServingSnapshot
  let version: LoadedVersion
  let model: FactorizationModel
  let now: BSONDate

  /// Nil for a version that recommends nothing.
  init?(store: Store, limits: ModelLimits, snapshot: ServingSnapshot, version: LoadedVersion, now: BSONDate) {
    guard let model = version.factorization else { return nil }
    self.store = store
    self.limits = limits
    self.snapshot = snapshot
    self.version = version
    self.model = model
    self.now = now
  }

  /// Stores the answers for customers that were just read, and returns them in the same order. A customer that is removed meanwhile
  /// leaves nothing behind.
  @discardableResult
  func write(_ customers: [BSONDocument], pages: CustomerPages) throws(ModelsError) -> [BSONDocument] {
    var query = RecommendationQuery()
    query.count = limits.storedRecommendations
    query.explains = true
    let recommender = Recommender(model, of: version, in: snapshot)
    let tastes = try TasteReader(store: store, limits: limits, pages: pages).tastes(
      of: customers, model: model, purchasedSince: now.millisecondsSince1970 - query.excludePurchasedMs)
    let deadline = Deadline.after(milliseconds: limits.jobStepTimeoutMs)
    let segments = try SegmentReader(store: store, deadline: deadline).segments(of: customers, deadline: deadline)
    var documents: [BSONDocument] = []
    for (index, customer) in customers.enumerated() {
      let answer = try recommender.recommend(to: tastes[index], query) { () throws(ModelsError) in segments[index] }
      documents.append(document(customer, answer))
    }
    let ids = customers.compactMap { $0.string("_id") }
    try reading { () throws(StoreError) in
      try store.outputs.set(recommendations: documents, deadline: deadline)
      let there = Set(
        try store.projections.trainingCustomers(ids, whole: false, deadline: deadline).compactMap { $0.string("_id") })
      let gone = ids.filter { !there.contains($0) }
      if !gone.isEmpty { try store.outputs.remove(customers: gone, generations: [version.id], deadline: deadline) }
    }
    return documents
  }

  private func document(_ customer: BSONDocument, _ answer: Recommender.Answer) -> BSONDocument {
    let id = customer.string("_id") ?? ""
    return BSONDocument { writer in
      writer.append("_id", "\(version.id)/\(id)")
      writer.append("model", version.model)
      writer.append("generation", version.id)
      writer.append("customerId", id)
      writer.append("state", Self.state(of: customer))
      if let asOf = customer.date("asOf") { writer.append("asOf", asOf) }
      answer.append(to: &writer, version: version, generatedAt: now)
    }
  }

  /// A digest of what a customer did so far: a stored answer is current as long as it holds.
  static func state(of customer: BSONDocument) -> String {
    Digest.hexadecimal(Digest.sha256(customer.bytes).prefix(8))
  }
}

extension Recommender.Answer {
  /// `items`, `model`, `version`, `generatedAt`, `fallback`.
  func append(to writer: inout BSONWriter, version: LoadedVersion, generatedAt: BSONDate) {
    writer.append("items", items.enumerated().map { $1.document(rank: $0 + 1) })
    writer.append("model", version.model)
    writer.append("version", version.version)
    writer.append("generatedAt", generatedAt)
    if isFallback { writer.append("fallback", "popularity") } else { writer.appendNull("fallback") }
  }
}

extension Recommender.Item {
  func document(rank: Int) -> BSONDocument {
    BSONDocument { writer in
      writer.append("productId", product)
      if let name { writer.append("productName", name) }
      writer.append("score", score)
      writer.append("rank", rank)
      writer.append("source", source.rawValue)
      if let reason { writer.append("reason", reason) }
    }
  }
}
