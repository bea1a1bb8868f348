import BSON
import MachineLearning
import Store

/// Chooses products for one customer from one version and one state of the catalogue. Memory only: does not block.
struct Recommender {
  /// Where a product in the answer comes from.
  enum Source: String {
    /// The factors.
    case factorization
    /// Factors blended with the regression of items on items.
    case hybrid
    /// What most customers have to do with.
    case popularity
    /// A product that the model does not know, to fill up.
    case catalogue
  }

  /// One product of an answer.
  struct Item {
    let product: String
    let name: String?
    let score: Double
    let source: Source
    var reason: String?
  }

  /// Products, and whether nothing was known of the customer.
  struct Answer {
    var items: [Item] = []
    var isFallback = false
  }

  let model: FactorizationModel
  let catalogue: Catalogue
  let view: CatalogueView

  init(_ model: FactorizationModel, of version: LoadedVersion, in snapshot: ServingSnapshot) {
    self.model = model
    catalogue = snapshot.catalogue
    view = snapshot.view(of: version, model)
  }

  /// The best products for a customer. A customer of whom the model knows nothing gets what is popular: in the segment that `segment`
  /// tells, which is asked only then.
  func recommend(
    to taste: CustomerTaste, _ query: RecommendationQuery, segment: () throws(ModelsError) -> String?
  ) throws(ModelsError) -> Answer {
    guard let filter = filter(query) else { return Answer() }
    var excluded = Set(query.excludedProducts.map(ByteString.init))
    if query.excludePurchasedMs > 0 { excluded.formUnion(taste.purchased) }
    let excludedItems = Set(excluded.compactMap { model.items.index(of: $0) })
    let admits = { (item: Int) in
      !excludedItems.contains(Int32(item)) && filter.admits(view.products[item], of: catalogue)
    }
    var answer = Answer()
    if let profile = profile(taste) {
      let source: Source = model.engine.isBlended ? .hybrid : .factorization
      answer.items = best(query, for: profile, where: admits).map {
        item(Int($0.item), score: Double($0.score), source)
      }
      if query.explains { explain(&answer.items, by: profile, taste) }
    } else {
      answer.isFallback = true
      answer.items = popular(
        query.count, for: taste, segment: try segment().flatMap { model.segments[$0] }, where: admits,
        explains: query.explains)
    }
    fillUp(&answer.items, count: query.count, filter, excluded: excluded)
    return answer
  }

  /// So many candidates a place are looked at where products shall differ.
  private static let candidatesPerPlace = 5

  /// The best items; where they shall differ, each next one is the best by score less its likeness to those before it (maximal marginal
  /// relevance, Carbonell and Goldstein 1998).
  private func best(
    _ query: RecommendationQuery, for profile: FactorizationEngine.Profile, where admits: (Int) -> Bool
  ) -> [FactorizationEngine.Scored] {
    guard query.diversity > 0 else { return model.engine.top(query.count, for: profile, where: admits) }
    var candidates = model.engine.top(query.count * Self.candidatesPerPlace, for: profile, where: admits)
    guard let most = candidates.first?.score, let least = candidates.last?.score else { return [] }
    let span = max(most - least, .leastNormalMagnitude)
    var likeness = [Float](repeating: 0, count: candidates.count)
    var chosen: [FactorizationEngine.Scored] = []
    while chosen.count < query.count, !candidates.isEmpty {
      let weight = Float(query.diversity)
      func worth(_ index: Int) -> Float {
        (1 - weight) * (candidates[index].score - least) / span - weight * likeness[index]
      }
      var next = 0
      for index in candidates.indices where worth(index) > worth(next) { next = index }
      let item = candidates.remove(at: next)
      likeness.remove(at: next)
      chosen.append(item)
      for index in candidates.indices {
        likeness[index] = max(likeness[index], model.engine.likeness(Int(item.item), Int(candidates[index].item)))
      }
    }
    return chosen
  }

  /// Products that go with one product: to the same customers, first by taste.
  func similar(to product: String, _ query: RecommendationQuery) -> [Item]? {
    guard let index = model.items.index(of: ByteString(product)) else { return nil }
    guard let filter = filter(query) else { return [] }
    let excluded = Set(query.excludedProducts.compactMap { model.items.index(of: ByteString($0)) })
    return model.engine.similar(to: Int(index), count: query.count) { item in
      !excluded.contains(Int32(item)) && filter.admits(view.products[item], of: catalogue)
    }.map { item(Int($0.item), score: Double($0.score), .factorization) }
  }

  /// What the model makes of a customer; nil when it knows none of the customer's products.
  func profile(_ taste: CustomerTaste) -> FactorizationEngine.Profile? {
    var items: [Int32] = []
    var values: [Float] = []
    for interest in taste.interests {
      guard let index = model.items.index(of: ByteString(interest.product)) else { continue }
      items.append(index)
      values.append(Float(interest.strength))
    }
    return items.isEmpty ? nil : model.engine.profile(items: items, values: values)
  }

  // MARK: Parts of an answer

  private func filter(_ query: RecommendationQuery) -> CatalogueFilter? {
    var category: Int32?
    if let name = query.category {
      guard let known = catalogue.category(named: name) else { return nil }
      category = known
    }
    return CatalogueFilter(category: category, priceMax: query.priceMax, inStockOnly: query.inStockOnly)
  }

  private func item(_ index: Int, score: Double, _ source: Source) -> Item {
    let product = view.products[index]
    return Item(
      product: model.itemIDs[index], name: product >= 0 ? catalogue.names[Int(product)] : nil, score: score,
      source: source)
  }

  /// What is popular: first in the categories of what the customer met, though the model knows none of it; then with customers of the
  /// same segment; then at large.
  private func popular(
    _ count: Int, for taste: CustomerTaste, segment: SegmentPopularity?, where admits: (Int) -> Bool, explains: Bool
  ) -> [Item] {
    let met = Set(
      taste.met.compactMap { product in
        catalogue.index(of: product).map { catalogue.categories[$0] }
      }.filter { $0 >= 0 })
    func isNear(_ index: Int32) -> Bool {
      let product = Int(view.products[Int(index)])
      return product >= 0 && met.contains(catalogue.categories[product])
    }
    var items: [Item] = []
    var taken: Set<Int32> = []
    func take(_ index: Int32, _ score: Float, _ reason: String) {
      guard items.count < count, admits(Int(index)), taken.insert(index).inserted else { return }
      var item = item(Int(index), score: Double(score), .popularity)
      if explains { item.reason = reason }
      items.append(item)
    }
    if !met.isEmpty {
      for index in model.popularityOrder where isNear(index) {
        take(index, model.popularity[Int(index)], "popular with other customers, in a category that you looked at")
      }
    }
    if let segment {
      for (index, score) in zip(segment.items, segment.scores) { take(index, score, "popular with customers like you") }
    }
    for index in model.popularityOrder { take(index, model.popularity[Int(index)], "popular with other customers") }
    return items
  }

  /// Products that no customer has met yet fill what the model leaves empty, in the order of the catalogue.
  private func fillUp(_ items: inout [Item], count: Int, _ filter: CatalogueFilter, excluded: Set<ByteString>) {
    guard items.count < count else { return }
    for index in 0..<catalogue.count where items.count < count {
      let product = catalogue.ids[index]
      let key = ByteString(product)
      guard model.items.index(of: key) == nil, !excluded.contains(key), filter.admits(Int32(index), of: catalogue)
      else {
        continue
      }
      items.append(Item(product: product, name: catalogue.names[index], score: 0, source: .catalogue))
    }
  }

  /// How many of a customer's products reasons are looked for among: the strongest.
  private static let reasonsMax = 50

  /// The customer's own product that speaks most for each item: strength times likeness. Of ratings those speak that are at least the
  /// customer's mean.
  private func explain(_ items: inout [Item], by profile: FactorizationEngine.Profile, _ taste: CustomerTaste) {
    let mean = taste.interests.reduce(0) { $0 + $1.strength } / Double(max(1, taste.interests.count))
    let own = taste.interests.filter { !model.isExplicit || $0.strength >= mean }.compactMap { interest in
      model.items.index(of: ByteString(interest.product)).map { (interest, Int($0)) }
    }.sorted { $0.0.strength > $1.0.strength }.prefix(Self.reasonsMax)
    for position in items.indices {
      guard let index = model.items.index(of: ByteString(items[position].product)).map(Int.init) else { continue }
      if let same = own.first(where: { $0.1 == index }) {
        items[position].reason = same.0.deed.reasonForItself
        continue
      }
      let likeness = own.map { ($0.0, Double(model.engine.likeness($0.1, index)) * $0.0.strength) }
      guard let best = likeness.max(by: { $0.1 < $1.1 }), best.1 > 0 else { continue }
      items[position].reason = best.0.deed.reason(name(of: best.0.product))
    }
  }

  private func name(of product: String) -> String {
    catalogue.index(of: product).flatMap { catalogue.names[$0] } ?? product
  }
}
