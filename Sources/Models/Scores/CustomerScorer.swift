import BSON
import MachineLearning
import MongoDB
import Store

/// A model that says something of single customers from what they did: stored beside the customers, and computed when asked.
protocol CustomerScorer: Sendable {
  /// How money was added up at training, and is now.
  var money: MoneyRates { get }
  /// One answer a log, in order; nil for a customer of whom the model can say nothing.
  func scores(_ logs: [CustomerLog]) throws(MachineLearningError) -> [BSONDocument?]
}

extension PropensityScorer: CustomerScorer {}
extension ValueScorer: CustomerScorer {}
extension RFMScorer: CustomerScorer {}

/// Stores what one version says of customers under its generation.
struct ScoreWriter {
  let store: Store
  let limits: ModelLimits
  let version: LoadedVersion
  let scorer: any CustomerScorer

  /// Nil for a version that scores no customers.
  init?(store: Store, limits: ModelLimits, version: LoadedVersion) {
    guard let scorer = version.scorer else { return nil }
    self.store = store
    self.limits = limits
    self.version = version
    self.scorer = scorer
  }

  /// Stores the scores of customers that were just read, and returns them in the same order. A customer that is removed meanwhile
  /// leaves nothing behind.
  @discardableResult
  func write(_ customers: [BSONDocument]) throws(ModelsError) -> [BSONDocument] {
    let pages = CustomerPages(store: store, limits: limits, readsWhole: false)
    let logs = try pages.rollups(of: customers).map { CustomerLog($0, money: scorer.money) }
    let scores = try learning { () throws(MachineLearningError) in try scorer.scores(logs) }
    let documents = zip(customers, scores).map { document($0, $1) }
    let deadline = Deadline.after(milliseconds: limits.jobStepTimeoutMs)
    let ids = customers.compactMap { $0.string("_id") }
    try reading { () throws(StoreError) in
      try store.outputs.set(scores: documents, deadline: deadline)
      let there = Set(
        try store.projections.trainingCustomers(ids, whole: false, deadline: deadline).compactMap { $0.string("_id") })
      let gone = ids.filter { !there.contains($0) }
      if !gone.isEmpty { try store.outputs.remove(customers: gone, generations: [version.id], deadline: deadline) }
    }
    return documents
  }

  private func document(_ customer: BSONDocument, _ score: BSONDocument?) -> BSONDocument {
    let id = customer.string("_id") ?? ""
    return BSONDocument { writer in
      writer.append("_id", "\(version.id)/\(id)")
      writer.append("model", version.model)
      writer.append("version", version.version)
      writer.append("type", version.document.string("type") ?? "")
      writer.append("generation", version.id)
      writer.append("customerId", id)
      writer.append("state", RecommendationWriter.state(of: customer))
      if let asOf = customer.date("asOf") { writer.append("asOf", asOf) }
      if let score { writer.append("score", score) } else { writer.appendNull("score") }
    }
  }
}

/// What models say of single customers.
extension ModelService {
  /// The scores of one customer, one item a model that has some: `{model, type, version, asOf, score: {…}}`, by the names of models.
  /// What is stored and still holds is returned as it is; of a customer that is new or changed since, scores are computed and stored.
  public func scores(ofCustomer id: String) throws(ModelsError) -> [BSONDocument] {
    let versions = state.current.outputs { $0.scorer != nil }
    guard !versions.isEmpty else { return [] }
    let found = try reading { () throws(StoreError) in
      try store.projections.trainingCustomers([id], whole: false, deadline: deadline)
    }
    guard let customer = found.first else { throw .notFound(.customer, id: id) }
    let stored = try reading { () throws(StoreError) in
      try store.outputs.scores(of: id, generations: versions.map(\.id), deadline: deadline)
    }
    var items: [BSONDocument] = []
    for version in versions {
      var document = stored.first { $0.string("generation") == version.id }
      if document?.string("state") != RecommendationWriter.state(of: customer) {
        document = try ScoreWriter(store: store, limits: limits, version: version)?.write([customer]).first
      }
      guard let document, let score = document.element("score"), score.value != .null else { continue }
      items.append(
        BSONDocument { writer in
          for field in ["model", "type", "version", "asOf", "score"] {
            if let element = document.element(field) { writer.append(element) }
          }
        })
    }
    return items
  }

  /// Predictions of a model that scores customers: of those that instances name by `customerId` or `userId`, or of features by name
  /// where the model takes some.
  func scores(_ scorer: any CustomerScorer, _ instances: [BSONDocument]) throws(ModelsError) -> [BSONDocument] {
    let ids = try customerIds(of: instances)
    var answers = [BSONDocument?](repeating: nil, count: instances.count)
    let named = Set(ids.compactMap { $0 }).sorted()
    if !named.isEmpty {
      let customers = try reading { () throws(StoreError) in
        try store.projections.trainingCustomers(named, whole: false, deadline: deadline)
      }
      let pages = CustomerPages(store: store, limits: limits, readsWhole: false)
      let logs = try pages.rollups(of: customers).map { CustomerLog($0, money: scorer.money) }
      let scores = try learning { () throws(MachineLearningError) in try scorer.scores(logs) }
      var byId: [String: BSONDocument?] = [:]
      for (customer, score) in zip(customers, scores) { byId[customer.string("_id") ?? ""] = .some(score) }
      for (index, id) in ids.enumerated() {
        guard let id else { continue }
        guard let score = byId[id] else {
          throw .invalidInstance(index: index, field: "customerId", reason: "names no customer")
        }
        answers[index] = score ?? BSONDocument { $0.append("fallback", "unknown_customer") }
      }
    }
    let rest = instances.indices.filter { ids[$0] == nil }
    if !rest.isEmpty { try fill(&answers, rest, instances, scorer) }
    return answers.map { $0 ?? BSONDocument() }
  }

  /// Answers for instances that give features by name.
  private func fill(
    _ answers: inout [BSONDocument?], _ rows: [Int], _ instances: [BSONDocument], _ scorer: any CustomerScorer
  ) throws(ModelsError) {
    guard let scorer = scorer as? PropensityScorer else {
      throw .invalidInstance(index: rows[0], field: "customerId", reason: "or userId must be given")
    }
    var columns = FeatureColumns(numbers: scorer.model.featureNames)
    for row in rows {
      guard instances[row].contains(where: { scorer.model.featureNames.contains($0.key) }) else {
        throw .invalidInstance(
          index: row, field: "customerId", reason: "or userId must be given, or features by name")
      }
      do throws(FeatureColumns.ColumnMismatch) {
        _ = try columns.append { FeatureReader.present(instances[row][$0]) }
      } catch {
        throw .invalidInstance(index: row, field: error.field, reason: error.reason)
      }
    }
    let table = columns
    let scores = try learning { () throws(MachineLearningError) in try scorer.scores(ofFeatures: try table.table()) }
    for (row, score) in zip(rows, scores) { answers[row] = score }
  }

  /// The customer that each instance names; nil where it names none. A user stands for the customer that it belongs to.
  func customerIds(of instances: [BSONDocument]) throws(ModelsError) -> [String?] {
    var ids = [String?](repeating: nil, count: instances.count)
    var users: [(index: Int, key: String)] = []
    for (index, instance) in instances.enumerated() {
      for field in ["customerId", "userId"] {
        guard ids[index] == nil, let value = FeatureReader.present(instance[field]) else { continue }
        guard let text = value.stringValue else {
          throw .invalidInstance(index: index, field: field, reason: "must be a text")
        }
        if field == "customerId" {
          ids[index] = text
        } else if let key = Identifier(.user, text)?.key {
          users.append((index, key))
        } else {
          throw .invalidInstance(index: index, field: field, reason: "names no customer")
        }
      }
    }
    guard !users.isEmpty else { return ids }
    let keys = Set(users.map(\.key)).sorted()
    let found = try reading { () throws(StoreError) in
      try store.projections.assignments(of: keys, deadline: deadline)
    }
    var customers: [String: String] = [:]
    for assignment in found { customers[assignment.key] = assignment.customerId }
    for (index, key) in users {
      guard let customer = customers[key] else {
        throw .invalidInstance(index: index, field: "userId", reason: "names no customer")
      }
      ids[index] = customer
    }
    return ids
  }
}
