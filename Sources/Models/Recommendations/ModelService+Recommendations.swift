import BSON
import MongoDB
import Store

/// What to offer to a customer, and what goes with a product.
extension ModelService {
  /// Products for one customer, computed now: from what the customer did up to this moment and the catalogue of about a second ago.
  ///
  /// Answers `{items: [{productId, productName?, score, rank, source, reason?}], model, version, generatedAt, asOf, fallback}`, or
  /// `notFound(.customer)`. A customer of whom nothing is known gets what is popular in the customer's segment, else at large, and `fallback` says so. `model` is the model to
  /// ask, by default `matrix_factorization`, else the first that recommends.
  public func recommendations(
    forCustomer id: String, _ query: RecommendationQuery = RecommendationQuery(), model: String? = nil, now: BSONDate
  ) throws(ModelsError) -> BSONDocument {
    try query.check(limits)
    let (version, factorization) = try recommending(model)
    let customer = try customer(id)
    let since = query.excludePurchasedMs > 0 ? now.millisecondsSince1970 - query.excludePurchasedMs : nil
    let taste = try tasteReader.tastes(of: [customer], model: factorization, purchasedSince: since)[0]
    let answer = try Recommender(factorization, of: version, in: state.current).recommend(to: taste, query) {
      () throws(ModelsError) in
      try SegmentReader(store: store, deadline: deadline).segments(of: [customer], deadline: deadline)[0]
    }
    return BSONDocument { writer in
      writer.append("customerId", id)
      answer.append(to: &writer, version: version, generatedAt: now)
      if let asOf = customer.date("asOf") { writer.append("asOf", asOf) }
    }
  }

  /// The stored top products of one customer, in the same form, without filters of the caller's. What is stored and still holds is
  /// returned as it is; a customer that is new or changed since is computed and stored.
  public func storedRecommendations(
    forCustomer id: String, model: String? = nil, now: BSONDate
  ) throws(ModelsError) -> BSONDocument {
    let (serving, _) = try recommending(model)
    let snapshot = state.current
    // Readers follow `outputs`, which moves only when everything is stored.
    let version = snapshot.models[serving.model]?.outputs ?? serving
    let customer = try customer(id)
    let stored = try reading { () throws(StoreError) in
      try store.outputs.recommendations(of: id, generation: version.id, deadline: deadline)
    }
    if let stored, stored.string("state") == RecommendationWriter.state(of: customer) { return Self.stored(stored) }
    let writer = RecommendationWriter(store: store, limits: limits, snapshot: snapshot, version: version, now: now)
    guard let made = try writer?.write([customer], pages: pages).first else { throw .notTrained(model: serving.model) }
    return Self.stored(made)
  }

  /// Products that go with a product: `{productId, items: [{productId, productName?, score, rank, source}], model, version}`. Of a
  /// product that the model does not know none, with `fallback` saying so. `excludePurchasedMs` and `explains` have no meaning here.
  public func similarProducts(
    to product: String, _ query: RecommendationQuery = RecommendationQuery(), model: String? = nil
  ) throws(ModelsError) -> BSONDocument {
    try query.check(limits)
    let (version, factorization) = try recommending(model)
    let snapshot = state.current
    let items = Recommender(factorization, of: version, in: snapshot).similar(to: product, query)
    if items == nil, snapshot.catalogue.index(of: product) == nil { throw .notFound(.product, id: product) }
    return BSONDocument { writer in
      writer.append("productId", product)
      writer.append("items", (items ?? []).enumerated().map { $1.document(rank: $0 + 1) })
      writer.append("model", version.model)
      writer.append("version", version.version)
      if items == nil { writer.append("fallback", "unknown_product") } else { writer.appendNull("fallback") }
    }
  }

  // MARK: Parts

  static let recommendingModel = "matrix_factorization"

  private func recommending(_ name: String?) throws(ModelsError) -> (LoadedVersion, FactorizationModel) {
    let models = state.current.models
    if let name {
      let version = try servable(name, version: nil)
      guard let model = version.factorization else {
        throw .invalidParameter(name: "model", reason: "recommends nothing: it is no factorization")
      }
      return (version, model)
    }
    let names = [Self.recommendingModel] + models.keys.sorted()
    for name in names {
      if let version = models[name]?.serving, let model = version.factorization { return (version, model) }
    }
    throw .notTrained(model: Self.recommendingModel)
  }

  private var pages: CustomerPages { CustomerPages(store: store, limits: limits, readsWhole: false) }

  private var tasteReader: TasteReader { TasteReader(store: store, limits: limits, pages: pages) }

  private func customer(_ id: String) throws(ModelsError) -> BSONDocument {
    let found = try reading { () throws(StoreError) in
      try store.projections.trainingCustomers([id], whole: false, deadline: deadline)
    }
    guard let customer = found.first else { throw .notFound(.customer, id: id) }
    return customer
  }

  private static func stored(_ stored: BSONDocument) -> BSONDocument {
    BSONDocument { writer in
      for field in ["customerId", "items", "model", "version", "generatedAt", "fallback", "asOf"] {
        if let element = stored.element(field) { writer.append(element) }
      }
    }
  }
}
