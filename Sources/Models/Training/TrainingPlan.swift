import BSON
import MachineLearning
import MongoDB
import Store

/// How much a training would read and hold, before it is begun.
///
/// Bytes are an upper estimate of what the training adds to the process at its peak, from counts alone: what a model that serves takes
/// stands apart. A training whose plan is beyond ``ModelLimits/trainingBytesMax`` is refused.
struct TrainingPlan {
  /// One thing that is held, and the most bytes that it takes.
  struct Part {
    let name: String
    let bytes: Int
  }

  let type: ModelType
  /// What is counted, by name.
  let counts: [(name: String, count: Int)]
  let parts: [Part]

  /// The sum of the parts.
  var bytes: Int { parts.reduce(0) { $0 + $1.bytes } }

  /// As it is shown.
  func document(limit: Int, threads: Int) -> BSONDocument {
    BSONDocument { writer in
      writer.append("type", type.rawValue)
      writer.append("counts", document: { for entry in counts { $0.append(entry.name, entry.count) } })
      writer.append(
        "parts",
        array: { list in
          for part in parts {
            list.append(document: {
              $0.append("name", part.name)
              $0.append("bytes", part.bytes)
            })
          }
        })
      writer.append("memoryBytes", bytes)
      writer.append("memoryBytesMax", limit)
      writer.append("fits", bytes <= limit)
      writer.append("threads", threads)
    }
  }

  func check(_ limits: ModelLimits) throws(ModelsError) {
    if bytes > limits.trainingBytesMax { throw .tooMuchMemory(needed: bytes, limit: limits.trainingBytesMax) }
  }
}

extension ModelService {
  /// What a training with these options would read and how much memory it would take: `{model, type, counts, parts, memoryBytes,
  /// memoryBytesMax, fits, threads}`. Options are checked as ``train(_:options:seed:)`` does.
  public func plan(_ model: String, options: BSONDocument = BSONDocument()) throws(ModelsError) -> BSONDocument {
    let name = try ModelName(parsing: model)
    let parsed = try TrainingOptions(options, ofModel: name)
    let setting = TrainingSetting(store: store, limits: limits, model: name, seed: 1)
    let plan = try parsed.training(setting).plan(deadline: deadline)
    return BSONDocument { writer in
      writer.append("model", model)
      writer.append(contentsOf: plan.document(limit: limits.trainingBytesMax, threads: limits.trainingThreads))
    }
  }
}

extension ClusterTraining {
  /// The plan for the customers that there are. Which features are texts, and how many, is taken from the first customers.
  func plan(deadline: Deadline) throws(ModelsError) -> TrainingPlan {
    let (count, sample) = try reading { () throws(StoreError) in
      (
        try store.projections.customerCount(deadline: deadline),
        try store.projections.trainingCustomers(
          after: nil, limit: limits.customersPerStep, whole: !reader.readsFeaturesOnly, deadline: deadline)
      )
    }
    var columns = FeatureColumns(names: reader.names)
    for customer in sample { columns.appendLeniently { FeatureReader.value($0, ofCustomer: customer) } }
    let seen = columns
    let width = try learning { () throws(MachineLearningError) in
      FeatureEncoder(fitting: try seen.table(), standardizing: true, centering: true).width
    }
    let pageBytes = sample.reduce(0) { $0 + $1.bytes.count } * 2
    return TrainingPlan(
      type: .kmeans, counts: [("customers", count), ("features", reader.names.count), ("columns", width)],
      parts: [
        // A number takes 8 bytes, a text 16 and what does not fit into them; columns grow by doubling.
        .init(name: "features as read", bytes: count * reader.names.count * 32),
        .init(name: "features as numbers, twice for blocks", bytes: count * width * 8),
        .init(name: "clusters, distances and values of customers", bytes: count * 40),
        .init(name: "one page of customers", bytes: pageBytes),
      ])
  }
}

extension FactorizationTraining {
  /// The plan for what customers did or rated. Pairs are counted once a day, so there are rather fewer.
  func plan(deadline: Deadline) throws(ModelsError) -> TrainingPlan {
    let feedback = try decidedFeedback()
    let (customers, products, ratings, activity) = try reading { () throws(StoreError) in
      (
        try store.projections.customerCount(deadline: deadline), try store.productCount(deadline: deadline),
        try store.ratingCount(deadline: deadline), try store.projections.activityByDay(deadline: deadline)
      )
    }
    let met = feedback == .explicit ? ratings : activity.reduce(0) { $0 + $1.entries }
    let pairs = min(met, limits.interactionsMax)
    let factors = try factorsMax(feedback)
    // Whole, before the cut and after it, each by customers and by products, and the lists they are sorted from.
    let pairBytes: Int = pairs * (feedback == .explicit ? 200 : 96)
    let factorBytes: Int = (customers + products) * factors * 4 * 2
    let (side, directions) = try regression(feedback, customers: customers, products: products)
    return TrainingPlan(
      type: .matrixFactorization,
      counts: [("customers", customers), ("products", products), ("pairs", pairs), ("factors", factors)],
      parts: [
        .init(name: "pairs of customer and product", bytes: pairBytes),
        .init(name: "factors of two models at a time", bytes: factorBytes),
        .init(name: "regression of products on products", bytes: side * side * 24 + products * directions * 12),
        .init(name: "ids of products", bytes: products * 96),
      ])
  }

  /// The side of the matrix that the regression of items on items inverts, and its directions; nothing without a share of it.
  private func regression(
    _ feedback: Feedback, customers: Int, products: Int
  ) throws(ModelsError) -> (side: Int, directions: Int) {
    guard case .implicit(let options) = try options(feedback), options.isHybrid else { return (0, 0) }
    return (
      customers < products && customers <= Self.regressedMax ? customers : min(products, Self.regressedMax),
      min(customers, products, Self.regressedDirectionsMax)
    )
  }
}
