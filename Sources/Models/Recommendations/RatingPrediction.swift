import BSON
import MongoDB
import Store

/// Answers the instances of a factorization: `{"userId" | "customerId", "n"?}` with products, the same with `"productId"` with the one
/// number. As BigQuery ML does, these predictions leave nothing out: neither what was bought nor what is out of stock.
struct RatingPrediction {
  /// What one instance asks.
  private struct Question {
    enum Who { case customer(String), user(String) }
    let who: Who
    let product: String?
    let count: Int
  }

  let service: ModelService
  let version: LoadedVersion
  let model: FactorizationModel

  /// One prediction an instance, in order. Customers are read in groups.
  func predict(_ instances: [BSONDocument]) throws(ModelsError) -> [BSONDocument] {
    var questions: [Question] = []
    for (index, instance) in instances.enumerated() { questions.append(try question(instance, index)) }
    let tastes = try tastes(of: questions)
    let recommender = Recommender(model, of: version, in: service.state.current)
    return zip(questions, tastes).map { question, taste in
      let profile = recommender.profile(taste)
      if let product = question.product { return number(for: product, profile) }
      return products(question.count, profile)
    }
  }

  private func question(_ instance: BSONDocument, _ index: Int) throws(ModelsError) -> Question {
    func text(_ field: String) throws(ModelsError) -> String? {
      guard let value = FeatureReader.present(instance[field]) else { return nil }
      guard let text = value.stringValue else {
        throw .invalidInstance(index: index, field: field, reason: "must be a text")
      }
      return text
    }
    let customer = try text("customerId")
    let user = try text("userId")
    var count = 10
    if let value = FeatureReader.present(instance["n"]) {
      let limit = service.limits.recommendationsMax
      guard let number = value.intValue, (1...limit).contains(number) else {
        throw .invalidInstance(index: index, field: "n", reason: "must be a whole number, 1...\(limit)")
      }
      count = number
    }
    let product = try text("productId")
    if let customer { return Question(who: .customer(customer), product: product, count: count) }
    if let user { return Question(who: .user(user), product: product, count: count) }
    throw .invalidInstance(index: index, field: "userId", reason: "or customerId must be given")
  }

  // MARK: Who asks

  /// Users stand for the customers that they belong to; a user that is no customer may still have rated.
  private func tastes(of questions: [Question]) throws(ModelsError) -> [CustomerTaste] {
    var users: Set<ByteString> = []
    for question in questions { if case .user(let id) = question.who { users.insert(ByteString(id)) } }
    let customerOfUser = try customers(ofUsers: users)
    var customerIds: Set<ByteString> = []
    var others: Set<ByteString> = []
    for question in questions {
      switch question.who {
      case .customer(let id): customerIds.insert(ByteString(id))
      case .user(let id):
        if let customer = customerOfUser[ByteString(id)] {
          customerIds.insert(customer)
        } else {
          others.insert(ByteString(id))
        }
      }
    }
    let byCustomer = try tastes(ofCustomers: customerIds)
    let byUser = model.isExplicit ? try tastes(ofUsers: others) : [:]
    let nothing = CustomerTaste(ratings: [])
    return questions.map { question in
      switch question.who {
      case .customer(let id): byCustomer[ByteString(id)] ?? nothing
      case .user(let id):
        customerOfUser[ByteString(id)].flatMap { byCustomer[$0] } ?? byUser[ByteString(id)] ?? nothing
      }
    }
  }

  private var reader: TasteReader {
    TasteReader(
      store: service.store, limits: service.limits,
      pages: CustomerPages(store: service.store, limits: service.limits, readsWhole: false))
  }

  private func customers(ofUsers users: Set<ByteString>) throws(ModelsError) -> [ByteString: ByteString] {
    var userOfKey: [ByteString: ByteString] = [:]
    for user in users {
      if let identifier = Identifier(.user, user.string) { userOfKey[ByteString(identifier.key)] = user }
    }
    guard !userOfKey.isEmpty else { return [:] }
    let keys = userOfKey.keys.sorted().map(\.string)
    let found = try reading { () throws(StoreError) in
      try service.store.projections.assignments(of: keys, deadline: service.deadline)
    }
    var customers: [ByteString: ByteString] = [:]
    for assignment in found {
      if let user = userOfKey[ByteString(assignment.key)] { customers[user] = ByteString(assignment.customerId) }
    }
    return customers
  }

  private func tastes(ofCustomers ids: Set<ByteString>) throws(ModelsError) -> [ByteString: CustomerTaste] {
    guard !ids.isEmpty else { return [:] }
    let names = ids.sorted().map(\.string)
    let documents = try reading { () throws(StoreError) in
      try service.store.projections.trainingCustomers(names, whole: false, deadline: service.deadline)
    }
    let tastes = try reader.tastes(of: documents, model: model, purchasedSince: nil)
    var byId: [ByteString: CustomerTaste] = [:]
    for (document, taste) in zip(documents, tastes) {
      if let id = document.string("_id") { byId[ByteString(id)] = taste }
    }
    return byId
  }

  private func tastes(ofUsers ids: Set<ByteString>) throws(ModelsError) -> [ByteString: CustomerTaste] {
    guard !ids.isEmpty else { return [:] }
    let names = ids.sorted()
    return Dictionary(uniqueKeysWithValues: zip(names, try reader.tastes(ofUsers: names.map(\.string))))
  }

  // MARK: Answers

  /// `predicted_rating` of a model of ratings, `predicted_rating_confidence` of one of what customers did.
  private var field: String { model.isExplicit ? "predicted_rating" : "predicted_rating_confidence" }

  private func number(for product: String, _ profile: FactorizationEngine.Profile?) -> BSONDocument {
    BSONDocument { writer in
      let item = model.items.index(of: ByteString(product)).map(Int.init)
      if let item, let profile {
        writer.append(field, model.engine.score(profile, item: item))
      } else {
        writer.append(field, model.engine.coldScore(popularity: item.map { model.popularity[$0] }))
        writer.append("fallback", item == nil ? "unknown_product" : "popularity")
      }
    }
  }

  private func products(_ count: Int, _ profile: FactorizationEngine.Profile?) -> BSONDocument {
    let best: [(item: Int, score: Double)] =
      if let profile {
        model.engine.top(count, for: profile, where: { _ in true }).map { (Int($0.item), Double($0.score)) }
      } else {
        model.popularityOrder.prefix(count).map { (Int($0), Double(model.popularity[Int($0)])) }
      }
    return BSONDocument { writer in
      writer.append(
        "items",
        array: { items in
          for entry in best {
            items.append(document: {
              $0.append("productId", model.itemIDs[entry.item])
              $0.append(field, entry.score)
            })
          }
        })
      if profile == nil { writer.append("fallback", "popularity") }
    }
  }
}
